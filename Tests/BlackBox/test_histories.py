import json
import random
import unittest
import uuid

import fold
import reference
from harness import StoreTest, team


def random_history(seed, count=80):
    """What three devices write that meet now and then."""
    r = random.Random(seed)
    devices = [str(uuid.UUID(int=r.getrandbits(128))) for _ in range(3)]
    known, seqs, events = [set() for _ in devices], [0] * 3, []
    while len(events) < count:
        d = r.randrange(3)
        if r.random() < 0.3:
            known[d] |= known[r.randrange(3)]
            continue
        key = ("notes", r.choice(["café", "cafe\u0301", "\uff5e", "\U0001f600"]))
        context = {}
        for e in (events[i] for i in known[d]):
            if (e["collection"], e["record"]) == key:
                for device, n in [*e["context"].items(), (e["device"], e["seq"])]:
                    context[device] = max(context.get(device, 0), n)
        seqs[d] += 1
        event = {"device": devices[d], "seq": seqs[d], "time": 10**6 + r.randrange(200), "collection": key[0], "record": key[1], "context": context}
        if r.random() < 0.15:
            event["delete"] = True
        else:
            fields = r.sample(["a", "é", "e\u0301", "\uff5e", "\U0001f600"], r.randrange(1, 4))
            cut = r.randrange(len(fields) + 1) if r.random() < 0.3 else len(fields)
            if fields[:cut]:
                event["set"] = {f: r.choice([1, "x", "y" * 40, None, [1, {"b": "\n\x1f"}], 2**63, ""]) for f in fields[:cut]}
            if fields[cut:]:
                event["unset"] = fields[cut:]
        known[d].add(len(events))
        events.append(event)
    return events


class Team(StoreTest):
    def setUp(self):
        super().setUp()
        self.history, self.truth = team()

    def shown(self, store):
        shown = {}
        for record in self.objects("list", store=store):
            self.assertEqual(record["conflicts"], {})
            shown.setdefault(record["collection"], {})[record["record"]] = record["fields"]
        return shown

    def test_the_truth_comes_out_in_every_order_and_twice_changes_nothing(self):
        digests = set()
        r = random.Random(1)
        anyhow = r.sample(self.history, len(self.history))
        for name, order in (("file", self.history), ("back", self.history[::-1]), ("any", anyhow)):
            store = self.make(name)
            report = self.object("import", self.lines(order), store=store)
            self.assertEqual((report["applied"], report["waiting"]), (3748, 0))
            self.assertEqual(self.shown(store), self.truth, name)
            self.assertEqual(self.objects("conflicts", store=store), [])
            again = self.object("import", self.lines(self.history), store=store)
            self.assertEqual((again["applied"], again["duplicates"]), (0, 3748))
            digests.add(self.ok("digest", store=store).split()[-1])
        self.assertEqual(len(digests), 1)

    def test_export_gives_back_every_event(self):
        store = self.make()
        self.ok("import", self.lines(self.history), store=store)
        out = {(e["device"], e["seq"]): e for e in map(json.loads, self.ok("export", store=store).splitlines())}

        def plain(e):
            e = {k: v for k, v in e.items() if not (k == "tick" and v == 0 or k in ("set", "unset", "context") and not v)}
            return {**e, **({"unset": sorted(e["unset"])} if "unset" in e else {})}

        self.assertEqual(out, {(e["device"], e["seq"]): plain(e) for e in map(json.loads, self.history)})

    def test_the_dump_is_the_references_to_the_byte_and_so_is_every_moment_of_twenty_records_in_conflict(self):
        store = self.make()
        self.ok("import", self.lines(self.history), store=store)
        events = [json.loads(line) for line in self.history]
        self.assertEqual(self.ok("dump", "--canonical", store=store), reference.dump(events))
        positions = {(e["device"], e["seq"]): n + 1 for n, e in enumerate(events)}
        contested, moments = set(), 0
        for record in reference.records(events).values():
            for count in range(2, len(record.events) + 1):
                before = reference.Record(record.events[:count])
                if before.line()["conflicts"]:
                    contested.add((before.line()["collection"], before.line()["record"]))
                    moments += 1
                    self.check_moment(store, before, positions[reference.dot(record.events[count - 1])])
        self.assertEqual((len(contested), moments), (20, 60))

    def check_moment(self, store, before, position):
        """The store at a position, just after an event that left a record in conflict, against the reference's record there."""
        line, last = before.line(), before.events[-1]
        name = f"{line['collection']}/{line['record']}"
        with self.subTest(record=name, position=position):
            shown = self.object("show", name, "--at", f"#{position}", store=store)
            self.assertTrue(shown["conflict"])
            self.assertEqual(shown["conflicts"], line["conflicts"])
            live = before.fields()
            contested = [field for field in shown["conflicts"] if field]
            for field in contested:
                base = before.base(set(live[field])).fields().get(field, {})
                self.assertCountEqual(
                    shown["base"]["fields"][field], [{"value": v} if present else {"removed": True} for present, v in base.values()])
            sides = fold.State(before.events).sides()
            self.assertEqual([side["dot"] for side in shown["sides"]], [fold.text(dot) for dot in sides])
            for side, dot in zip(shown["sides"], sides):
                event = next(e for e in before.events if reference.dot(e) == dot)
                self.assertEqual((side["device"], side["delete"]), (dot[0], bool(event.get("delete"))))
                entries = {f: next(e for e in line["conflicts"][f] if e["dot"] == side["dot"]) for f in contested if dot in live[f]}
                self.assertEqual(side["entries"], entries)
                seen = [e for e in before.events if e is event or reference.covers(event.get("context", {}), reference.dot(e))]
                self.assertEqual(side["fields"], reference.Record(seen).line()["fields"])
            listed = self.objects("conflicts", "--at", f"#{position}", store=store)
            self.assertIn((line["collection"], line["record"]), [(c["collection"], c["record"]) for c in listed])
            flagged = [e["dot"] for e in self.objects("log", name, store=store) if e["conflict"]]
            self.assertIn(reference.name(reference.dot(last)), flagged)


class Random(StoreTest):
    def test_random_histories_dump_as_the_reference_says_in_any_order_and_in_part(self):
        for seed in range(12):
            events = random_history(seed)
            r = random.Random(seed)
            part = r.sample(events, len(events) * 3 // 4)
            for name, order in (("all", r.sample(events, len(events))), ("part", part)):
                store = self.make(f"{name}-{seed}")
                half = r.randrange(len(order))
                for piece in (order[:half], order[half:]):
                    self.ok("import", self.lines(piece), store=store)
                self.assertEqual(self.ok("dump", "--canonical", store=store), reference.dump(order), f"seed {seed}, {name}")


if __name__ == "__main__":
    unittest.main()
