"""Policies: what they decide against a reference of their own, on stores that got the same events in different orders; and the command."""
import json
import random
import subprocess
import unittest

import fold
import policies
from canonical import canonical
from generator import causal_shuffle
from harness import BINARY, DEVICE, OTHER, StoreTest, event, lines_of, run

THIRD = "00000000-0000-4000-8000-000000000001"


class Histories(StoreTest):
    def test_every_replica_shows_what_the_reference_makes_of_base_and_siblings(self):
        decided, whole = 0, 0
        for seed in range(14):
            events = policies.history(seed)
            states = fold.states(events)
            orders = [events, causal_shuffle(events, random.Random(seed)), causal_shuffle(events, random.Random(~seed))]
            for index, order in enumerate(orders[: 3 if seed < 6 else 2]):
                with self.subTest(seed=seed, order=index):
                    store = self.make(f"{seed}-{index}")
                    self.ok("import", self.lines(order), store=store)
                    self.assertEqual(self.ok("dump", "--canonical", store=store), fold.dump(events))
                    counts = self.check(store, states)
                    decided, whole = decided + counts[0], whole + counts[1]
        # Without these the comparison says little.
        self.assertGreater(decided, 40)
        self.assertGreater(whole, 5)

    def check(self, store, states):
        listed = {(o["collection"], o["record"]): o for o in self.objects("list", store=store)}
        open_ones = {(o["collection"], o["record"]): o["fields"] for o in self.objects("conflicts", store=store)}
        decided, wholes = 0, 0
        for key, state in states.items():
            shown, deleted, open_fields, whole = policies.read(state, policies.of_collection(states, key[0]))
            got = self.object("get", f"{key[0]}/{key[1]}", store=store)
            self.assertEqual(canonical(got["fields"]), canonical(shown), key)
            self.assertEqual(got["deleted"], deleted, key)
            self.assertEqual(sorted(got["conflicts"]), sorted(open_fields), key)
            self.assertEqual(key in listed, not deleted, key)
            if not deleted:
                self.assertEqual(listed[key], got)
            self.assertEqual(open_ones.get(key), open_fields if open_fields or whole else None, key)
            contested = state.contested() or state.delete_against_edit()
            decided, wholes = decided + bool(contested and not open_fields), wholes + whole
        for collection in ("notes", "other"):
            wanted = policies.of_collection(states, collection)
            (line,) = self.objects("policy", collection, store=store)
            self.assertEqual(line["policies"], {**wanted.fields, "*": wanted.rest})
        return decided, wholes


class Command(StoreTest):
    def test_policies_are_set_shown_exchanged_and_taken_back(self):
        laptop, phone = self.conflict("tags", '["a","b"]', '["a","c"]')
        self.assertEqual(self.objects("policy", store=laptop), [])
        self.ok("policy", "notes", "--field", "tags", "union", "--note", "sets", store=laptop)
        self.assertEqual(self.objects("policy", store=laptop), [{"collection": "notes", "policies": {"tags": "union", "*": "manual"}}])
        self.assertEqual(self.object("policy", "notes", "--field", "tags", store=laptop)["policies"], {"tags": "union"})
        self.assertIn("union", self.ok("policy", "notes", store=laptop))
        self.assertEqual(self.objects("conflicts", store=laptop), [])
        self.exchange(laptop, phone)
        for store in (laptop, phone):
            got = self.object("get", "notes/trip", store=store)
            self.assertEqual((got["fields"]["tags"], got["conflicts"]), (["a", "b", "c"], {}))
            self.assertEqual(got["decided"]["tags"], {"policy": "union", "value": ["a", "b", "c"]})
            self.assertEqual(len(self.objects("list", "--where", 'tags=["a","b","c"]', store=store)), 1)
            self.assertRegex(self.ok("show", "notes/trip", store=store), r"policy union")
            self.assertRegex(self.ok("get", "notes/trip", store=store), r"~ tags.*policy union")
        self.assertEqual(self.objects("log", "_policy/notes", store=phone)[0]["note"], "sets")
        # Before the policy was there it decided nothing; the canonical dump never knows of it.
        before = self.objects("log", "_policy/notes", store=laptop)[0]["position"] - 1
        self.assertEqual(len(self.objects("conflicts", "--at", f"#{before}", store=laptop)), 1)
        self.assertIn("tags", json.loads(lines_of(self.ok("dump", "--canonical", store=laptop))[-1])["conflicts"])
        self.ok("policy", "notes", "--field", "tags", "manual", store=laptop)
        self.assertEqual(len(self.objects("conflicts", store=laptop)), 1)

    def test_who_names_the_events_that_a_decided_value_comes_from(self):
        store = self.make()
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"n": 1, "tags": ["a"], "same": 1}), event(OTHER, 1, set={"n": 5, "tags": ["b"], "same": 2}, note="more"), event(THIRD, 1, set={"n": 5, "tags": ["c"]})]), store=store)
        for field, policy in (("n", "max"), ("tags", "union")):
            self.ok("policy", "notes", "--field", field, policy, store=store)
        got = self.object("get", "notes/trip", "--who", store=store)
        behind = {field: {who["dot"], *(also["dot"] for also in who.get("also", []))} for field, who in got["who"].items()}
        self.assertEqual(behind["n"], {f"{OTHER}:1", f"{THIRD}:1"})
        self.assertEqual(behind["tags"], {f"{DEVICE}:1", f"{OTHER}:1", f"{THIRD}:1"})
        self.assertEqual(len(behind["same"]), 1)
        text = self.ok("get", "notes/trip", "--who", store=store)
        self.assertRegex(text, r"~ n = 5  \(policy max\)  by .*; ")
        self.assertRegex(text, r'~ tags = \["a","b","c"\]  \(policy union\)  by .*; .*; ')
        self.assertIn("! same = ", text)
        # The edit that a policy takes stands for the record as its side saw it, so what it shows is named, too.
        self.ok("import", self.lines([
            event(DEVICE, 2, record="gone", set={"title": "start", "days": 3}), {**event(OTHER, 2, record="gone", context={DEVICE: 2}, set={"days": 4}), "time": 9000},
            event(THIRD, 2, record="gone", context={DEVICE: 2}, delete=True)]), store=store)
        self.ok("policy", "notes", "latest", store=store)
        who = self.object("get", "notes/gone", "--who", store=store)["who"]
        self.assertEqual({field: by["dot"] for field, by in who.items()}, {"title": f"{DEVICE}:2", "days": f"{OTHER}:2"})
        self.assertNotIn("deleted", self.ok("get", "notes/gone", "--who", store=store))

    def test_who_sets_a_policy_is_told_what_it_decides_behind_the_answer(self):
        store = self.make()
        self.ok("import", self.lines([
            *(event(DEVICE, seq, record=record, set=entry) for seq, (record, entry) in enumerate((("a", {"n": 1}), ("b", {"t": "x"}), ("c", {"n": 1, "t": "x"})), 1)),
            *(event(OTHER, seq, record=record, set=entry) for seq, (record, entry) in enumerate((("a", {"n": 2}), ("b", {"t": "y"}), ("c", {"n": 2, "t": "y"})), 1))]), store=store)
        self.ok("checkpoint", store=store)
        kept = store / ".syncline" / "decisions"
        self.assertFalse(kept.exists())
        all, decided = "3 conflicts in notes, open as policies stand", "3 conflicts in notes: policies decide {}, {} open"
        for words, told, is_open in (
                (("policy", "notes", "--field", "n", "max"), decided.format(1, 2), 2),
                (("put", "_policy/notes", "*=latest"), decided.format(3, 0), 0),
                (("undo",), decided.format(1, 2), 2),
                (("policy", "notes", "--field", "n", "manual"), all, 3),
                (("policy", "trips", "latest"), None, 3), (("put", "notes/d", "n=1"), None, 3)):
            with self.subTest(words=words):
                before = kept.read_bytes() if kept.exists() else b""
                together = subprocess.run([BINARY, "--store", store, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True).stdout.decode()
                # The event's name comes first: it is written, whatever is found out of it then.
                self.assertRegex(lines_of(together)[0], r"^[0-9a-f-]{36}:\d+$")
                self.assertEqual([line for line in lines_of(together) if "conflict" in line], [told] if told else [])
                if is_open < 3:
                    self.assertNotEqual(kept.read_bytes(), before)
                self.assertEqual(len(self.objects("conflicts", store=store)), is_open)

    def test_what_is_no_policy_is_refused_with_the_list(self):
        store = self.make()
        for words in (["notes", "newest"], ["notes", "--field", "title", "record"], ["--field", "title"]):
            self.fails(64, "policy", *words, store=store)
        self.assertIn("union", self.fails(64, "policy", "notes", "newest", store=store))
        self.fails(1, "policy", "_policy", "latest", store=store)
        self.assertEqual(self.objects("policy", "notes", store=store), [{"collection": "notes", "policies": {"*": "manual"}}])

    def test_merge_settles_as_the_policies_say_and_leaves_the_rest_open(self):
        store = self.make()
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"n": 1, "t": "x"}), event(OTHER, 1, set={"n": 2, "t": "y"})]), store=store)
        self.ok("policy", "notes", "--field", "n", "max", store=store)
        self.assertEqual(self.object("conflicts", store=store)["fields"], ["t"])
        self.assertIn(b"still open", run("resolve", "notes/trip", "--merge", store=store).stderr)
        got = self.object("get", "notes/trip", store=store)
        self.assertEqual((got["fields"]["n"], list(got["conflicts"]), "decided" in got and got["decided"]), (2, ["t"], {}))

    def test_delete_against_edit_is_decided_by_the_policy_of_all_fields(self):
        for word, epoch, wanted in (("latest", {}, {"title": "start", "days": 4}), ("master", {"epoch": 3}, None), ("max", {}, "open")):
            with self.subTest(word=word):
                store = self.make(word)
                self.ok("import", self.lines([
                    event(DEVICE, 1, set={"title": "start", "days": 3}),
                    {**event(OTHER, 1, context={DEVICE: 1}, set={"days": 4}), "time": 9000},
                    {**event(THIRD, 1, context={DEVICE: 1}, delete=True), **epoch}]), store=store)
                self.ok("policy", "notes", word, store=store)
                got = self.object("get", "notes/trip", store=store)
                if wanted == "open":
                    self.assertEqual(list(got["conflicts"]), [""])
                else:
                    self.assertEqual((got["conflicts"], got["deleted"], got["fields"]), ({}, wanted is None, wanted or {}))
                    self.assertEqual(self.objects("conflicts", store=store), [])
                    self.ok("resolve", "notes/trip", "--merge", store=store)
                    after = self.object("get", "notes/trip", store=store)
                    self.assertEqual((after["deleted"], after["fields"], len(after["heads"])), (wanted is None, wanted or {}, 1))

    def test_under_record_whole_edits_are_in_conflict_until_all_of_it_is_answered(self):
        store = self.make()
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"title": "start", "days": 3}), event(OTHER, 1, context={DEVICE: 1}, set={"days": 4}),
            event(THIRD, 1, context={DEVICE: 1}, set={"title": "sea"})]), store=store)
        self.assertEqual(self.objects("conflicts", store=store), [])
        self.ok("policy", "notes", "record", store=store)
        self.assertEqual(self.object("conflicts", store=store)["fields"], ["days", "title"])
        self.assertEqual(self.object("get", "notes/trip", store=store)["fields"], {"days": 4, "title": "sea"})
        self.assertIn("days", self.fails(1, "resolve", "notes/trip", "--set", "title=hill", store=store))
        preview = self.object("resolve", "notes/trip", "--choose", OTHER[:6], "--dry-run", store=store)
        self.assertEqual(preview["set"], {"days": 4, "title": "start"})
        self.ok("resolve", "notes/trip", "--merge", store=store)
        self.assertEqual(self.objects("conflicts", store=store), [])
        self.assertEqual(self.object("get", "notes/trip", store=store)["fields"], {"days": 4, "title": "sea"})


if __name__ == "__main__":
    unittest.main()
