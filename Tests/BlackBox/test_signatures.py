"""`verify --deep`: what the devices of a workspace have signed, against the events that a store has of them."""
import json
import shutil
import unittest

from harness import run
from hub import HubTest


class Signatures(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()
        self.laptop, self.phone = self.device("laptop"), self.device("phone")
        for number in range(3):
            self.ok("put", f"notes/{number}", f"title=from the phone {number}", store=self.phone)
        self.ok("put", "notes/list", "title=from the laptop", store=self.laptop)
        self.sync(self.phone)
        self.sync(self.laptop)
        self.ids = {name: self.object("status", store=store, env=self.keys)["device"] for name, store in (("laptop", self.laptop), ("phone", self.phone))}

    def signed(self, store):
        """device → (its last seq here, how far its signature is right)."""
        found = self.object("verify", "--deep", store=store)
        self.assertEqual((found["result"], found["problems"]), ("intact", []))
        return {chain["device"]: (chain["seq"], chain.get("signedThrough")) for chain in found["chains"]}

    def refused(self, store):
        """What is wrong with a store that is damaged."""
        done = run("verify", "--deep", "--json", store=store)
        self.assertEqual(done.returncode, 3)
        found = json.loads(done.stdout)
        self.assertEqual(found["result"], "corrupt")
        self.ok("verify", store=store)
        return found["problems"]

    def test_each_device_and_the_hub_know_who_signed(self):
        everything = {self.ids["laptop"]: (1, 1), self.ids["phone"]: (3, 3)}
        self.assertEqual(self.signed(self.laptop), everything)
        # The phone synced first: of the laptop it has nothing yet.
        self.assertEqual(self.signed(self.phone), {self.ids["phone"]: (3, 3)})
        self.sync(self.phone)
        self.assertEqual(self.signed(self.phone), everything)
        self.assertEqual(self.signed(self.data / "workspaces" / "main"), everything)
        self.assertIn("signed up to 3", self.ok("verify", "--deep", store=self.laptop))

    def test_what_is_written_since_is_not_signed_yet(self):
        self.ok("put", "notes/list", "title=later", store=self.laptop)
        self.assertEqual(self.signed(self.laptop)[self.ids["laptop"]], (2, 1))
        self.sync(self.laptop)
        self.assertEqual(self.signed(self.laptop)[self.ids["laptop"]], (2, 2))

    def test_a_store_that_never_joined_has_no_signatures(self):
        store = self.make("alone")
        device = self.object("put", "notes/a", "x=1", store=store)["dot"].split(":")[0]
        self.assertEqual(self.signed(store), {device: (1, None)})

    def forged(self, change):
        """A store whose events somebody changed, with all checksums right, and what the laptop knows of signatures."""
        events = [change(line) for line in self.objects("export", store=self.laptop)]
        store = self.make("forged")
        self.ok("import", self.lines(events), store=store)
        (store / ".syncline" / "sync").mkdir()
        shutil.copy(self.laptop / ".syncline" / "sync" / "signatures", store / ".syncline" / "sync" / "signatures")
        return store

    def test_changed_events_are_noticed(self):
        def change(event):
            if event["device"] == self.ids["phone"] and event["seq"] == 2:
                event["set"]["title"] = "never written by the phone"
            return event
        problems = self.refused(self.forged(change))
        self.assertEqual(len(problems), 1)
        self.assertIn(f"{self.ids['phone']} up to 3 are not those that it signed", problems[0])

    def test_unchanged_events_are_found_right(self):
        self.assertEqual(self.signed(self.forged(lambda event: event)), {self.ids["laptop"]: (1, 1), self.ids["phone"]: (3, 3)})

    def test_a_changed_signature_is_noticed(self):
        path = self.laptop / ".syncline" / "sync" / "signatures"
        lines = path.read_text().splitlines()
        number = next(n for n, line in enumerate(lines) if self.ids["phone"] in line)
        known = json.loads(lines[number])
        signature = known["signed"]["signature"]
        known["signed"]["signature"] = ("0" if signature[0] != "0" else "1") + signature[1:]
        lines[number] = json.dumps(known)
        path.write_text("\n".join(lines) + "\n")
        self.assertEqual(self.refused(self.laptop), [f"what is kept as the signature of {self.ids['phone']} is not of its key"])
        path.write_text("nonsense\n")
        self.fails(3, "verify", "--deep", store=self.laptop)
        # The hub says it again.
        self.sync(self.laptop)
        self.assertEqual(self.signed(self.laptop)[self.ids["phone"]], (3, 3))


if __name__ == "__main__":
    unittest.main()
