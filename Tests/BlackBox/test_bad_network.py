"""Devices and a hub with a bad network in between (`network.py`): whatever it does to calls and sockets, nothing is lost, nothing is there twice, and nobody waits without a word."""
import concurrent.futures
import json
import random
import time
import unittest

from harness import PATIENCE, run
from hub import HubTest
from network import Network
from test_hub_watch import Watch


class BadNetwork(HubTest):
    seed = 20261129
    rounds = 15

    def setUp(self):
        super().setUp()
        self.serve()

    def network(self, number=0):
        network = Network(self.hub.port, f"{self.seed}/{number}")
        self.addCleanup(network.shut)
        return network

    def join(self, name, network):
        store = self.make(name)
        self.ok("join", network.url, self.invite(), store=store, env=self.keys)
        return store

    def watch(self, store):
        watch = Watch(store, self.keys)
        self.addCleanup(watch.end)
        return watch

    def hub_events(self):
        """All events of the hub, in its order, as somebody with a good network sees them."""
        _, token = self.enrol()
        page = self.call("GET", "/sync/pull?limit=10000", token=token)
        self.assertFalse(page["more"])
        return [one["event"] for one in page["events"]]

    def test_what_comes_twice_is_done_once(self):
        """An enrolment, a push, a pull; and an enrolment whose answer is lost."""
        network = self.network()
        network.faults = {"repeat": 1}
        laptop = self.join("laptop", network)
        self.ok("put", "notes/trip", "title=sea", store=laptop)
        self.assertEqual(self.sync(laptop)["pushed"], 1)
        for call in "POST devices", "POST sync", "GET sync":
            self.assertGreater(network.seen["repeat " + call], 0)
        network.faults = {"lose the answer": 1}
        phone, code = self.make("phone"), self.invite()
        self.assertIn("broke off", self.fails(8, "join", network.url, code, store=phone, env=self.keys))
        network.turn_good()
        self.ok("join", network.url, code, store=phone, env=self.keys)
        self.assertEqual(self.sync(phone)["pulled"], 1)
        self.assertEqual(sorted(one["name"] for one in self.objects("devices", store=phone, env=self.keys)), ["laptop", "phone"])

    def test_who_hands_over_much_on_a_slow_line_is_still_heard(self):
        """A push of any length keeps nobody's socket silent: the hub would take the device for gone, and give its lease to another."""
        network = self.network()
        laptop = self.join("laptop", network)
        watch = self.watch(laptop)
        watch.see("status", state="connected")
        network.holds = lambda request: len(request.bytes) > 4000
        self.ok("put", "notes/trip", "title=" + "sea" * 2000, store=laptop)
        self.assertTrue(network.holding.wait(PATIENCE))
        self.assertTrue(network.risen.wait(PATIENCE))
        network.release.set()
        watch.see("status", state="connected", pending=0)

    def test_a_watch_that_is_heard_says_so_to_all(self):
        """A command that does not get through, while the watch's socket does, makes the store offline until the hub's next answer to the watch."""
        network = self.network()
        laptop = self.join("laptop", network)
        watch = self.watch(laptop)
        watch.see("status", state="connected")
        # With its next heartbeat it has asked all that it had to.
        network.risen.clear()
        self.assertTrue(network.risen.wait(PATIENCE))
        offline = lambda: self.object("status", "--offline", store=laptop, env=self.keys)["offlineSince"]
        network.faults = {"refuse": 1}
        self.fails(8, "push", store=laptop, env=self.keys)
        self.assertIsNotNone(offline())
        end = time.monotonic() + PATIENCE
        while offline() is not None:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.2)
        self.assertNotIn("offline", [line.get("state") for line in watch.told])

    def test_three_devices_converge(self):
        """Two sync by command, one watches; what was acknowledged is at the hub, and in the end all is everywhere."""
        names = ("laptop", "phone", "desk")
        networks = [self.network(number) for number in range(3)]
        stores = [self.join(name, network) for name, network in zip(names, networks)]
        written, acknowledged, failures = [0, 0, 0], [0, 0, 0], []
        for network in networks:
            network.turn_bad()
        watch = self.watch(stores[2])

        def live(number, round):
            """A device writes, and tries to sync."""
            chance = random.Random(f"{self.seed}/{number}/{round}")
            for _ in range(chance.randrange(1, 4)):
                urgent = ["--critical"] if chance.random() < 0.2 else []
                self.ok("put", f"notes/{chance.randrange(5)}", f"title={names[number]} {written[number]}", *urgent, store=stores[number])
                written[number] += 1
            if number == 2:
                return
            done = run("sync", store=stores[number], env=self.keys)
            if done.returncode != 0:
                self.assertEqual(done.returncode, 8, done.stderr)
                self.assertIn("cannot be reached", done.stderr.decode())
                failures.append(done.stderr)
            # What is not pending is acknowledged, as far as the device knows.
            pending = self.object("status", "--offline", store=stores[number], env=self.keys)["pending"]
            acknowledged[number] = max(acknowledged[number], written[number] - pending)

        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            for round in range(self.rounds):
                list(pool.map(lambda number: live(number, round), range(3)))
        what = f"seed {self.seed}: {[network.seen for network in networks]}"
        self.assertTrue(failures, what)
        self.assertGreater(min(acknowledged[:2]), 0, what)
        for fault in "cut the request", "lose the answer", "cut the answer", "repeat":
            self.assertTrue(any(fault in network.seen for network in networks), f"{fault} never happened; {what}")

        ids = [self.object("status", "--offline", store=store, env=self.keys)["device"] for store in stores]
        dots = [(one["device"], one["seq"]) for one in self.hub_events()]
        self.assertEqual(len(dots), len(set(dots)), what)
        self.assertLessEqual({(device, seq) for device, count in zip(ids, acknowledged) for seq in range(1, count + 1)}, set(dots), what)

        # It comes back by itself.
        watch.forget()
        for network in networks:
            network.turn_good()
        watch.see("status", timeout=90, state="connected", pending=0)
        watch.end()
        for _ in range(2):
            for store in stores:
                self.assertEqual(self.sync(store)["pending"], 0, what)
        self.assertEqual(len({self.digest(store) for store in stores}), 1, what)
        events = self.hub_events()
        expected = [(device, seq) for device, count in zip(ids, written) for seq in range(1, count + 1)]
        self.assertEqual(sorted((one["device"], one["seq"]) for one in events), sorted(expected), what)
        texts = sorted(json.dumps(one, sort_keys=True) for one in events)
        for store in stores:
            self.assertEqual(sorted(json.dumps(one, sort_keys=True) for one in self.objects("export", store=store)), texts, what)
            self.ok("verify", "--deep", store=store)
        self.assertEqual(self.hub.stop(), 0)
        self.ok("verify", "--deep", store=self.data / "workspaces" / "main")

    def test_who_is_answered_by_nobody_says_so(self):
        """A network that takes everything and gives nothing: whatever waits for it ends with what it waited for, and goes on where the network is good again."""
        good, calls, sockets = self.network(), self.network(), self.network()
        laptop, phone, desk = self.join("laptop", calls), self.join("phone", sockets), self.join("desk", good)
        alone, code = self.make("alone"), self.invite()
        for store in laptop, phone, desk:
            self.ok("put", "notes/trip", "title=sea", store=store)
        calls.swallows = ("calls", "sockets")
        sockets.swallows = ("sockets",)

        def command(*words, status, store):
            done = run(*words, store=store, env=self.keys, timeout=120)
            self.assertEqual(done.returncode, status, done.stderr)
            return (done.stdout + done.stderr).decode()

        begun = self.watch(desk)
        begun.see("status", state="connected", pending=0)
        good.swallows = ("calls", "sockets")
        self.ok("put", "notes/trip", "title=lake", store=desk)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            said = [
                pool.submit(command, "sync", status=8, store=laptop),
                pool.submit(command, "status", status=0, store=laptop),
                pool.submit(command, "join", calls.url, code, status=8, store=alone),
            ]
            unanswered = self.watch(phone)
            unanswered.see("status", state="connecting")
            seen = pool.submit(unanswered.see, "status", timeout=90, state="offline")
            silent = pool.submit(begun.see, "status", timeout=90, state="offline")
            for one in said:
                self.assertIn("no answer for 30 s", one.result())
            for one in seen, silent:
                self.assertIn("cannot be reached", one.result()["why"])
        for network in calls, sockets, good:
            network.turn_good()
        unanswered.see("status", state="connected", pending=0)
        begun.see("status", state="connected", pending=0)
        self.ok("join", calls.url, code, store=alone, env=self.keys)
        self.assertEqual(self.sync(laptop)["pending"], 0)
        self.assertEqual(len(self.hub_events()), 4)


if __name__ == "__main__":
    unittest.main()
