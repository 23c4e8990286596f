"""Each device's hash chain against one that is computed here, from the contract's bytes."""
import hashlib
import json
import random
import unittest
import uuid

import generator
from canonical import canonical, plain
from harness import StoreTest, team

MARK = b"syncline/chain/1\0"


def chains(events):
    """device → (last seq, h(last seq) in hexadecimal)."""
    hashes = {}
    for event in sorted(events, key=lambda event: event["seq"]):
        device = event["device"]
        _, before = hashes.get(device, (0, bytes(32)))
        link = MARK + uuid.UUID(device).bytes + before + canonical(plain(event)).encode()
        hashes[device] = (event["seq"], hashlib.sha256(link).digest())
    return {device: (seq, value.hex()) for device, (seq, value) in hashes.items()}


class Chains(StoreTest):
    def deep(self, store):
        found = self.object("verify", "--deep", store=store)
        self.assertEqual((found["result"], found["problems"]), ("intact", []))
        self.assertEqual([c["device"] for c in found["chains"]], sorted(c["device"] for c in found["chains"]))
        return {c["device"]: (c["seq"], c["hash"]) for c in found["chains"]}

    def test_chains_are_the_contracts_in_whatever_order_events_came(self):
        for seed in range(6):
            events = generator.history(seed)
            shuffled = generator.causal_shuffle(events, random.Random(seed))
            for name, some in (("written", events), ("shuffled", shuffled)):
                store = self.make(f"{name}{seed}")
                self.ok("import", self.lines(some), store=store)
                self.assertEqual(self.deep(store), chains(events), f"seed {seed}, {name}")
                # Sealing packs the blocks anew; the chains are of the events.
                self.ok("checkpoint", store=store)
                self.assertEqual(self.deep(store), chains(events), f"seed {seed}, {name}, sealed")

    def test_the_team_history(self):
        events = [json.loads(line) for line in team()[0]]
        store = self.make()
        self.ok("import", self.lines(events), store=store)
        self.assertEqual(self.deep(store), chains(events))

    def test_verify_prints_chains_for_people_when_asked_only(self):
        store = self.make()
        dot = self.object("put", "notes/a", "title=1", store=store)["dot"]
        self.assertIn(f"  chain {dot} ", self.ok("verify", "--deep", store=store))
        self.assertNotIn("chain", self.ok("verify", store=store))
        self.assertNotIn("chains", self.object("verify", store=store))


if __name__ == "__main__":
    unittest.main()
