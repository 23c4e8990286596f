import datetime
import json
import random
import unittest

import fold
import generator
from canonical import canonical, plain
from fold import REMOVED, State, dot_of, text
from harness import StoreTest, lines_of, team


def typed(key):
    """A record as it is typed."""
    return key[0].replace("%", "%25").replace("/", "%2F") + "/" + key[1]


def iso(milliseconds):
    return datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{milliseconds % 1000:03d}Z"


def bases(state, field):
    """What the field held at the base of its conflict, as canonical text, sorted."""
    held = state.base(list(state.fields[field])).fields.get(field, {})
    return sorted(canonical({"removed": True} if v is REMOVED else {"value": v}) for v in held.values())


class Checked(StoreTest):
    def imported(self, name, events):
        store = self.make(name)
        report = self.object("import", self.lines(events), store=store)
        self.assertEqual((report["applied"], report["duplicates"], report["waiting"]), (len(events), 0, 0))
        return store

    def assert_same(self, left, right, message):
        """Equal as canonical JSON: 1 and true differ, 1 and 1.0 do not."""
        self.assertEqual(canonical(left), canonical(right), message)

    def check_show(self, store, key, state, message, *at):
        """`get` and `show --json` against the reference: record, base, and every side."""
        shown, got = (self.object(word, typed(key), *at, store=store) for word in ("show", "get"))
        line = state.line()
        for member in line:
            self.assert_same(got[member], line[member], f"{message}: get, {member}")
            self.assert_same(shown[member], line[member], f"{message}: show, {member}")
        contested = state.contested()
        self.assertEqual(shown["conflict"], bool(line["conflicts"]), message)
        if not shown["conflict"]:
            return
        self.assertEqual(shown["deleteAgainstEdit"], state.delete_against_edit(), message)
        self.assertEqual(sorted(shown["base"]["fields"]), sorted(contested), message)
        for field in contested:
            self.assertEqual(sorted(map(canonical, shown["base"]["fields"][field])), bases(state, field), f"{message}: base of {field}")
        dots = state.sides()
        self.assertEqual([s["dot"] for s in shown["sides"]], [text(d) for d in dots], f"{message}: sides, greatest rank first")
        for side, dot in zip(shown["sides"], dots):
            event = state.events[dot]
            self.assertEqual((side["device"], side["time"]), (dot[0], iso(event["time"])), message)
            self.assertEqual((side["delete"], side.get("note")), (event.get("delete", False), event.get("note")), message)
            self.assert_same(side["fields"], state.seen(event.get("context", {}), dot).shown(), f"{message}: side {text(dot)}")
            entries = {f: fold.entry(dot, state.fields[f][dot]) for f in contested if dot in state.fields[f]}
            self.assert_same(side["entries"], entries, f"{message}: entries of {text(dot)}")
        base = state.base(dots)
        if base.events:
            for member, value in base.line().items():
                self.assert_same(shown["base"]["record"][member], value, f"{message}: base record, {member}")
        else:
            self.assertIsNone(shown["base"]["record"], message)

    def check_list(self, store, states, message, *at):
        """`list` and `conflicts` against the reference."""
        keys = sorted(states, key=lambda k: (k[0].encode(), k[1].encode()))
        wanted = [states[k].line() for k in keys if not states[k].line()["deleted"]]
        listed = [{m: r[m] for m in wanted[0]} for r in self.objects("list", *at, store=store)] if wanted else []
        self.assert_same(listed, wanted, f"{message}: list")
        conflicts = self.objects("conflicts", *at, store=store)
        contested = [k for k in keys if states[k].line()["conflicts"]]
        self.assertEqual([(c["collection"], c["record"]) for c in conflicts], contested, f"{message}: conflicts")
        for conflict, key in zip(conflicts, contested):
            state = states[key]
            fields = ([""] if state.delete_against_edit() else []) + sorted(state.contested(), key=str.encode)
            self.assertEqual(conflict["fields"], fields, message)
            self.assertEqual([s["dot"] for s in conflict["sides"]], [text(d) for d in state.sides()], message)


class RandomHistories(Checked):
    """A failure names the seed; `generator.history(seed)` makes the same history again."""

    def test_dump_list_conflicts_show_and_log_are_the_references(self):
        for seed in range(100, 108):
            events = generator.history(seed)
            store, message = self.imported(f"s{seed}", events), f"seed {seed}"
            self.assertEqual(self.ok("dump", "--canonical", store=store), fold.dump(events), message)
            states = fold.states(events)
            self.check_list(store, states, message)
            for key, state in states.items():
                self.check_show(store, key, state, f"{message}, {key}")

    def test_the_past_is_the_references_by_position_dot_and_time(self):
        for seed in range(200, 204):
            events, r = generator.history(seed, 60), random.Random(seed)
            store = self.imported(f"s{seed}", events)
            for count in r.sample(range(1, len(events) + 1), 3):
                states, message = fold.states(events[:count]), f"seed {seed}, #{count}"
                self.check_list(store, states, message, "--at", f"#{count}")
                key = (events[count - 1]["collection"], events[count - 1]["record"])
                self.check_show(store, key, states[key], message, "--at", f"#{count}")
            states = fold.states(events)
            for event in r.sample(events, 4):
                key = (event["collection"], event["record"])
                then = states[key].seen(event["context"], dot_of(event))
                self.check_show(store, key, then, f"seed {seed}, {text(dot_of(event))}", "--at", text(dot_of(event)))
            for time in r.sample(sorted({e["time"] for e in events}), 2):
                kept = set()
                for e in events:
                    covered = [x for x in events if (x["collection"], x["record"]) == (e["collection"], e["record"]) and fold.covers(e["context"], dot_of(x))]
                    if e["time"] <= time and all(dot_of(x) in kept for x in covered):
                        kept.add(dot_of(e))
                states = fold.states(e for e in events if dot_of(e) in kept)
                self.check_list(store, states, f"seed {seed}, {iso(time)}", "--at", iso(time))

    def test_every_causal_order_and_every_order_at_all_and_every_split_dump_alike(self):
        for seed in range(300, 306):
            events, r = generator.history(seed), random.Random(seed)
            wanted = fold.dump(events)
            for turn in range(3):
                store, message = self.make(f"s{seed}-{turn}"), f"seed {seed}, turn {turn}"
                order = generator.causal_shuffle(events, r) if turn < 2 else r.sample(events, len(events))
                cut = r.randrange(1, len(order))
                for piece in (order[:cut], order[cut // 2:]):
                    self.ok("import", self.lines(piece), store=store)
                    if turn == 1:
                        self.ok("checkpoint", store=store)
                self.assertEqual(self.ok("dump", "--canonical", store=store), wanted, message)
                out = {(e["device"], e["seq"]): e for e in map(json.loads, lines_of(self.ok("export", store=store)))}
                for event in events:
                    self.assert_same(out.pop(dot_of(event)), plain(event), message)
                self.assertEqual(out, {}, message)

    def test_export_is_canonical_to_the_byte(self):
        for seed in (400, 401):
            events = generator.history(seed)
            store = self.imported(f"s{seed}", events)
            self.assertEqual(lines_of(self.ok("export", store=store)), [canonical(plain(e)) for e in events], f"seed {seed}")

    def test_the_log_says_what_each_writer_saw_and_wrote(self):
        for seed in (500, 501, 502):
            events = generator.history(seed)
            store, states, position = self.imported(f"s{seed}", events), {}, 0
            for event, entry in zip(events, self.objects("log", store=store), strict=True):
                position, message = position + 1, f"seed {seed}, #{position + 1}"
                key, dot = (event["collection"], event["record"]), dot_of(event)
                state = states.setdefault(key, State())
                before = state.seen(event["context"])
                concurrent = sorted(text(d) for d in state.events if not fold.covers(event["context"], d))
                state.apply(event)
                self.assertEqual((entry["position"], entry["dot"], entry["device"]), (position, text(dot), dot[0]), message)
                self.assertEqual((entry["time"], entry["kind"], entry.get("note")), (iso(event["time"]), event.get("kind", "edit"), event.get("note")), message)
                self.assertEqual(sorted(entry["concurrentWith"]), concurrent, message)
                self.assertEqual(entry["conflict"], bool(state.line()["conflicts"]), message)
                values = {f: sorted(canonical(v) for v in e.values() if v is not REMOVED) for f, e in before.fields.items()}
                if event.get("delete"):
                    written = {f: None for f in values if values[f]}
                else:
                    written = {**{f: {"after": v} for f, v in event["set"].items()}, **{f: {"removed": True} for f in event.get("unset", [])}}
                self.assertEqual([c["field"] for c in entry["changes"]], sorted(written, key=str.encode), message)
                for change in entry["changes"]:
                    seen = change.get("beforeAll", [change["before"]] if "before" in change else [])
                    self.assertEqual(sorted(map(canonical, seen)), values.get(change["field"], []), message)
                    wanted = written[change["field"]] or {"removed": True}
                    self.assert_same({m: change[m] for m in ("after", "removed") if m in change}, wanted, message)


class TeamHistory(Checked):
    def test_causal_shuffles_have_the_truth_and_the_digest_of_the_file(self):
        lines, truth = team()
        events = [json.loads(line) for line in lines]
        states = fold.states(events)
        shown = {}
        for key, state in states.items():
            self.assertEqual(state.line()["conflicts"], {}, key)
            if state.live():
                shown.setdefault(key[0], {})[key[1]] = state.shown()
        self.assertEqual(shown, truth, "the reference itself has the truth")
        wanted, digest = fold.dump(events), self.ok("digest", store=self.imported("file", events)).split()[-1]
        for seed in (1, 2):
            store = self.imported(f"s{seed}", generator.causal_shuffle(events, random.Random(seed)))
            self.assertEqual(self.ok("dump", "--canonical", store=store), wanted, f"seed {seed}")
            self.assertEqual(self.ok("digest", store=store).split()[-1], digest, f"seed {seed}")
            self.assertEqual(self.objects("conflicts", store=store), [])

    def test_each_of_the_twenty_conflicts_is_shown_as_the_reference_says_when_it_opened_and_when_it_was_widest(self):
        events = [json.loads(line) for line in team()[0]]
        store, states, moments = self.imported("file", events), {}, {}
        for position, event in enumerate(events, 1):
            key = (event["collection"], event["record"])
            state = states.setdefault(key, State())
            state.apply(event)
            if state.line()["conflicts"]:
                moments.setdefault(key, []).append((len(state.sides()), position))
        self.assertEqual(len(moments), 20)
        for key, found in moments.items():
            for position in {found[0][1], max(found)[1]}:
                state = State(e for e in events[:position] if (e["collection"], e["record"]) == key)
                self.check_show(store, key, state, f"{key}, #{position}", "--at", f"#{position}")
        for position in (min(f[0][1] for f in moments.values()), len(events)):
            self.check_list(store, fold.states(events[:position]), f"#{position}", "--at", f"#{position}")


if __name__ == "__main__":
    unittest.main()
