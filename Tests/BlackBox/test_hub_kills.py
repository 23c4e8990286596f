"""The hub is killed at random while devices push and pull: nothing that was acknowledged is missing or there twice."""
import json
import random
import threading
import time
import unittest
import uuid

from harness import PATIENCE, event
from hub import HubTest
from test_hub_watch import Watch


class Kills(HubTest):
    kills = 100
    seed = 20260726

    def kill_often(self, longest, until):
        """Kills the hub again and again, each time after it has lived for a while of at most `longest` seconds; where that is too short for this machine, some more times, until enough has happened."""
        self.kill(self.kills, longest)
        while not until() and longest < 60:
            longest *= 2
            self.kill(self.kills // 10, longest)

    def kill(self, times, longest):
        chance = random.Random(self.seed)
        for _ in range(times):
            time.sleep(chance.uniform(0.02, longest))
            self.hub.kill()
            self.serve(port=self.hub.port)

    def test_three_devices_write_and_agree(self):
        """Processes of ours on one set of records: they stay connected as well as they can, and what conflicts is settled on one of them."""
        self.serve()
        names = ("laptop", "phone", "desk")
        stores = [self.device(name) for name in names]
        watches = [Watch(store, self.keys) for store in stores]
        for watch in watches:
            self.addCleanup(watch.end)
            watch.see("status", state="connected")
        written = [0, 0, 0]
        over = threading.Event()
        failures = []

        def write(number):
            chance = random.Random(self.seed + number)
            try:
                while not over.is_set():
                    self.ok("put", f"notes/{chance.randrange(5)}", f"title={names[number]} {written[number]}", store=stores[number])
                    written[number] += 1
                    time.sleep(chance.uniform(0, 0.2))
            except AssertionError as failure:
                failures.append(failure)

        writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
        for writer in writers:
            writer.start()

        def exchanged():
            """How often they were connected, and how often something came."""
            lines = [line for watch in watches for line in list(watch.lines.queue)]
            return min(sum(line["type"] == "status" and line["state"] == "connected" for line in lines), sum(line["type"] == "pulled" for line in lines))
        self.kill_often(longest=0.8, until=lambda: exchanged() > 30)
        over.set()
        for writer in writers:
            writer.join(PATIENCE)
        self.assertEqual(failures, [], f"seed {self.seed}")
        for watch in watches:
            # Not SIGINT: whoever runs these tests in the background may have it ignored.
            watch.process.terminate()
            watch.process.wait(PATIENCE)
        self.assertGreater(exchanged(), 30)
        # One conflict is certain, whatever the network let through.
        for number, store in enumerate(stores):
            self.ok("put", "notes/0", f"title={names[number]} at last", store=store)
            written[number] += 1
        self.agree(stores)
        conflicts = self.objects("conflicts", store=stores[0])
        self.assertGreater(len(conflicts), 0)
        for conflict in conflicts:
            self.ok("resolve", f"{conflict['collection']}/{conflict['record']}", "--choose", "b", store=stores[1])
        self.agree(stores)
        expected = {(self.object("status", store=store, env=self.keys)["device"], seq) for store, count in zip(stores, written) for seq in range(1, count + 1)}
        for store in stores:
            self.assertEqual(self.objects("conflicts", store=store), [])
            dots = [(one["device"], one["seq"]) for one in self.objects("export", store=store)]
            self.assertEqual(len(dots), len(set(dots)), f"seed {self.seed}: an event is there twice")
            self.assertLessEqual(expected, set(dots), f"seed {self.seed}")
            self.assertEqual(len(dots), sum(written) + len(conflicts))
            self.ok("verify", "--deep", store=store)

    def agree(self, stores):
        """Lets all sync until nothing is left to travel; all have one digest then."""
        for _ in range(2):
            for store in stores:
                self.sync(store)
        self.assertEqual(len({self.digest(store) for store in stores}), 1, f"seed {self.seed}")

    def test_nothing_acknowledged_is_lost(self):
        self.serve()
        devices = [self.enrol(name=f"d{n}") for n in range(3)]
        acknowledged = {device: 0 for device, _ in devices}
        over = threading.Event()
        failures = []

        def write(device, token):
            seq = 0
            while not over.is_set():
                try:
                    batch = [event(device, seq + n, record=f"{device[:4]}{n}", set={"v": seq + n}) for n in range(1, 6)]
                    for one in batch:
                        one["record"] = str(one["seq"])
                        one["collection"] = device
                    status, _, body = self.curl("POST", "/sync/push", token=token, data={"events": batch})
                    if status == 200:
                        answer = json.loads(body)
                        if any(e["verdict"] not in ("accepted", "duplicate") for e in answer["events"]):
                            failures.append(answer)
                        seq += 5
                        acknowledged[device] = seq
                    elif status not in (401, 503):
                        failures.append((status, body))
                except AssertionError:
                    time.sleep(0.05)

        threads = [threading.Thread(target=write, args=pair) for pair in devices]
        for thread in threads:
            thread.start()
        self.kill_often(longest=0.3, until=lambda: min(acknowledged.values()) > 0)
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(failures, [], f"seed {self.seed}")
        self.assertGreater(min(acknowledged.values()), 0)
        seen, cursor = [], ""
        while True:
            page = self.call("GET", f"/sync/pull?limit=10000&cursor={cursor}", token=devices[0][1])
            seen += [(e["event"]["device"], e["event"]["seq"]) for e in page["events"]]
            cursor = page["cursor"]
            if not page["more"]:
                break
        self.assertEqual(len(seen), len(set(seen)), f"seed {self.seed}: an event is there twice")
        for device, through in acknowledged.items():
            self.assertLessEqual({(device, n) for n in range(1, through + 1)}, set(seen), f"seed {self.seed}")


if __name__ == "__main__":
    unittest.main()
