import json
import os
import subprocess
import unittest

from harness import BINARY, DEVICE, OTHER, StoreTest, event, run


class Records(StoreTest):
    def test_put_prints_the_dot_and_get_shows_every_type_of_value(self):
        store = self.make()
        dot = self.object("put", "notes/trip", "title=To the sea", "days=3", "open=true", "none=null", "tags=[1,\"a\"]", "share=1.50", store=store)["dot"]
        self.assertRegex(dot, r"^[0-9a-f-]{36}:1$")
        got = self.object("get", "notes/trip", store=store)
        self.assertEqual(
            got["fields"], {"title": "To the sea", "days": 3, "open": True, "none": None, "tags": [1, "a"], "share": 1.5})
        self.assertEqual((got["collection"], got["record"], got["deleted"], got["conflicts"]), ("notes", "trip", False, {}))
        self.assertEqual(got["heads"], [dot])
        self.assertEqual(got["clock"], {dot[:36]: 1})

    def test_numbers_are_kept_exactly(self):
        store = self.make()
        self.ok("put", "n/1", "a=18446744073709551615", "b=-9223372036854775808", "c=1e20", "d=0.1", store=store)
        text = self.ok("get", "n/1", "--json", store=store)
        for part in ['"a":18446744073709551615', '"b":-9223372036854775808', '"c":100000000000000000000', '"d":0.1']:
            self.assertIn(part, text)

    def test_fields_takes_an_object(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", "--fields", '{"b=c":{"x":[]},"d":"e"}', store=store)
        self.assertEqual(self.object("get", "n/1", store=store)["fields"], {"a": 1, "b=c": {"x": []}, "d": "e"})

    def test_record_names_split_at_the_first_slash(self):
        store = self.make()
        self.ok("put", "a%2Fb%25/c/d%2F", "f=1", store=store)
        got = self.object("get", "a%2Fb%25/c/d%2F", store=store)
        self.assertEqual((got["collection"], got["record"]), ("a/b%", "c/d%2F"))
        self.assertIn("a%2Fb%25/c/d%2F", self.ok("list", store=store))

    def test_unset_and_delete(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", "b=2", store=store)
        self.ok("unset", "n/1", "a", store=store)
        self.assertEqual(self.object("get", "n/1", store=store)["fields"], {"b": 2})
        self.ok("delete", "n/1", "--note", "gone", store=store)
        got = self.object("get", "n/1", store=store)
        self.assertEqual((got["deleted"], got["fields"]), (True, {}))
        self.assertEqual(self.ok("list", store=store), "")
        self.ok("put", "n/1", "c=3", store=store)
        self.assertEqual(self.object("get", "n/1", store=store)["fields"], {"c": 3})

    def test_list_filters(self):
        store = self.make()
        for index in range(4):
            self.ok("put", f"{'n' if index < 3 else 'm'}/{index}", f"even={json.dumps(index % 2 == 0)}", store=store)
        self.assertEqual([r["record"] for r in self.objects("list", store=store)], ["3", "0", "1", "2"])
        self.assertEqual([r["record"] for r in self.objects("list", "n", "--where", "even=true", store=store)], ["0", "2"])

    def test_moments(self):
        store = self.make()
        dots = [self.object("put", "n/1", f"a={index}", store=store)["dot"] for index in range(3)]
        for index, dot in enumerate(dots):
            for when in (f"#{index + 1}", dot, f"laptop:{index + 1}", dot[:8] + dot[36:]):
                self.assertEqual(self.object("get", "n/1", "--at", when, store=store)["fields"], {"a": index}, when)
                self.assertEqual(self.objects("list", "--at", when, store=store)[0]["fields"], {"a": index}, when)
        self.fails(1, "get", "n/1", "--at", "#0", store=store)
        self.fails(1, "get", "n/1", "--at", "2001-01-01T00:00:00Z", store=store)
        self.assertEqual(self.object("get", "n/1", "--at", "2999-01-01", store=store)["fields"], {"a": 2})
        self.ok("put", "n/2", "b=1", store=store)
        self.assertIn("n/2", self.fails(1, "get", "n/1", "--at", "laptop:4", store=store))

    def test_log_says_who_when_what_and_why(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", "--note", "first", "--critical", store=store)
        self.ok("put", "n/1", "a=2", "b=x", store=store)
        self.ok("unset", "n/1", "b", store=store)
        first, second, third = self.objects("log", "n/1", store=store)
        self.assertEqual((first["note"], first["name"], first["critical"], first["kind"]), ("first", "laptop", True, "edit"))
        self.assertEqual(first["changes"], [{"field": "a", "after": 1}])
        self.assertEqual(second["changes"], [{"field": "a", "before": 1, "after": 2}, {"field": "b", "after": "x"}])
        self.assertEqual(third["changes"], [{"field": "b", "before": "x", "removed": True}])
        self.assertEqual([e["position"] for e in self.objects("log", store=store)], [1, 2, 3])
        self.assertEqual([e["position"] for e in self.objects("log", "--limit", "2", store=store)], [2, 3])
        for words in ([], ["--kind", "edit"], ["n/1"]):
            whole = self.objects("log", *words, store=store)
            for limit in range(len(whole) + 2):
                self.assertEqual(self.objects("log", *words, "--limit", str(limit), store=store), whole[max(0, len(whole) - limit):], (words, limit))
        self.assertEqual(len(self.objects("log", "--device", "laptop", "--kind", "edit", "--since", "2020-01-01", store=store)), 3)
        self.assertEqual(len(self.objects("log", "--kind", "resolve", store=store)), 0)

    def test_control_characters_in_data_are_shown_and_not_obeyed(self):
        store = self.make()
        self.ok("put", "n/\x1b[31m", "a=\x1b]0;x\x07", "--note", "\u202ereversed", store=store)
        for words in (["list"], ["log"], ["get", "n/\x1b[31m"], ["show", "n/\x1b[31m"]):
            text = self.ok(*words, store=store)
            for bad in ("\x1b", "\x07", "\u202e"):
                self.assertNotIn(bad, text)

    def test_the_store_is_found_like_gits(self):
        store = self.make()
        deep = store / "a" / "b"
        deep.mkdir(parents=True)
        self.ok("put", "n/1", "a=1", cwd=deep)
        self.assertEqual(self.object("get", "n/1", env={"SYNCLINE_STORE": str(store)})["fields"], {"a": 1})
        for place in (store, store / ".syncline"):
            self.assertEqual(json.loads(self.ok("get", "n/1", "--store", str(place), "--json"))["fields"], {"a": 1})
        self.fails(1, "get", "n/1", cwd="/")


class Conflicts(StoreTest):
    def test_a_conflict_is_listed_shown_and_settled_by_device(self):
        laptop, phone = self.conflict()
        (conflict,) = self.objects("conflicts", store=laptop)
        self.assertEqual((conflict["collection"], conflict["record"], conflict["fields"]), ("notes", "trip", ["title"]))
        self.assertEqual(len(conflict["sides"]), 2)
        for side in conflict["sides"]:
            self.assertEqual(set(side), {"dot", "device", "name", "time"})
        shown = self.object("show", "notes/trip", store=laptop)
        self.assertEqual(shown["base"]["fields"], {"title": [{"value": "start"}]})
        self.assertEqual(sorted(s["entries"]["title"]["value"] for s in shown["sides"]), ["lake", "sea"])
        text = self.ok("show", "notes/trip", store=laptop)
        self.assertIn("base", text)
        self.assertIn("laptop", text)
        self.assertEqual(self.ok("digest", store=laptop), self.ok("digest", store=phone))
        self.ok("resolve", "notes/trip", "--choose", "laptop", store=laptop)
        self.assertEqual(self.object("get", "notes/trip", store=laptop)["fields"], {"title": "sea", "days": 3})
        self.assertEqual(self.objects("conflicts", store=laptop), [])
        self.exchange(laptop, phone)
        self.assertEqual(self.objects("conflicts", store=phone), [])
        self.assertEqual(self.ok("digest", store=laptop), self.ok("digest", store=phone))
        self.assertEqual(self.objects("log", "notes/trip", store=phone)[-1]["kind"], "resolve")

    def test_sides_by_letter_dot_and_prefix_and_values_by_hand(self):
        laptop, _ = self.conflict()
        sides = self.object("show", "notes/trip", store=laptop)["sides"]
        self.assertEqual([s["side"] for s in sides], ["a", "b"])
        for choice in ("b", sides[1]["dot"], sides[1]["device"][:13]):
            self.assertIn(
                json.dumps(sides[1]["entries"]["title"]["value"]), self.ok("resolve", "notes/trip", "--choose", choice, "--dry-run", store=laptop))
        self.ok("resolve", "notes/trip", "--set", "title=both", store=laptop)
        self.assertEqual(self.object("get", "notes/trip", store=laptop)["fields"]["title"], "both")
        self.assertIn("nothing is in conflict", self.fails(1, "resolve", "notes/trip", "--choose", "a", store=laptop))

    def test_a_side_that_is_none_is_refused_with_the_sides(self):
        laptop, _ = self.conflict()
        self.assertIn("laptop", self.fails(1, "resolve", "notes/trip", "--choose", DEVICE + ":1", store=laptop) + "laptop")
        self.fails(1, "resolve", "notes/trip", "--choose", "nobody", store=laptop)
        self.fails(64, "resolve", "notes/trip", store=laptop)

    def test_a_plain_write_settles_and_says_so(self):
        laptop, _ = self.conflict()
        done = run("put", "notes/trip", "title=mine", "--json", store=laptop)
        self.assertEqual(json.loads(done.stdout)["kind"], "resolve")
        self.assertIn(b"title", done.stderr)
        self.assertEqual(self.objects("conflicts", store=laptop), [])

    def test_a_write_beside_the_contested_field_leaves_it_open(self):
        laptop, _ = self.conflict()
        done = run("put", "notes/trip", "days=9", "--json", store=laptop)
        self.assertEqual(json.loads(done.stdout)["kind"], "edit")
        self.assertEqual(self.objects("conflicts", store=laptop)[0]["fields"], ["title"])

    def test_delete_against_edit_restores_the_whole_record_of_the_edit(self):
        laptop, phone = self.make("laptop"), self.make("phone")
        self.ok("put", "notes/trip", "title=start", "days=3", store=laptop)
        self.exchange(laptop, phone)
        self.ok("delete", "notes/trip", store=laptop)
        self.ok("put", "notes/trip", "title=kept", store=phone)
        self.exchange(laptop, phone)
        self.exchange(phone, laptop)
        got = self.object("get", "notes/trip", store=laptop)
        self.assertEqual(list(got["conflicts"]), [""])
        self.assertEqual(self.objects("conflicts", store=laptop)[0]["fields"], [""])
        self.ok("show", "notes/trip", store=laptop)
        self.ok("resolve", "notes/trip", "--choose", self.object("show", "notes/trip", store=phone)["sides"][0]["side"], "--dry-run", store=phone)
        edit = next(s for s in self.object("show", "notes/trip", store=laptop)["sides"] if not s["delete"])
        self.ok("resolve", "notes/trip", "--choose", edit["dot"], store=laptop)
        got = self.object("get", "notes/trip", store=laptop)
        self.assertEqual((got["fields"], got["conflicts"], got["deleted"]), ({"title": "kept", "days": 3}, {}, False))

    def test_equal_values_agree(self):
        laptop, _ = self.conflict(left="same", right="same")
        self.assertEqual(self.objects("conflicts", store=laptop), [])
        self.assertEqual(len(self.object("get", "notes/trip", store=laptop)["heads"]), 2)

    def test_many_at_once(self):
        laptop, phone = self.make("laptop"), self.make("phone")
        for index in range(5):
            self.ok("put", f"notes/{index}", "a=1", f"kind={'x' if index < 3 else 'y'}", store=laptop)
        self.exchange(laptop, phone)
        for index in range(5):
            self.ok("put", f"notes/{index}", "a=2", store=laptop)
            self.ok("put", f"notes/{index}", "a=3", store=phone)
        self.exchange(phone, laptop)
        text = self.ok("resolve", "--all", "--where", "kind=x", "--choose", "laptop", "--dry-run", store=laptop)
        self.assertEqual(len(text.splitlines()), 3)
        self.assertEqual(len(self.objects("conflicts", store=laptop)), 5)
        self.ok("resolve", "--all", "--where", "kind=x", "--choose", "laptop", store=laptop)
        self.assertEqual([c["record"] for c in self.objects("conflicts", store=laptop)], ["3", "4"])


class Words(StoreTest):
    COMMANDS = "init put unset delete get list log conflicts show resolve import export verify inspect checkpoint dump digest demo bench repl".split()

    def test_every_command_has_help_with_an_example(self):
        for command in self.COMMANDS:
            text = self.ok(command, "--help")
            self.assertIn("Example", text, command)

    def test_a_reader_that_goes_away_ends_the_program_quietly(self):
        store = self.make()
        self.ok("import", self.lines([event(DEVICE, n, record=f"r{n}") for n in range(1, 2001)]), store=store)
        child = subprocess.Popen([BINARY, "--store", str(store), "export"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        child.stdout.read(10)
        child.stdout.close()
        self.assertEqual((child.wait(timeout=90), child.stderr.read()), (0, b""))
        child.stderr.close()

    def test_import_reads_a_pipe(self):
        store = self.make()
        lines = b"\n".join(json.dumps(e).encode() for e in (event(DEVICE, 1), event(OTHER, 1, record="x")))
        self.ok("import", "-", store=store, stdin=lines)
        self.assertEqual(len(self.objects("list", store=store)), 2)


if __name__ == "__main__":
    unittest.main()
