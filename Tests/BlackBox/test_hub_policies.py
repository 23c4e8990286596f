"""Policies of a workspace: only the device that leads writes them, and the hub takes no others."""
import json
import shutil
import subprocess
import time
import unittest

from harness import BINARY, PATIENCE, event, run
from hub import HubTest
from standin import StandIn, take_socket
from terminal import Terminal
from test_hub_watch import Watch


def policy(device, seq, record="notes", **members):
    return event(device, seq, record=record, collection="_policy", set={"*": "latest"}, **members)


class Policies(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()

    def events(self, store, record="_policy/notes"):
        return self.objects("log", record, store=store)

    def refused(self, status, code, *words, store):
        """Fails with this status and code, and writes nothing; returns what was said."""
        before = self.digest(store)
        done = run(*words, "--json", store=store, env=self.keys)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        problem = json.loads(done.stderr.decode().splitlines()[-1])
        self.assertEqual(problem["code"], code)
        self.assertEqual(self.digest(store), before)
        return problem

    def verdict(self, token, *events):
        """What the hub makes of each event: its verdict, or why it rejects it."""
        answer = self.call("POST", "/sync/push", token=token, data={"events": events})
        return [told["problem"]["code"] if told["verdict"] == "rejected" else told["verdict"] for told in answer["events"]]

    def unlinked(self, store, *commands):
        """Writes as a store that has joined nothing would."""
        link = store / ".syncline" / "sync"
        link.rename(store / "aside")
        for words in commands:
            self.ok(*words, store=store)
        (store / "aside").rename(link)

    def test_they_are_written_under_a_lease(self):
        desk, phone = self.device("desk", "--role", "master"), self.device("phone")
        self.ok("put", "notes/trip", "days=1", store=phone)
        for words in (("policy", "notes", "latest"), ("put", "_policy/notes", "*=latest")):
            self.assertIn("leads", self.refused(9, "not-master", *words, store=phone)["error"])
        self.ok("policy", "notes", "latest", store=desk, env=self.keys)
        self.ok("put", "_policy/notes", "days=max", store=desk, env=self.keys)
        self.ok("undo", store=desk, env=self.keys)
        # A script's prompt asks for it, too.
        subprocess.run([BINARY, "--store", str(desk)], input=b"policy notes --field days min\n", env=self.keys, check=True, capture_output=True, timeout=PATIENCE)
        self.assertEqual([line["epoch"] for line in self.events(desk)], [1, 1, 1, 1])
        self.sync(desk)
        self.assertEqual(self.sync(phone)["pulled"], 4)
        self.assertEqual(self.object("policy", "notes", store=phone)["policies"], {"days": "min", "*": "latest"})
        # What others wrote is not to be taken back without it either.
        dot = self.events(phone)[0]["dot"]
        for words in (("undo", dot), ("delete", "_policy/notes"), ("unset", "_policy/notes", "*")):
            self.refused(9, "not-master", *words, store=phone)
        self.assertIn("epoch 1", self.ok("log", "_policy/notes", store=phone))

    def test_without_the_hub_nothing_is_written_and_it_is_said_what_to_do(self):
        desk = self.device("desk", "--role", "master")
        self.hub.stop()
        problem = self.refused(8, "unreachable", "policy", "notes", "latest", store=desk)
        self.assertIn("repeat it", problem["hint"])
        self.ok("put", "notes/trip", "days=1", store=desk)

    def test_a_hub_that_says_nothing_is_none_that_has_another_lead(self):
        """It takes the socket and falls silent, or breaks it off: that is what is said, with what to do, and nothing is written."""
        desk = self.device("desk", "--role", "master")

        def silent(handler):
            take_socket(handler)
            while handler.rfile.read(1):
                pass
            handler.close_connection = True

        def broken(handler):
            take_socket(handler)
            handler.close_connection = True

        for answer, reason in ((silent, "said nothing"), (broken, "broke off")):
            with self.subTest(reason=reason):
                stand_in = StandIn(self.hub.url, {("GET", "/sync/ws"): answer})
                self.addCleanup(stand_in.close)
                self.ok("hub", stand_in.url, store=desk)
                problem = self.refused(8, "unreachable", "policy", "notes", "latest", store=desk)
                self.assertIn(reason, problem["error"])
                self.assertIn("repeat it", problem["hint"])

    def test_another_leads(self):
        desk, other = self.device("desk", "--role", "master"), self.device("other", "--role", "master")
        watch = Watch(other, self.keys)
        self.addCleanup(watch.end)
        watch.see("status", state="connected", role="master")
        terminal = Terminal([BINARY, "--store", desk], **self.keys)
        self.addCleanup(terminal.child.close)
        terminal.wait_text("● synced")
        terminal.enter("policy notes latest")
        terminal.wait_text("only the device that leads writes policies")
        self.assertEqual(terminal.leave(), 0)
        # Beside a watch of its own a command writes under the same lease.
        self.ok("policy", "notes", "latest", store=other, env=self.keys)
        self.assertEqual([line["epoch"] for line in self.events(other)], [1])
        watch.see("status", state="connected", pending=0)

    def test_beside_a_watch_of_its_own_a_command_waits_for_a_lease_that_runs_out(self):
        """Command and watch are one device, whose lease is the watch's where it is connected."""
        desk, other = self.device("desk", "--role", "master"), self.device("other", "--role", "master")
        self.ok("policy", "notes", "latest", store=desk, env=self.keys)
        watch = Watch(other, self.keys)
        self.addCleanup(watch.end)
        watch.see("status", state="connected")
        self.ok("policy", "notes", "max", store=other, env=self.keys)
        self.assertIsNone(watch.process.poll())
        for store in other, desk:
            self.sync(store)
        self.assertEqual([line["epoch"] for line in self.events(desk)], [1, 2])

    def test_a_command_beside_a_watch_of_its_own_takes_its_lease(self):
        """A device has one socket, and that is the watch's: a command does not take it away, and is not taken for a master of its own."""
        desk, other = self.device("desk", "--role", "master"), self.device("other", "--role", "master")
        leads = Watch(other, self.keys)
        self.addCleanup(leads.end)
        leads.see("status", state="connected", role="master")
        follows = Watch(desk, self.keys)
        self.addCleanup(follows.end)
        follows.see("status", state="connected")
        done = run("policy", "notes", "latest", "--json", store=desk, env=self.keys)
        # On a machine that is so slow that the other's lease runs out it is this one's turn.
        if done.returncode != 0:
            self.assertEqual((done.returncode, json.loads(done.stderr)["code"]), (9, "not-master"))
        leads.end()
        follows.see("status", state="connected", role="master")
        self.ok("policy", "notes", "max", store=desk, env=self.keys)
        self.ok("revoke", "other", store=desk, env=self.keys)
        self.assertGreater(self.events(desk)[-1]["epoch"], 1)
        self.assertIsNone(follows.process.poll())
        deadline = time.monotonic() + PATIENCE
        while not any(line["leading"] for line in self.objects("devices", store=desk, env=self.keys) if line["name"] == "desk"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        self.assertIn("revoked", next(line for line in self.ok("devices", store=desk, env=self.keys).splitlines() if line.startswith("other")))

    def test_what_is_written_while_it_joins_is_written_before_or_after(self):
        """The hub is told how much a device had written before it joined: nobody writes between that and the moment from which policies want a lease."""
        store, other = self.make("laptop"), self.device("other", "--role", "master")
        written = []

        def meanwhile(handler):
            written.append(run("policy", "notes", "latest", store=store, env=self.keys).returncode)
            return False
        stand_in = StandIn(self.hub.url, {("POST", "/devices"): meanwhile})
        self.addCleanup(stand_in.close)
        self.ok("join", stand_in.url, self.invite(), store=store, env=self.keys)
        self.assertEqual(written, [4])
        self.refused(9, "not-master", "policy", "notes", "latest", store=store)
        self.ok("put", "notes/trip", "days=1", store=store)
        self.assertEqual(self.sync(store)["pending"], 0)
        self.assertEqual(self.sync(other)["pulled"], 1)

    def test_who_waits_for_a_lease_is_told_so(self):
        desk, other = self.device("desk", "--role", "master"), self.device("other", "--role", "master")
        self.sync(other)
        self.ok("policy", "notes", "latest", store=desk, env=self.keys)
        terminal = Terminal([BINARY, "--store", other, "policy", "notes", "max"], **self.keys)
        self.addCleanup(terminal.child.close)
        terminal.wait_text("waiting for the lease of desk to run out, up to ")
        # What has gone leads no longer than its lease.
        terminal.wait_text(":1")
        self.assertEqual([line["epoch"] for line in self.events(other)], [2])

    def test_at_the_prompt_all_is_written_under_the_lease(self):
        desk, phone = self.device("desk", "--role", "master"), self.device("phone")
        terminal = Terminal([BINARY, "--store", desk], **self.keys)
        self.addCleanup(terminal.child.close)
        terminal.wait_text("master ● synced")
        terminal.enter("policy notes latest")
        terminal.enter("put notes/trip days=1")
        self.assertEqual(terminal.leave(), 0)
        self.sync(phone)
        for record in ("_policy/notes", "notes/trip"):
            self.assertEqual([line["epoch"] for line in self.events(phone, record)], [1])

    def test_before_it_joins_a_store_writes_them_freely(self):
        store = self.make("laptop")
        self.ok("policy", "notes", "latest", store=store)
        self.ok("join", self.hub.url, self.invite(), store=store, env=self.keys)
        self.assertEqual(self.sync(store)["pushed"], 1)
        self.refused(9, "not-master", "policy", "notes", "max", store=store)
        # Of who never joined a member hands on what it likes.
        alone = self.make("alone")
        self.ok("policy", "trips", "latest", store=alone)
        self.exchange(alone, store)
        self.assertEqual(self.sync(store)["pushed"], 1)

    def test_the_hub_takes_no_others(self):
        desk = self.device("desk", "--role", "master")
        self.ok("policy", "notes", "latest", store=desk, env=self.keys)
        self.sync(desk)
        writer = self.object("status", store=desk, env=self.keys)["device"]
        client, token = self.enrol()
        self.assertEqual(
            self.verdict(token, policy(client, 1), policy(writer, 2, record="a")), ["lease-missing", "lease-missing"])
        self.assertEqual(self.verdict(token, policy(client, 1, epoch=1)), ["epoch-never-granted"])
        self.assertEqual(self.verdict(token, policy(client, 1, epoch=1), event(client, 2, record="later")), ["epoch-never-granted", "parked"])
        self.assertEqual(self.verdict(token, event(client, 1)), ["accepted"])
        port = self.hub.port
        self.hub.kill()
        self.serve(port=port)
        self.assertEqual(self.verdict(token, policy(client, 3)), ["lease-missing"])

    def test_who_asks_is_told_what_a_watch_was_refused(self):
        """As long as it is; what the watch learned is not put back by a command, and what a command learned not by the watch."""
        phone = self.device("phone")
        self.unlinked(phone, ("policy", "notes", "latest"))
        watch = Watch(phone, self.keys)
        self.addCleanup(watch.end)
        watch.see("status", state="blocked")
        told = self.object("status", "--offline", store=phone, env=self.keys)
        self.assertEqual(told["state"], "blocked")
        self.assertIn("lease-missing", told["why"])
        self.fails(1, "push", store=phone, env=self.keys)
        watch.end()
        again = self.object("status", "--offline", store=phone, env=self.keys)
        self.assertEqual((again["state"], again["pending"]), ("blocked", 1))
        self.assertNotEqual(again["why"], told["why"])

    def test_what_is_not_refused_any_more_is_not_told(self):
        """Somebody else gave the hub what it had not taken: there is nothing left to push."""
        phone = self.device("phone")
        self.ok("put", "notes/trip", "days=1", store=phone)
        self.sync(phone)
        path = phone / ".syncline" / "sync" / "progress"
        path.write_text(json.dumps({**json.loads(path.read_text()), "blocked": "the hub took it amiss"}))
        self.assertEqual(self.object("status", "--offline", store=phone, env=self.keys)["state"], "blocked")
        self.sync(phone)
        told = self.object("status", "--offline", store=phone, env=self.keys)
        self.assertEqual((told["state"], told["why"]), ("unknown", None))

    def test_in_packed_blocks_neither(self):
        phone = self.device("phone")
        self.unlinked(phone, ("put", "notes/trip", "days=1"), ("policy", "notes", "latest"), ("checkpoint",))
        self.fails(1, "push", store=phone, env=self.keys)
        _, token = self.enrol()
        events = self.call("GET", "/sync/pull", token=token)["events"]
        self.assertEqual([line["event"]["collection"] for line in events], ["notes"])

    def test_an_identity_that_is_mended_keeps_them(self):
        """They were written under a lease of the identity before: anew, nobody leads by them, and they are there."""
        desk, phone = self.device("desk", "--role", "master"), self.device("phone")
        copy = self.folder / "copy"
        shutil.copytree(desk, copy)
        self.ok("put", "notes/trip", "by=desk", store=desk)
        self.ok("policy", "notes", "latest", store=copy, env=self.keys)
        self.sync(desk)
        self.fails(6, "sync", store=copy, env=self.keys)
        self.assertEqual(self.object("mend", self.invite(), store=copy, env=self.keys)["reissued"], 1)
        self.sync(phone)
        self.assertEqual([line["epoch"] for line in self.events(phone) if "epoch" in line], [])
        self.assertEqual(self.object("policy", "notes", store=phone)["policies"], {"*": "latest"})
        # What it writes from now on wants a lease again.
        self.refused(9, "not-master", "policy", "notes", "max", store=copy)


if __name__ == "__main__":
    unittest.main()
