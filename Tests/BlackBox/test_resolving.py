"""Conflicts between stores that exchange events, and every way out of them."""
import json
import unittest

import fold
from harness import DEVICE, OTHER, StoreTest, event, lines_of, run

THIRD = "00000000-0000-4000-8000-000000000001"


class Resolving(StoreTest):
    def share(self, *stores):
        """Every store gets every event of every other."""
        for source in stores:
            for target in stores:
                if source != target:
                    self.exchange(source, target)

    def trio(self):
        """Three stores with three answers for one field."""
        stores = [self.make(name) for name in ("laptop", "phone", "tablet")]
        self.ok("put", "notes/trip", "title=start", "days=3", store=stores[0])
        self.share(*stores)
        for store, title in zip(stores, ("sea", "lake", "hill")):
            self.ok("put", "notes/trip", f"title={title}", store=store)
        return stores

    def alike(self, *stores):
        """All stores hold the same, which is what the reference makes of their events."""
        dumps = {self.ok("dump", "--canonical", store=store) for store in stores}
        self.assertEqual(len(dumps), 1)
        self.assertEqual(len({self.ok("digest", store=store).split()[-1] for store in stores}), 1)
        events = list(map(json.loads, lines_of(self.ok("export", store=stores[0]))))
        self.assertEqual(dumps, {fold.dump(events)})

    def test_a_resolution_that_did_not_see_the_third_version_leaves_it_standing(self):
        laptop, phone, tablet = self.trio()
        self.share(laptop, phone)
        self.ok("resolve", "notes/trip", "--set", "title=sea or lake", store=laptop)
        self.assertEqual(self.objects("conflicts", store=laptop), [])
        self.share(laptop, phone, tablet)
        self.alike(laptop, phone, tablet)
        entries = self.object("get", "notes/trip", store=phone)["conflicts"]["title"]
        self.assertEqual(sorted(e["value"] for e in entries), ["hill", "sea or lake"])

    def test_two_that_settle_alike_agree_and_two_that_settle_differently_disagree_once_more(self):
        for answers, open_conflicts in ((("sea", "sea"), 0), (("sea", "lake"), 1)):
            with self.subTest(answers=answers):
                laptop, phone = self.conflict()
                for store, answer in zip((laptop, phone), answers):
                    self.ok("resolve", "notes/trip", "--set", f"title={answer}", store=store)
                self.share(laptop, phone)
                self.alike(laptop, phone)
                self.assertEqual(len(self.objects("conflicts", store=laptop)), open_conflicts)
                got = self.object("get", "notes/trip", store=phone)
                self.assertEqual(sorted(e["value"] for e in got["conflicts"].get("title", [])), sorted(answers) if open_conflicts else [])
                self.assertEqual(len(got["heads"]), 2)
                self.folder = self.folder / "next"
                self.folder.mkdir()

    def test_one_side_of_three_settles_all(self):
        stores = self.trio()
        self.share(*stores)
        self.assertEqual(len(self.object("show", "notes/trip", store=stores[0])["sides"]), 3)
        dot = self.object("resolve", "notes/trip", "--choose", "laptop", "--note", "we voted", store=stores[0])["dot"]
        self.share(*stores)
        self.alike(*stores)
        for store in stores:
            got = self.object("get", "notes/trip", store=store)
            self.assertEqual((got["fields"], got["conflicts"], got["heads"]), ({"title": "sea", "days": 3}, {}, [dot]))
            last = self.objects("log", "notes/trip", store=store)[-1]
            self.assertEqual((last["kind"], last["note"], last["dot"], last["conflict"]), ("resolve", "we voted", dot, False))
            (change,) = last["changes"]
            self.assertEqual((sorted(change["beforeAll"]), change["after"]), (["hill", "lake", "sea"], "sea"))

    def test_to_choose_a_removal_removes(self):
        laptop, phone = self.make("laptop"), self.make("phone")
        self.ok("put", "notes/trip", "title=start", "days=3", store=laptop)
        self.share(laptop, phone)
        self.ok("unset", "notes/trip", "title", store=laptop)
        self.ok("put", "notes/trip", "title=kept", store=phone)
        self.share(laptop, phone)
        got = self.object("get", "notes/trip", store=phone)
        self.assertEqual(sorted(sorted(e)[1] for e in got["conflicts"]["title"]), ["removed", "value"])
        self.ok("resolve", "notes/trip", "--choose", "laptop", store=laptop)
        self.share(laptop, phone)
        self.assertEqual(self.object("get", "notes/trip", store=phone)["fields"], {"days": 3})
        self.alike(laptop, phone)

    def test_a_field_in_which_the_side_has_no_entry_stays_open_and_is_named(self):
        store = self.make()
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"a": 1}), event(OTHER, 1, set={"a": 2, "b": 1}), event(THIRD, 1, set={"b": 2})]), store=store)
        self.assertEqual(self.objects("conflicts", store=store)[0]["fields"], ["a", "b"])
        done = run("resolve", "notes/trip", "--choose", DEVICE[:6], store=store)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, rb"open.*\bb\b")
        got = self.object("get", "notes/trip", store=store)
        self.assertEqual((got["fields"]["a"], list(got["conflicts"])), (1, ["b"]))
        self.assertIn(b"settled", run("put", "notes/trip", "b=9", store=store).stderr)
        self.assertEqual(self.objects("conflicts", store=store), [])

    def test_to_choose_the_delete_deletes(self):
        laptop, phone = self.make("laptop"), self.make("phone")
        self.ok("put", "notes/trip", "title=start", store=laptop)
        self.share(laptop, phone)
        self.ok("delete", "notes/trip", store=laptop)
        self.ok("put", "notes/trip", "title=kept", store=phone)
        self.share(laptop, phone)
        shown = self.object("show", "notes/trip", store=phone)
        self.assertEqual((shown["deleteAgainstEdit"], shown["base"]["record"]["fields"]), (True, {"title": "start"}))
        self.ok("resolve", "notes/trip", "--choose", next(s["dot"] for s in shown["sides"] if s["delete"]), store=phone)
        self.share(laptop, phone)
        self.alike(laptop, phone)
        got = self.object("get", "notes/trip", store=laptop)
        self.assertEqual((got["deleted"], got["fields"], got["conflicts"]), (True, {}, {}))

    def test_any_write_while_delete_stands_against_edit_settles_and_says_so(self):
        for words in (["put", "notes/trip", "other=1"], ["unset", "notes/trip", "title"], ["delete", "notes/trip"]):
            with self.subTest(words=words):
                store = self.make("-".join(words).replace("/", "_"))
                self.ok("import", self.lines([
                    event(DEVICE, 1), event(OTHER, 1, context={DEVICE: 1}), event(THIRD, 1, context={DEVICE: 1}, delete=True)]), store=store)
                self.assertEqual(self.objects("conflicts", store=store)[0]["fields"], [""])
                done = run(*words, "--json", store=store)
                self.assertEqual((done.returncode, json.loads(done.stdout)["kind"]), (0, "resolve"))
                self.assertTrue(done.stderr, "it says what it settled")
                self.assertEqual(self.objects("conflicts", store=store), [])
                self.alike(store)

    def test_a_dry_run_writes_nothing_and_the_letters_are_those_of_show(self):
        laptop, _ = self.conflict()
        digest = self.ok("digest", store=laptop)
        for side in self.object("show", "notes/trip", store=laptop)["sides"]:
            self.ok("resolve", "notes/trip", "--choose", side["side"], "--dry-run", store=laptop)
            text = self.ok("show", "notes/trip", store=laptop)
            self.assertIn("base", text)
            self.assertIn(side["entries"]["title"]["value"], text)
        self.assertEqual(self.ok("digest", store=laptop), digest)
        self.fails(1, "resolve", "notes/trip", "--choose", "c", store=laptop)
        self.fails(64, "resolve", "notes/trip", "--choose", "a", "--merge", store=laptop)

    def test_of_a_long_text_it_shows_where_a_side_lacks_lines(self):
        store = self.make()
        lines = [f"line {n}\n" for n in range(1, 21)]
        changed, shorter = [lines[0], "changed\n", *lines[2:]], [*lines[:9], *lines[14:]]
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"text": "".join(lines)}), event(DEVICE, 2, context={DEVICE: 1}, set={"text": "".join(changed)}),
            event(OTHER, 1, context={DEVICE: 1}, set={"text": "".join(shorter)}), event(THIRD, 1, context={DEVICE: 1}, set={"text": "".join(lines[3:])})]), store=store)
        # Of each side the last line before its gap, and the first behind it.
        page = " ".join(self.ok("show", "notes/trip", store=store).split())
        self.assertIn("! text line 1 line 1 … line 4 line 2 changed line 8 line 5 line 3 line 3 line 9 … line 4 … line 15 … … line 9", page)

    def test_a_letter_means_a_side_and_never_the_start_of_an_id(self):
        store, first, second = self.make(), "c" + DEVICE[1:], "d" + OTHER[1:]
        self.ok("import", self.lines([event(first, 1, set={"title": "x"}), event(second, 1, set={"title": "y"})]), store=store)
        for letter in ("c", "d", "C"):
            self.assertIn("no side", self.fails(1, "resolve", "notes/trip", "--choose", letter, store=store))
        self.ok("resolve", "notes/trip", "--choose", "B", store=store)
        self.assertEqual(self.objects("conflicts", store=store), [])

    def test_a_letter_that_is_another_sides_name_is_refused_where_nothing_is_shown_first(self):
        store = self.make()
        self.ok("import", self.lines([event(DEVICE, 1, set={"title": "x"}), event(OTHER, 1, set={"title": "y"})]), store=store)
        first, second = [s["device"] for s in self.object("show", "notes/trip", store=store)["sides"]]
        self.ok("name", first, "b", store=store)
        self.assertIn("device:seq", self.fails(64, "resolve", "notes/trip", "--choose", "b", store=store))
        self.ok("name", second, "b", store=store)
        self.ok("name", first, "a", store=store)
        self.ok("resolve", "notes/trip", "--choose", "b", store=store)
        self.assertEqual(self.object("get", "notes/trip", store=store)["fields"], {"title": "x" if second == DEVICE else "y"})

    def test_conflicts_are_filtered_by_collection_and_field(self):
        store = self.make()
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"a": 1}), event(OTHER, 1, set={"a": 2}),
            {**event(DEVICE, 2, set={"b": 1}), "collection": "other"}, {**event(OTHER, 2, set={"b": 2}), "collection": "other"}]), store=store)

        def found(*words):
            return [(c["collection"], c["fields"]) for c in self.objects("conflicts", *words, store=store)]

        self.assertEqual(found(), [("notes", ["a"]), ("other", ["b"])])
        self.assertEqual(found("--collection", "other"), [("other", ["b"])])
        self.assertEqual(found("--field", "a"), [("notes", ["a"])])
        self.assertEqual(found("--collection", "other", "--field", "a"), [])
        lines = lines_of(self.ok("conflicts", store=store))
        self.assertEqual([line.split()[0] for line in lines], ["1", "2"])

    def test_the_shown_value_is_of_the_greatest_rank_time_then_tick_then_device_then_seq(self):
        low, high = sorted([DEVICE, OTHER])
        cases = [
            (dict(time=2000), dict(time=1999, tick=9)), (dict(time=5, tick=2), dict(time=5, tick=1)), (dict(time=5, device=high), dict(time=5, device=low))]
        for index, (winner, loser) in enumerate(cases):
            first, second = {**event(low, 1), **winner, "set": {"title": "winner"}}, {**event(high, 1), **loser, "set": {"title": "loser"}}
            if first["device"] == second["device"]:
                second["device"] = high if first["device"] == low else low
            store = self.make(str(index))
            self.ok("import", self.lines([first, second]), store=store)
            got = self.object("get", "notes/trip", store=store)
            self.assertEqual((got["fields"], len(got["conflicts"]["title"])), ({"title": "winner"}, 2), index)


if __name__ == "__main__":
    unittest.main()
