"""Undo and redo by their contract: what they write, what they ask about, and that a conflict they bring back is open again."""
import json
import random
import unittest

import pexpect

import fold
import generator
from harness import BINARY, DEVICE, OTHER, event, run
from undoing import UndoTest

REMOVED = fold.REMOVED


def dot(text):
    device, seq = text.rsplit(":", 1)
    return device, int(seq)


class Undoing(UndoTest):
    def test_undo_and_redo_go_back_and_forth_over_one_field(self):
        store = self.make()
        states = []
        for number in range(4):
            self.ok("put", "notes/trip", f"title={number}", *(["days=1"] if number == 2 else []), store=store)
            states.append(self.shown(store))
        for number in (2, 1, 0):
            done = self.object("undo", store=store)
            self.assertEqual((done["kind"], done["conflict"], len(done["dots"]), done["movedOn"]), ("undo", False, 1, []))
            self.assertEqual(self.shown(store), states[number])
        self.ok("undo", store=store)
        self.assertEqual(self.shown(store), ({}, False))
        self.assertEqual(json.loads(self.fails(1, "undo", "--json", store=store))["code"], "nothing-to-undo")
        for number in range(4):
            self.ok("redo", store=store)
            self.assertEqual(self.shown(store), states[number])
        self.assertEqual(json.loads(self.fails(1, "redo", "--json", store=store))["code"], "nothing-to-redo")
        self.ok("undo", store=store)
        self.assertEqual(self.shown(store), states[2])
        self.agrees(store)

    def test_every_kind_of_event_comes_back(self):
        store = self.make()
        self.ok("put", "notes/trip", "title=a", "days=3", store=store)
        before = self.shown(store)
        for words in (["put", "notes/trip", "title=b", "new=1"], ["unset", "notes/trip", "title", "days"], ["delete", "notes/trip"]):
            self.ok(*words, store=store)
            after = self.shown(store)
            self.assertNotEqual(after, before)
            done = self.object("undo", "--note", "mistake", store=store)
            self.assertEqual(self.shown(store), before)
            last = self.objects("log", "notes/trip", store=store)[-1]
            self.assertEqual((last["kind"], last["note"], last["undoes"]), ("undo", "mistake", done["undoes"]))
            self.ok("redo", store=store)
            self.assertEqual(self.shown(store), after)
            self.ok("undo", done["undoes"], store=store)
            self.assertEqual(self.shown(store), before)
        self.agrees(store)

    def test_a_side_that_stems_from_an_undo_says_whose_value_it_brings_back(self):
        laptop, phone = self.conflict()
        sea, lake = (self.object("why", "notes/trip", "title", "--at", f"{side['dot']}", store=laptop)["dot"] for side in sorted(self.object("conflicts", store=laptop)["sides"], key=lambda s: s["name"] != "laptop"))
        self.ok("resolve", "notes/trip", "--set", "title=neither", store=laptop)
        resolved = self.objects("log", "notes/trip", store=laptop)[-1]["dot"]
        self.ok("undo", store=laptop)
        for _ in range(2):
            page = self.object("show", "notes/trip", store=laptop)
            self.assertEqual({s["entries"]["title"]["value"]: s["restored"]["title"] for s in page["sides"]}, {"sea": sea, "lake": lake})
            self.assertEqual({s["undoes"] for s in page["sides"]}, {resolved})
            text = self.ok("show", "notes/trip", store=laptop)
            self.assertIn("brings back laptop:2", text)
            self.assertIn("(undo)", text)
            # Undone and brought back once more it is still that edit's value.
            self.ok("redo", store=laptop)
            resolved = self.objects("log", "notes/trip", store=laptop)[-1]["dot"]
            self.ok("undo", resolved, store=laptop)
        # A side of its own says nothing.
        self.assertFalse([s for s in self.object("show", "notes/trip", store=phone)["sides"] if "restored" in s])

    def test_a_record_that_was_deleted_is_deleted_again(self):
        store = self.make()
        self.ok("put", "notes/trip", "title=a", store=store)
        self.ok("delete", "notes/trip", store=store)
        self.ok("put", "notes/trip", "days=1", store=store)
        self.ok("undo", store=store)
        self.assertEqual(self.shown(store), ({}, True))
        self.ok("redo", store=store)
        self.assertEqual(self.shown(store), ({"days": 1}, False))
        self.agrees(store)

    def test_a_resolution_taken_back_opens_the_conflict_again_with_the_same_values_and_everywhere(self):
        for choice in ("a", "b"):
            laptop, phone = self.conflict()
            before = self.object("show", "notes/trip", store=laptop)
            resolved = self.object("resolve", "notes/trip", "--choose", choice, store=laptop)["dot"]
            done = run("undo", store=laptop)
            self.assertEqual(done.returncode, 0)
            self.assertEqual(len(done.stdout.split()), 2, "one event a side")
            self.assertIn("in conflict", done.stderr.decode())
            after = self.object("show", "notes/trip", store=laptop)
            values = [sorted(s["entries"]["title"]["value"] for s in page["sides"]) for page in (before, after)]
            self.assertEqual((values[0], before["fields"]), (values[1], after["fields"]))
            undos = [e for e in self.agrees(laptop) if e.get("kind") == "undo"]
            self.assertEqual({e["undoes"] for e in undos}, {resolved})
            self.assertEqual(len({json.dumps(e["context"], sort_keys=True) for e in undos}), 1, "one context")
            self.exchange(laptop, phone)
            self.assertEqual(self.ok("digest", store=laptop).split()[-1], self.ok("digest", store=phone).split()[-1])
            self.ok("redo", store=laptop)
            self.assertEqual(self.objects("conflicts", store=laptop), [])
            self.agrees(laptop)
            self.folder = self.folder / choice
            self.folder.mkdir()

    def test_a_conflict_opened_again_has_the_base_it_had_so_that_no_merge_loses_a_side(self):
        lines = [f"line {n}\n" for n in range(9)]
        early, late = [*lines[:1], "early\n", *lines[1:]], [*lines[:8], "late\n", *lines[8:]]
        merged = {"tags": ["a", "b", "c"], "text": "".join([*early[:9], "late\n", *early[9:]])}
        for settle in (["put", "notes/trip", "tags=[]", "text=none"], ["resolve", "notes/trip", "--choose", "a"]):
            for is_decided in (False, True):
                with self.subTest(settle=settle, is_decided=is_decided):
                    store = self.make(f"{settle[0]}-{is_decided}")
                    self.ok("import", self.lines([
                        event(DEVICE, 1, set={"tags": ["a"], "text": "".join(lines)}), event(DEVICE, 2, context={DEVICE: 1}, set={"tags": ["a", "b"], "text": "".join(early)}),
                        event(OTHER, 1, context={DEVICE: 1}, set={"tags": ["a", "c"], "text": "".join(late)})]), store=store)
                    policies = (("tags", "union"), ("text", "text"))
                    for field, policy in policies if is_decided else ():
                        self.ok("policy", "notes", "--field", field, policy, store=store)
                    before = self.object("show", "notes/trip", store=store)
                    self.ok(*settle, store=store)
                    for words in ("undo", "redo", "undo"):
                        done = run(words, store=store)
                    # Of what policies decide nothing is open.
                    self.assertEqual(b"in conflict" in done.stderr, not is_decided)
                    self.assertEqual(self.object("show", "notes/trip", store=store)["base"], before["base"])
                    for field, policy in () if is_decided else policies:
                        self.ok("policy", "notes", "--field", field, policy, store=store)
                    self.assertEqual(self.object("get", "notes/trip", store=store)["fields"], merged)
                    self.ok("resolve", "notes/trip", "--merge", store=store)
                    self.assertEqual((self.object("get", "notes/trip", store=store)["fields"], self.objects("conflicts", store=store)), (merged, []))

    def test_what_goes_with_the_record_is_said_to_be_deleted(self):
        store = self.make()
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"title": "a", "days": 1}), event(OTHER, 1, context={DEVICE: 1}, set={"title": "b"}),
            event(DEVICE, 2, context={DEVICE: 1}, delete=True)]), store=store)
        self.ok("resolve", "notes/trip", "--choose", OTHER[:8], store=store)
        planned = self.ok("undo", "--dry-run", store=store)
        self.assertIn("it is deleted on one side", planned)
        self.assertIn("days: 1 → (deleted)", planned)
        self.ok("delete", "notes/trip", store=store)
        self.ok("put", "notes/trip", "title=c", store=store)
        planned = self.ok("undo", "--dry-run", store=store)
        self.assertIn("it is deleted\n", planned)
        self.assertIn('title: "c" → (deleted)', planned)
        self.ok("undo", store=store)
        self.assertIn('title: (deleted) → "c"', self.ok("redo", "--dry-run", store=store))

    def test_delete_against_edit_taken_back_opens_again(self):
        for words in (["put", "notes/trip", "other=1"], ["delete", "notes/trip"], None):
            with self.subTest(words=words):
                store = self.make("-".join(words or ["resolve"]).replace("/", "_"))
                self.ok("import", self.lines([
                    event(DEVICE, 1, set={"title": "a", "days": 1}), event(OTHER, 1, context={DEVICE: 1}, set={"title": "b"}),
                    event(DEVICE, 2, context={DEVICE: 1}, delete=True)]), store=store)
                before = self.object("show", "notes/trip", store=store)
                self.assertTrue(before["deleteAgainstEdit"])
                if words:
                    self.ok(*words, store=store)
                else:
                    edit = next(s["dot"] for s in before["sides"] if not s["delete"])
                    self.ok("resolve", "notes/trip", "--choose", edit, store=store)
                self.assertEqual(self.objects("conflicts", store=store), [])
                resolved = self.shown(store)
                self.ok("undo", store=store)
                after = self.object("show", "notes/trip", store=store)
                self.assertEqual((after["deleteAgainstEdit"], after["fields"]), (True, before["fields"]))
                self.ok("redo", store=store)
                self.assertEqual(self.shown(store), resolved)
                self.agrees(store)

    THIRD = "00000000-0000-4000-8000-00000000000f"
    # Of each the base, and what each device wrote side by side.
    WHOLE_RECORDS = {
        "delete against an edit of one of two fields": ({"title": "Borrow", "from": "Cleo"}, [(DEVICE, None), (OTHER, {"from": "Dan"})]),
        "delete against two edits": ({"x": 1, "y": 1, "z": 1}, [(DEVICE, None), (OTHER, {"x": 3, "y": 9}), (THIRD, {"x": 2})]),
        "two deletes against an edit": ({"x": 1}, [(DEVICE, None), (OTHER, None), (THIRD, {"y": 2})]),
        "edits of different fields": ({"x": 1, "y": 1}, [(DEVICE, {"x": 2}), (OTHER, {"y": 2})]),
    }

    def test_where_whole_records_stand_against_each_other_each_side_is_there_again_as_it_was(self):
        for name, (base, edits) in self.WHOLE_RECORDS.items():
            for policy in ("manual", "record"):
                if policy == "manual" and all(fields for _, fields in edits):
                    continue
                store = self.make(f"{policy}-{name.replace(' ', '-')}")
                lines, seqs = [event(DEVICE, 1, set=base)], {DEVICE: 1}
                for device, fields in edits:
                    seqs[device] = seqs.get(device, 0) + 1
                    context = {DEVICE: 1}
                    lines.append(event(device, seqs[device], context=context, **({"set": fields} if fields else {"delete": True})))
                self.ok("import", self.lines(lines), store=store)
                self.ok("policy", "notes", policy, store=store)
                before = self.object("show", "notes/trip", store=store)
                self.assertEqual(len(before["sides"]), len(edits))
                for device, fields in edits:
                    with self.subTest(name=name, policy=policy, device=device):
                        chosen = {} if fields is None else {**base, **fields}
                        self.ok("resolve", "notes/trip", "--choose", device, store=store)
                        self.assertEqual(self.shown(store), (chosen, fields is None))
                        for words in ("undo", "redo", "undo"):
                            self.ok(words, store=store)
                        after = self.object("show", "notes/trip", store=store)
                        self.assertEqual(self.seen(after), self.seen(before))
                        # What a device is called still means its side.
                        self.ok("resolve", "notes/trip", "--choose", device, store=store)
                        self.assertEqual(self.shown(store), (chosen, fields is None))
                        self.ok("undo", store=store)
                self.agrees(store)

    @staticmethod
    def seen(page):
        """What a conflict's page says, other than which event says it now."""
        return page["base"], page["fields"], [(s["side"], s["delete"], s["fields"]) for s in page["sides"]]

    def test_what_settles_a_part_taken_back_leaves_the_sides_and_their_letters(self):
        store = self.make()
        third = self.THIRD
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"t": "o", "n": 1, "m": 1}), event(DEVICE, 2, context={DEVICE: 1}, set={"t": "a", "n": 2}),
            event(OTHER, 1, context={DEVICE: 1}, set={"t": "b", "n": 3, "m": 3}), event(third, 1, context={DEVICE: 1}, set={"t": "c"})]), store=store)
        before = self.object("show", "notes/trip", store=store)
        for words in (["--choose-field", "t=a"], ["--choose-field", "n=b"], ["--set", "t=d"]):
            with self.subTest(words=words):
                self.ok("resolve", "notes/trip", *words, store=store)
                for back in ("undo", "redo", "undo"):
                    self.ok(back, store=store)
                self.assertEqual(self.seen(self.object("show", "notes/trip", store=store)), self.seen(before))
        self.ok("resolve", "notes/trip", "--choose", "b", store=store)
        chosen = {field: entry["value"] for field, entry in before["sides"][1]["entries"].items()}
        got = self.object("get", "notes/trip", store=store)["fields"]
        self.assertEqual({field: got[field] for field in chosen}, chosen)
        self.agrees(store)

    def test_a_put_over_a_deleted_and_edited_record_goes_back_and_forth_and_nothing_removed_returns(self):
        for policy in ("manual", "latest"):
            with self.subTest(policy=policy):
                store = self.make(policy)
                self.ok("import", self.lines([
                    event(DEVICE, 1, set={"t": "o", "n": 1, "body": "p"}), event(DEVICE, 2, context={DEVICE: 1}, delete=True),
                    event(OTHER, 1, context={DEVICE: 1}, set={"n": 3}, unset=["t"]), event(OTHER, 2, context={DEVICE: 1, OTHER: 1}, set={"n": 4}),
                    event(self.THIRD, 1, context={DEVICE: 1}, set={"body": "C"}, time=2000)]), store=store)
                self.ok("policy", "notes", policy, store=store)
                before = self.shown(store)
                self.assertNotIn("t", before[0])
                self.ok("put", "notes/trip", "new=1", store=store)
                after = self.shown(store)
                for words, shown in (("undo", before), ("redo", after), ("undo", before)):
                    self.ok(words, store=store)
                    self.assertEqual(self.shown(store), shown, words)
                self.agrees(store)

    def test_what_ends_whole_edits_side_by_side_says_no_field_settled_that_is_not(self):
        store = self.make()
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"x": 1, "y": 1}), event(DEVICE, 2, context={DEVICE: 1}, set={"x": 2, "y": 2}),
            event(OTHER, 1, context={DEVICE: 1}, set={"x": 3})]), store=store)
        self.ok("policy", "notes", "record", store=store)
        said = run("put", "notes/trip", "new=1", store=store).stderr.decode()
        self.assertEqual(said, "settled in notes/trip: edits side by side, y\n")
        self.assertEqual([c["fields"] for c in self.objects("conflicts", store=store)], [["x"]])

    def test_the_lease_that_decided_decides_again(self):
        store = self.make()
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"x": 1}), event(DEVICE, 2, context={DEVICE: 1}, set={"x": 2}, epoch=5),
            event(OTHER, 1, context={DEVICE: 1}, set={"x": 3}, epoch=1)]), store=store)
        self.ok("policy", "notes", "master", store=store)
        self.assertEqual(self.shown(store), ({"x": 2}, False))
        self.ok("put", "notes/trip", "x=9", store=store)
        self.ok("undo", store=store)
        self.assertEqual(self.shown(store), ({"x": 2}, False))

    def test_what_has_moved_on_is_said_and_needs_force(self):
        laptop, phone = self.make("laptop"), self.make("phone")
        first = self.ok("put", "notes/trip", "title=a", "days=1", store=laptop).strip()
        second = self.ok("put", "notes/trip", "title=b", store=laptop).strip()
        self.exchange(laptop, phone)
        self.ok("put", "notes/trip", "title=c", store=phone)
        self.exchange(phone, laptop)
        digest = self.ok("digest", store=laptop)
        message = json.loads(self.fails(1, "undo", second, "--json", store=laptop))
        self.assertEqual(message["code"], "moved-on")
        self.assertIn('"c"', message["error"])
        self.assertIn("--force", message["hint"])
        self.fails(1, "undo", store=laptop)
        planned = self.object("undo", second, "--dry-run", store=laptop)
        self.assertIn("has moved on since", run("undo", second, "--dry-run", store=laptop).stderr.decode())
        self.assertEqual([m["version"]["value"] for m in planned["movedOn"]], ["c"])
        self.assertEqual(self.ok("digest", store=laptop), digest, "nothing was written")
        self.ok("undo", second, "--force", store=laptop)
        self.assertEqual(self.shown(laptop)[0], {"title": "a", "days": 1})
        self.assertEqual(json.loads(self.fails(1, "undo", second, "--json", store=laptop))["code"], "undone-already")
        self.assertEqual(json.loads(self.fails(1, "undo", "laptop:99", "--json", store=laptop))["code"], "no-such-event")
        self.assertEqual(dot(first)[1], 1)
        self.agrees(laptop)

    def test_a_terminal_is_asked(self):
        laptop, phone = self.make("laptop"), self.make("phone")
        self.ok("put", "notes/trip", "title=a", store=laptop)
        self.ok("put", "notes/trip", "title=b", store=laptop)
        self.exchange(laptop, phone)
        self.ok("put", "notes/trip", "title=c", store=phone)
        self.exchange(phone, laptop)
        for answer, status, title in (("n", 1, "c"), ("y", 0, "a")):
            child = pexpect.spawn(BINARY, ["--store", str(laptop), "undo"], timeout=90, encoding="utf-8")
            child.expect("moved on")
            child.expect("› ")
            child.sendline(answer)
            child.expect(pexpect.EOF)
            child.close()
            self.assertEqual((child.exitstatus, self.shown(laptop)[0]), (status, {"title": title}))

    def test_any_event_of_random_histories(self):
        self.has_doubles = True
        for seed in range(700, 712):
            with self.subTest(seed=seed):
                r = random.Random(seed)
                store = self.make(f"s{seed}")
                self.ok("import", self.lines(generator.history(seed, 60)), store=store)
                for _ in range(6):
                    events = self.events(store)
                    chosen = r.choice(events)
                    state = fold.states(events)[(chosen["collection"], chosen["record"])]
                    done = run("undo", f"{chosen['device']}:{chosen['seq']}", "--force", "--json", store=store)
                    if done.returncode:
                        self.assertEqual(json.loads(done.stderr)["code"], "nothing-to-undo")
                        continue
                    undone = json.loads(done.stdout)
                    seen = state.seen(state.events[dot(undone["undoes"])].get("context", {}))
                    after = fold.states(self.agrees(store))[(chosen["collection"], chosen["record"])]
                    self.assertEqual(len(after.tombstones), len(seen.tombstones))
                    mates = ("device", "undoes", "context")
                    act = [e for e in state.events.values() if "undoes" in e and all(e.get(m) == chosen.get(m) for m in mates)] or [chosen]
                    self.assertIn(dot(undone["undoes"]), map(fold.dot_of, act))
                    whole = seen.tombstones or any(e.get("delete") for e in act)
                    fields = set(seen.fields) | set(state.fields) if whole else {f for e in act for f in [*e.get("set", {}), *e.get("unset", [])]}
                    for field in fields:
                        held = [set(map(self.text, (s.fields.get(field) or {None: REMOVED}).values())) for s in (seen, after)]
                        self.assertEqual(held[0], held[1], field)

    @staticmethod
    def text(value):
        return "removed" if value is REMOVED else "=" + fold.canonical(value)


if __name__ == "__main__":
    unittest.main()
