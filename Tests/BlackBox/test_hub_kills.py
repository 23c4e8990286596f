"""The hub is killed at random while devices push: nothing that was acknowledged is missing or there twice."""
import json
import random
import threading
import time
import unittest
import uuid

from harness import event
from hub import HubProcess, HubTest


class Kills(HubTest):
    kills = 100
    seed = 20260726

    def test_nothing_acknowledged_is_lost(self):
        self.serve()
        port = self.hub.port
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
        chance = random.Random(self.seed)
        for _ in range(self.kills):
            time.sleep(chance.uniform(0.02, 0.3))
            self.hub.kill()
            self.hub = HubProcess(self.data, port=port)
        over.set()
        for thread in threads:
            thread.join(60)
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
