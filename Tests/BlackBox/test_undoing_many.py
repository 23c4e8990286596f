"""`undo --since` and `redo --since`: what was written together is taken back together."""
import json
import unittest

from harness import DEVICE, OTHER, event, run
from undoing import UndoTest


class UndoingMany(UndoTest):
    def many(self, count):
        """A store with so many conflicts between two others, and its own two edits before."""
        store = self.make("desk")
        self.ok("put", "notes/own", "title=1", store=store)
        self.ok("put", "notes/own", "title=2", store=store)
        events = []
        for n in range(1, count + 1):
            record, base = f"r{n:03}", {DEVICE: 2 * n - 1}
            events += [event(DEVICE, 2 * n - 1, record, set={"title": "start", "n": n % 3}), event(DEVICE, 2 * n, record, base, set={"title": "sea"})]
            events.append(event(OTHER, n, record, base, set={"title": "lake"} if n % 5 else {"title": "lake", "n": 9}))
        self.ok("import", self.lines(events), store=store)
        return store

    def test_what_all_settled_is_taken_back_at_once_and_settled_again_at_once(self):
        store = self.many(60)
        before = self.objects("conflicts", store=store)
        done = run("resolve", "--all", "--choose", OTHER, store=store)
        self.assertEqual(len(before), 60)
        self.assertIn("60 conflicts settled; `syncline undo --since desk:3` takes them back", done.stderr.decode())
        settled = self.ok("list", store=store)
        planned = run("undo", "--since", "desk:3", "--dry-run", store=store)
        self.assertIn("60 would be undone; nothing was written", planned.stderr.decode())
        self.assertEqual(self.ok("list", store=store), settled)
        undone = self.objects("undo", "--since", "desk:3", store=store)
        self.assertEqual([one["undoes"].rsplit(":", 1)[1] for one in undone], [str(seq) for seq in range(62, 2, -1)])
        # Each side is again its device's, by name and to who asks for it.
        now = self.objects("conflicts", store=store)
        self.assertEqual([c["record"] for c in now], [c["record"] for c in before])
        for then, again in zip(before, now):
            self.assertEqual([s["standsFor"]["dot"] for s in again["sides"]], [s["dot"] for s in then["sides"]])
        for device, count in ((OTHER, 60), (DEVICE, 60), ("desk", 0)):
            self.assertEqual(len(self.objects("conflicts", "--device", device, store=store)), count)
        self.assertEqual(self.shown(store, "notes/own"), ({"title": 2}, False), "not what was written before")
        self.assertIn(f"{OTHER[:8]} (undo)", self.ok("conflicts", store=store))
        planned = run("redo", "--since", "desk:3", "--dry-run", store=store)
        self.assertIn("60 would be redone; nothing was written", planned.stderr.decode())
        # A dot that is shown names a side, too.
        side = now[0]["sides"][0]["standsFor"]
        self.ok("resolve", "notes/r001", "--choose", f"{side['device']}:{side['dot'].rsplit(':', 1)[1]}", "--dry-run", store=store)
        again = run("redo", "--since", "desk:3", store=store)
        self.assertIn("60 events redone", again.stderr.decode())
        self.assertEqual(self.ok("list", store=store), settled)
        self.assertEqual(json.loads(self.fails(1, "redo", "--since", "desk:3", "--json", store=store))["code"], "nothing-to-redo")
        self.agrees(store)

    def test_what_two_devices_took_back_has_each_side_once_for_who_names_it(self):
        desk = self.many(3)
        self.ok("import", self.lines([event(OTHER, 4, "r009", {}, set={"title": "x"}), event(DEVICE, 7, "r009", {OTHER: 4}, delete=True),
                                      event(OTHER, 5, "r009", {OTHER: 4}, set={"title": "y"})]), store=desk)
        self.ok("resolve", "--all", "--choose", OTHER, store=desk)
        shelf = self.make("shelf")
        self.exchange(desk, shelf)
        for store in (desk, shelf):
            for seq in range(3, 7):
                self.ok("undo", self.object("log", "--limit", "1", store=desk)["dot"].rsplit(":", 1)[0] + f":{seq}", store=store)
        self.exchange(shelf, desk)
        self.assertEqual([len(c["sides"]) for c in self.objects("conflicts", store=desk)], [4] * 4)
        done = run("resolve", "--all", "--choose", OTHER, store=desk)
        self.assertIn("4 conflicts settled", done.stderr.decode())
        self.assertEqual(self.objects("conflicts", store=desk), [])
        self.assertEqual({r["record"]: r["fields"]["title"] for r in self.objects("list", store=desk)}, {"own": 2, "r001": "lake", "r002": "lake", "r003": "lake", "r009": "y"})

    def test_of_one_record_the_newest_goes_first_and_what_others_wrote_over_stays(self):
        store = self.many(4)
        start = self.ok("dump", "--canonical", store=store)
        for number in range(3):
            self.ok("put", "notes/own", f"title=later {number}", store=store)
            self.ok("put", f"notes/new{number}", "a=1", store=store)
        self.ok("resolve", "--all", "--choose", DEVICE, store=store)
        settled = self.objects("log", "notes/r002", store=store)[-1]["dot"].rsplit(":", 1)
        over = event(OTHER, 5, "r002", {settled[0]: int(settled[1]), DEVICE: 4, OTHER: 2}, set={"title": "over it"})
        self.ok("import", self.lines([over]), store=store)
        planned = run("undo", "--since", "desk:3", "--dry-run", store=store).stderr.decode()
        self.assertIn("then 2 before them in the same records", planned)
        done = run("undo", "--since", "desk:3", store=store)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("left as it is: notes/r002 has moved on since", done.stderr.decode())
        self.assertIn("9 events undone, 1 left as it is (--force overwrites)", done.stderr.decode())
        self.assertEqual(self.shown(store, "notes/own"), ({"title": 2}, False))
        self.assertEqual({c["record"] for c in self.objects("conflicts", store=store)}, {"r001", "r003", "r004"})
        # What is left alone is no success.
        self.assertEqual(json.loads(self.fails(1, "undo", "--since", "desk:3", "--json", store=store).splitlines()[-1])["code"], "moved-on")
        self.assertIn("1 event undone", run("undo", "--since", "desk:3", "--force", store=store).stderr.decode())
        self.assertEqual([r["fields"] for r in map(json.loads, start.splitlines())], [r["fields"] for r in self.objects("list", store=store) if r["fields"]])
        self.agrees(store)
        digest = self.ok("digest", store=store)
        for words, code, status in ((["undo", "--since", "desk:3"], "nothing-to-undo", 1), (["undo", "--since", "desk:999"], "no-such-event", 1), (["undo", "--since", f"{OTHER}:1"], "usage", 64),
                                    (["undo", "desk:3", "--since", "desk:3"], "usage", 64), (["redo", "--since", "desk"], "usage", 64)):
            self.assertEqual(json.loads(self.fails(status, *words, "--json", store=store))["code"], code, words)
        self.assertEqual(self.ok("digest", store=store), digest)


if __name__ == "__main__":
    unittest.main()
