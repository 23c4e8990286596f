"""The audit trail, where a value comes from, counts of conflicts, and tables, against the fold in Python."""
import csv
import io
import json
import random
import unittest

import fold
import generator
from harness import DEVICE, OTHER, StoreTest, event, lines_of, team

LAST = "00000000-0000-4000-8000-000000000001"


def named(event):
    return f"{event['device']}:{event['seq']}"


class Log(StoreTest):
    def store(self, seed=800, count=90):
        store = self.make(f"s{seed}")
        self.history = generator.history(seed, count)
        self.ok("import", self.lines(self.history), store=store)
        return store

    def test_filters_and_order(self):
        store = self.store()
        everything = self.objects("log", store=store)
        self.assertEqual([e["dot"] for e in everything], [named(e) for e in map(json.loads, lines_of(self.ok("export", store=store)))])
        self.assertEqual([e["position"] for e in everything], list(range(1, len(everything) + 1)))
        self.assertEqual(self.objects("log", "--reverse", store=store), everything[::-1])
        self.assertEqual(self.objects("log", "--limit", 7, store=store), everything[-7:])
        self.assertEqual(self.objects("log", "--limit", 7, "--reverse", store=store), everything[:-8:-1])
        self.assertEqual(self.objects("log", "--limit", 0, store=store), [])
        r = random.Random(1)
        for _ in range(8):
            some = r.choice(everything)
            field = r.choice(some["changes"])["field"] if some["changes"] else "a"
            cases = [
                (["--device", some["device"]], lambda e: e["device"] == some["device"]),
                (["--kind", some["kind"]], lambda e: e["kind"] == some["kind"]),
                (["--since", some["time"]], lambda e: e["time"] >= some["time"]),
                (["--until", some["time"]], lambda e: e["time"] <= some["time"]),
                (["--collection", some["collection"]], lambda e: e["collection"] == some["collection"]),
                (["--critical"], lambda e: e["critical"]),
                (["--field", field], lambda e: e["delete"] or field in [c["field"] for c in e["changes"]])]
            words, wanted = map(sum_up, zip(*r.sample(cases, 2)))
            expected = [e for e in everything if all(w(e) for w in wanted)]
            self.assertEqual(self.objects("log", *words, store=store), expected)
            self.assertEqual(self.objects("log", *words, "--limit", 3, store=store), expected[-3:])
            record = f"{some['collection']}/{some['record']}"
            of_record = [e for e in expected if (e["collection"], e["record"]) == (some["collection"], some["record"])]
            self.assertEqual(self.objects("log", record, *words, store=store), of_record)
            self.assertEqual(self.objects("log", record, *words, "--limit", 2, "--reverse", store=store), of_record[:-3:-1])
        for words in (["--kind", "nonsense"], ["--since", "yesterday"], ["--limit", "-1"], ["--csv", "--json"]):
            self.fails(64, "log", *words, store=store)
        self.fails(1, "log", "notes/nowhere", store=store)

    def test_why_says_who_wrote_it_and_what_it_overwrote_or_contests(self):
        for seed in range(810, 816):
            store = self.store(seed, 50)
            for (collection, record), state in fold.states(self.history).items():
                key = f"{collection.replace('%', '%25').replace('/', '%2F')}/{record}"
                for field, entries in state.fields.items():
                    if not entries:
                        continue
                    why = self.object("why", "--json", "--", key, field, store=store) if field.startswith("-") else self.object("why", key, field, store=store)
                    contested = field in state.contested()
                    writer = (why["device"], int(why["dot"].rsplit(":", 1)[1]))
                    self.assertIn(writer, entries)
                    if contested:
                        self.assertEqual(writer, max(entries, key=lambda d: fold.rank(state.events[d])))
                    self.assertEqual(why["context"], state.events[writer].get("context", {}))
                    before = state.seen(why["context"]).fields.get(field, {})
                    self.assertEqual({e["dot"] for e in why["overwrote"]}, set(map(fold.text, before)))
                    value = entries[writer]
                    others = {d: v for d, v in entries.items() if d != writer}
                    differs = {d for d, v in others.items() if self.text(v) != self.text(value)}
                    self.assertEqual({e["dot"] for e in why["agrees"]}, {fold.text(d) for d in others if d not in differs})
                    deletes = state.tombstones if state.delete_against_edit() else set()
                    self.assertEqual({e["dot"] for e in why["contests"]}, {fold.text(d) for d in differs | deletes})
                    if not differs | deletes:
                        self.assertIsNone(why["lastKnownToAll"])
                        continue
                    base = state.base(differs | deletes | {writer})
                    last = max(base.heads, key=lambda d: fold.rank(state.events[d]), default=None)
                    self.assertEqual((why["lastKnownToAll"] or {}).get("dot"), fold.text(last) if last else None)

    def test_why_of_a_field_that_fell_to_a_delete_names_the_delete(self):
        store = self.make()
        self.ok("put", "notes/trip", "title=a", store=store)
        deleted = self.ok("delete", "notes/trip", store=store).strip()
        why = self.object("why", "notes/trip", "title", store=store)
        self.assertEqual((why["dot"], why["delete"], [e["value"] for e in why["overwrote"]]), (deleted, True, ["a"]))
        self.assertEqual(self.object("why", "notes/trip", "title", "--at", "#1", store=store)["value"], "a")
        self.assertEqual(json.loads(self.fails(1, "why", "notes/trip", "nothing", "--json", store=store))["code"], "no-such-field")
        self.assertEqual(json.loads(self.fails(1, "why", "notes/none", "title", "--json", store=store))["code"], "no-such-record")

    def test_who_wrote_each_field(self):
        store = self.make()
        first = self.ok("put", "notes/trip", "title=a", "days=3", "--note", "plan", store=store).strip()
        second = self.ok("put", "notes/trip", "title=b", store=store).strip()
        got = self.object("get", "notes/trip", "--who", store=store)
        self.assertEqual({f: (w["dot"], w["name"], w["kind"]) for f, w in got["who"].items()}, {"title": (second, "laptop", "edit"), "days": (first, "laptop", "edit")})
        self.assertEqual(got["who"]["days"]["note"], "plan")
        self.assertEqual(self.object("get", "notes/trip", "--who", "--at", "#1", store=store)["who"]["title"]["dot"], first)
        self.assertIn("laptop:2", self.ok("get", "notes/trip", "--who", store=store))

    def test_conflicts_are_counted(self):
        store = self.make()
        second = 1000
        history = [
            event(DEVICE, 1, set={"a": 1, "b": 1, "c": 1}, time=second),
            event(DEVICE, 2, set={"a": 2, "b": 2}, context={DEVICE: 1}, time=2 * second), event(OTHER, 1, set={"a": 3, "b": 2}, context={DEVICE: 1}, time=3 * second),
            event(DEVICE, 3, set={"a": 4}, context={DEVICE: 2, OTHER: 1}, kind="resolve", time=8 * second),
            event(LAST, 1, set={"c": 9}, context={DEVICE: 1}, time=9 * second), event(OTHER, 2, set={"c": 8}, context={DEVICE: 1, OTHER: 1}, time=9 * second)]
        self.ok("import", self.lines(history), store=store)
        counted = self.object("conflicts", "--stats", store=store)
        self.assertEqual({k: counted[k] for k in ("opened", "open", "byHand", "automatic", "concurrentEvents")}, {"opened": 2, "open": 1, "byHand": 1, "automatic": 1, "concurrentEvents": 3})
        groups = {(g["field"], *g["devices"]): g for g in counted["groups"]}
        self.assertEqual(set(groups), {("a", DEVICE, OTHER), ("b", DEVICE, OTHER), ("c", LAST, OTHER)})
        self.assertEqual(groups["a", DEVICE, OTHER]["milliseconds"], {"p50": 5000, "p90": 5000, "p99": 5000, "max": 5000})
        self.assertEqual(self.object("conflicts", "--stats", "--field", "c", store=store)["opened"], 1)
        self.assertEqual(self.object("conflicts", "--stats", "--device", LAST, store=store)["open"], 1)
        self.assertIn("1 open", self.ok("conflicts", "--stats", store=store))
        self.assertEqual(len(self.objects("conflicts", "--device", LAST, store=store)), 1)
        self.assertEqual(self.objects("conflicts", "--device", DEVICE, store=store), [])
        self.assertEqual(self.objects("conflicts", "--limit", 0, store=store), [])
        self.fails(64, "conflicts", "--stats", "--at", "#1", store=store)

    def test_a_resolution_that_is_undone_counts_as_open_between_the_devices_of_its_sides(self):
        store = self.make()
        second = 1000
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"a": 1}, time=second), event(OTHER, 1, set={"a": 2}, time=2 * second),
            # A side that edits again: the conflict has been there since the first edits.
            event(DEVICE, 2, set={"a": 3}, context={DEVICE: 1}, time=7 * second), event(OTHER, 2, record="gone", set={"a": 1}, time=second),
            event(DEVICE, 3, record="gone", delete=True, time=second),
            event(DEVICE, 4, set={"a": 4}, context={DEVICE: 2, OTHER: 1}, kind="resolve", time=8 * second),
            event(DEVICE, 5, record="gone", set={"a": 4}, context={DEVICE: 3, OTHER: 2}, kind="resolve", time=8 * second)]), store=store)

        def counts():
            stats = self.object("conflicts", "--stats", store=store)
            groups = {g["field"]: (g["devices"], g["open"], g["byHand"], g["milliseconds"].get("max")) for g in stats["groups"]}
            return (stats["opened"], stats["open"], stats["byHand"], stats["concurrentEvents"]), groups
        both = [DEVICE, OTHER]
        self.assertEqual(counts(), ((2, 0, 2, 3), {"a": (both, 0, 1, 6000), "": (both, 0, 1, 7000)}))
        for seq, left in ((4, (2, 1, 1, 3)), (5, (2, 2, 0, 3))):
            self.ok("undo", f"{DEVICE}:{seq}", store=store)
            self.assertEqual(counts()[0], left)
            self.ok("checkpoint", store=store)
            self.assertEqual(counts()[0], left)
        self.assertEqual(counts()[1], {"a": (both, 1, 0, None), "": (both, 1, 0, None)})
        self.ok("redo", store=store)
        self.assertEqual(counts()[0], (2, 1, 1, 3))

    def test_what_a_policy_decides_is_counted_apart(self):
        store = self.make()
        history = [
            event(DEVICE, 1, set={"n": 1, "t": "x"}), event(OTHER, 1, set={"n": 2, "t": "y"}),
            event(DEVICE, 2, record="gone", set={"t": "x"}), event(DEVICE, 3, record="gone", context={DEVICE: 2}, set={"t": "y"}), event(OTHER, 2, record="gone", context={DEVICE: 2}, delete=True)]
        self.ok("import", self.lines(history), store=store)

        def counts():
            stats = self.object("conflicts", "--stats", store=store)
            return tuple(stats[k] for k in ("opened", "open", "decided", "byHand")), {g["field"]: g["decided"] for g in stats["groups"]}
        self.assertEqual(counts(), ((3, 3, 0, 0), {"n": 0, "t": 0, "": 0}))
        self.assertNotIn("policies", self.ok("conflicts", "--stats", store=store))
        self.ok("policy", "notes", "--field", "n", "max", store=store)
        self.assertEqual(counts(), ((3, 2, 1, 0), {"n": 1, "t": 0, "": 0}))
        self.ok("policy", "notes", "latest", store=store)
        self.assertEqual(counts(), ((3, 0, 3, 0), {"n": 1, "t": 1, "": 1}))
        self.assertEqual(self.objects("conflicts", store=store), [])
        self.assertIn("3 conflicts, 0 open, 3 decided by policies, 0 settled", self.ok("conflicts", "--stats", store=store))
        self.ok("resolve", "notes/trip", "--merge", store=store)
        self.assertEqual(counts()[0], (3, 0, 1, 2))

    def test_many_conflicts_show_what_few_do(self):
        """Beyond fifty, times come from one look at the log instead of one at each record."""
        store, history = self.make(), []
        for number in range(120):
            for author, device in enumerate((DEVICE, OTHER)):
                history.append(event(device, number + 1, record=f"r{number:03}", set={"title": author, "days": 1}, time=10_000 + (number * (1 if author else -1))))
        self.ok("import", self.lines(history), store=store)
        self.assertEqual(self.ok("dump", "--canonical", store=store), fold.dump(history))
        shown = [(r["record"], r["fields"]) for r in self.objects("list", store=store)]
        states = fold.states(history)
        self.assertEqual(shown, [(record, states["notes", record].shown()) for record in sorted({e["record"] for e in history})])
        lines = lines_of(self.ok("conflicts", store=store))
        self.assertEqual([line.split()[:2] for line in lines], [[str(n + 1), f"notes/r{n:03}"] for n in range(120)])
        for conflict in self.objects("conflicts", store=store):
            state = states["notes", conflict["record"]]
            self.assertEqual([s["dot"] for s in conflict["sides"]], [fold.text(d) for d in state.sides()])

    def test_records_and_the_log_as_tables(self):
        store = self.make()
        values = {"plain": "x", "comma": "a,b", "quote": 'say "hi"', "lines": "a\r\nb", "empty": "", "formula": "=1+1", "at": "@x", "minus": "-2", "number": -2.5, "list": [1, "a"], "null": None, "é": "🎈"}
        self.ok("put", "notes/trip", "--fields", json.dumps(values), store=store)
        self.ok("put", "notes/a/b", "plain=y", "other=1", store=store)
        self.ok("put", "notes/gone", "plain=z", store=store)
        self.ok("delete", "notes/gone", store=store)
        self.ok("put", "else/1", "x=1", store=store)
        header, *rows = csv.reader(io.StringIO(self.ok("export", "--csv", "--collection", "notes", store=store), newline=""))
        self.assertEqual(header, ["collection", "record", "contested"] + sorted([*values, "other"], key=lambda f: f.encode()))
        table = {row[1]: dict(zip(header, row)) for row in rows}
        self.assertEqual(set(table), {"trip", "a/b"})
        shown = {**values, "formula": "'=1+1", "at": "'@x", "number": "-2.5", "list": '[1,"a"]', "null": "null"}
        self.assertEqual({f: table["trip"][f] for f in values}, shown)
        self.assertEqual((table["a/b"]["plain"], table["a/b"]["comma"]), ("y", ""))
        file = self.folder / "all.csv"
        self.assertEqual(self.object("export", "--csv", file, store=store)["records"], 3)
        self.assertIn(b"\r\n", file.read_bytes())
        self.fails(64, "export", "--collection", "notes", store=store)
        # As policies show them, like everything else that is read.
        self.ok("import", self.lines([event(DEVICE, 1, record="tags", set={"list": ["a"]}), event(OTHER, 1, record="tags", set={"list": ["b"]})]), store=store)
        for policy, cells in (("manual", ("true", '["b"]')), ("union", ("false", '["a","b"]'))):
            self.ok("policy", "notes", "--field", "list", policy, store=store)
            header, *rows = csv.reader(io.StringIO(self.ok("export", "--csv", "--collection", "notes", store=store), newline=""))
            row = dict(zip(header, next(row for row in rows if row[1] == "tags")))
            self.assertEqual((row["contested"], row["list"] if policy == "union" else '["b"]'), cells)
        header, *rows = csv.reader(io.StringIO(self.ok("log", "notes/a/b", "--csv", store=store), newline=""))
        changes = [dict(zip(header, row)) for row in rows]
        self.assertEqual([(c["field"], c["before"], c["after"], c["kind"]) for c in changes], [("other", "", "1", "edit"), ("plain", "", "y", "edit")])


class Past(StoreTest):
    def test_the_team_history_at_each_moment_when_a_record_was_in_conflict(self):
        """After each event that left a record in conflict: the base and the sides in `show`, and the same sides in `conflicts`."""
        store = self.make()
        lines, _ = team()
        self.ok("import", self.lines(lines), store=store)
        events = list(map(json.loads, lines_of(self.ok("export", store=store))))
        states, moments = {}, {}
        for position, e in enumerate(events, 1):
            key = (e["collection"], e["record"])
            state = states.setdefault(key, fold.State())
            state.apply(e)
            if state.contested() or state.delete_against_edit():
                moments.setdefault(key, []).append(position)
        self.assertEqual(len(moments), 20)
        for (collection, record), positions in moments.items():
            for position in positions:
                self.check(store, events, collection, record, position)

    def check(self, store, events, collection, record, position):
        state = fold.State(e for e in events[:position] if (e["collection"], e["record"]) == (collection, record))
        page = self.object("show", f"{collection}/{record}", "--at", f"#{position}", store=store)
        self.assertEqual([s["dot"] for s in page["sides"]], [fold.text(d) for d in state.sides()])
        self.assertEqual(page["deleteAgainstEdit"], state.delete_against_edit())
        for field in state.contested():
            base = state.base(state.fields[field]).fields.get(field, {})
            self.assertEqual(sorted(map(json.dumps, page["base"]["fields"][field])), sorted(json.dumps(self.value(v)) for v in base.values()))
        for side in page["sides"]:
            device, seq = side["dot"].rsplit(":", 1)
            seen = state.seen(state.events[device, int(seq)].get("context", {}), (device, int(seq)))
            self.assertEqual(side["fields"], seen.shown())
        open_then = {(c["collection"], c["record"]): c for c in self.objects("conflicts", "--at", f"#{position}", store=store)}
        self.assertEqual([s["dot"] for s in open_then[collection, record]["sides"]], [s["dot"] for s in page["sides"]])

    @staticmethod
    def value(value):
        return {"removed": True} if value is fold.REMOVED else {"value": value}


def sum_up(parts):
    """Lists joined, anything else as a list."""
    parts = list(parts)
    return [x for part in parts for x in part] if isinstance(parts[0], list) else parts


Log.text = staticmethod(lambda value: "removed" if value is fold.REMOVED else fold.canonical(value))

if __name__ == "__main__":
    unittest.main()
