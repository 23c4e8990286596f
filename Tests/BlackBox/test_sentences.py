"""What a person reads: long values that differ, nothing to do, files that are not there, wrong usage as JSON."""
import json
import re
import subprocess
import unicodedata
import unittest
import uuid

from harness import BINARY, DEVICE, OTHER, StoreTest, event, run


class Sentences(StoreTest):
    def disagree(self, base, one, other):
        """Two stores that know each other's events and disagree on notes/trip's text."""
        laptop, phone = self.make("laptop"), self.make("phone")
        self.ok("put", "notes/trip", f"text={base}", store=laptop)
        self.exchange(laptop, phone)
        self.ok("put", "notes/trip", f"text={one}", store=laptop)
        self.ok("put", "notes/trip", f"text={other}", store=phone)
        self.exchange(phone, laptop)
        return laptop

    def test_long_values_are_told_apart_at_any_width(self):
        long = "word " * 60
        laptop = self.disagree(long + "old" + long, long + "sea" + long, long + "lake" + long)
        for columns in ("40", "80", "120", "200"):
            shown = self.ok("show", "notes/trip", store=laptop, env={"COLUMNS": columns})
            for part in ("old", "sea", "lake"):
                self.assertEqual(shown.count(part), 1, f"{columns} columns: {shown}")
            self.assertLess(len(shown.splitlines()), 20, shown)
            self.assertIn("--whole has all of it", shown)
        whole = self.object("show", "notes/trip", store=laptop)
        self.assertEqual({s["entries"]["text"]["value"] for s in whole["sides"]}, {long + "sea" + long, long + "lake" + long})

    def test_values_without_long_agreement_are_shown_whole(self):
        one, other = "the sea and the hills " * 9, "a lake with an island " * 9
        laptop = self.disagree("base", one, other)
        shown = self.ok("show", "notes/trip", store=laptop, env={"COLUMNS": "120"})
        self.assertEqual(shown.count("island"), 9)
        self.assertEqual(shown.count("hills"), 9)
        self.assertNotIn("…", shown)
        self.assertTrue(all(len(line) <= 120 for line in shown.splitlines()), shown)

    def test_sides_that_differ_never_look_alike(self):
        for number, (one, other) in enumerate((
                ("a\nb", "a\nb\n"), ("a \nb", "a\nb"), ("é", "e\u0301"), ("a b", "a\u00a0b"), ("ab", "a\u200bb"), ("\x1b\nx", "\\u001b\nx"))):
            with self.subTest(one=one, other=other):
                self.folder = self.folder / str(number)
                self.folder.mkdir()
                laptop = self.disagree("base", one, other)
                for columns in ("40", "100"):
                    for words in ([], ["--whole"]):
                        shown = self.ok("show", "notes/trip", *words, store=laptop, env={"COLUMNS": columns})
                        self.assertEqual(len(self.seen(shown, int(columns))), 2, shown)

    def seen(self, shown, columns):
        """What stands under each side, as somebody sees it."""
        lines = [unicodedata.normalize("NFC", line).replace("\u00a0", " ").replace("\u200b", "").rstrip() for line in shown.splitlines()]
        lines = lines[:next(at for at, line in enumerate(lines) if line.startswith("settle it"))]
        if columns == 100:
            heading = next(at for at, line in enumerate(lines) if re.search("  a .*  b ", line))
            first, second = (lines[heading].index(f"  {letter} ") for letter in "ab")
            rows = lines[heading + 2:]
            return {tuple(row[first:second].strip() for row in rows), tuple(row[second:].strip() for row in rows)}
        at = [next(at for at, line in enumerate(lines) if line.startswith(f"{letter} ")) for letter in "ab"]
        return {tuple(line for line in part if line.startswith(("! ", "    "))) for part in (lines[at[0]:at[1]], lines[at[1]:])}

    def test_the_command_that_is_shown_can_be_run(self):
        store = self.make()
        for name in ("two words", "it's \"so\" \\ $HOME `x`", "漢字 *", "a;b&c|d", "\x1b[31m\u202e'"):
            with self.subTest(name):
                here, there = (str(uuid.uuid4()) for _ in range(2))
                self.ok("import", self.lines([event(here, 1, name, set={"x": 1}), event(there, 1, name, set={"x": 2})]), store=store)
                shown = self.ok("show", f"notes/{name}", store=store, env={"COLUMNS": "400"})
                command = re.search(r"settle it: syncline (resolve .*) --choose a   or", shown).group(1)
                done = subprocess.run(["bash", "-c", f"'{BINARY}' --store '{store}' {command} --choose a"], capture_output=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.objects("conflicts", store=store), [])

    def test_long_values_never_flood_what_is_said_of_them(self):
        base = "".join(f"line {n} of a text\n" for n in range(10_000))
        one, other = base.replace("line 9000 ", "line 9000, at sea, "), base.replace("line 9000 ", "line 9000, by the lake, ")
        laptop, env = self.make(), {"COLUMNS": "100"}

        def put(store, text):
            self.ok("import", self.lines([event(store, 1, "trip", {DEVICE: 1} if store != DEVICE else {}, set={"text": text})]), store=laptop)
        for device, text in ((DEVICE, base), (OTHER, one), (str(uuid.uuid4()), other)):
            put(device, text)
        for words in (["log"], ["why", "notes/trip", "text"], ["get", "notes/trip", "--who"], ["resolve", "notes/trip", "--choose", "a", "--dry-run"],
                      ["resolve", "--all", "--choose", "both", "--dry-run"]):
            self.assertLess(len(self.ok(*words, store=laptop, env=env)), 4000, words)
        for words in (["log"], ["why", "notes/trip", "text"]):
            shown = self.ok(*words, store=laptop, env=env)
            self.assertTrue("at sea" in shown and "by the lake" in shown, shown)
        self.ok("resolve", "notes/trip", "--choose", OTHER, store=laptop)
        self.assertEqual(self.objects("log", "--limit", "1", store=laptop)[0]["changes"][0]["after"], one)
        done = run("undo", store=laptop, env=env)
        self.assertLess(len(done.stdout + done.stderr), 2000)
        done = run("repl", "--keep-going", store=laptop, env=env, stdin=b"1\na\nboth\nset text=1\nlog\nwhy\n")
        self.assertLess(len(done.stdout + done.stderr), 16_000)

    def test_a_side_that_is_nobodys_is_said_once(self):
        laptop, _ = self.conflict()
        for word, status in (("nobody", 1), ("a", 64), ("nobody:1", 1)):
            for words in (["--choose", word], ["--choose-field", f"title={word}"]):
                message = self.fails(status, "resolve", "--all", *words, store=laptop)
                self.assertNotIn("left open", message)
        self.assertEqual(len(self.objects("conflicts", store=laptop)), 1)

    def test_of_many_that_are_left_open_some_are_named(self):
        laptop = self.make()
        here, there = (str(uuid.uuid4()) for _ in range(2))
        self.ok("import", self.lines([event(device, n, f"n{n:02}", set={"x": n, "y": device}) for device in (here, there) for n in range(1, 41)]), store=laptop)
        done = run("resolve", "--all", "--merge", store=laptop)
        self.assertEqual(done.returncode, 0)
        said = done.stderr.decode().splitlines()
        self.assertEqual((len(said), said[-1]), (13, "… and 28 more left open"))

    def test_a_command_that_is_none_may_be_a_near_one(self):
        self.assertIn("did you mean `syncline conflicts`?", self.fails(64, "confilcts"))
        self.assertIn("--help", self.fails(64, "xyzzy"))

    def test_what_matches_nothing_is_not_called_settled(self):
        laptop, _ = self.conflict()
        for words in (["--collection", "other"], ["--field", "days"]):
            self.assertIn("no conflict matches", run("conflicts", *words, store=laptop).stderr.decode())
        self.assertIn("nothing is in conflict", run("conflicts", store=self.make("other")).stderr.decode())

    def test_a_collection_is_meant_whatever_its_name_reads_like(self):
        laptop = self.make()
        for name in ("2024", "true", "a b", "x/y", '"q"'):
            here, there = (str(uuid.uuid4()) for _ in range(2))
            self.ok("import", self.lines([{**event(device, 1, set={"x": n}), "collection": name} for n, device in enumerate((here, there))]), store=laptop)
            preview = self.objects("resolve", "--all", "--where", f"collection={name}", "--choose", "base", "--dry-run", store=laptop)
            self.assertEqual([p["collection"] for p in preview], [name])
        for words in (["list", "x/y"], ["policy", "notes/trip", "latest"], ["conflicts", "--collection", "x/y"], ["log", "--collection", "x/y"]):
            self.assertIn("%2F", self.fails(64, *words, store=laptop))
        self.assertIn("no condition", self.fails(64, "list", "--where", "x", store=laptop))

    def test_two_deletes_side_by_side_are_named(self):
        laptop = self.make()
        here, there = (str(uuid.uuid4()) for _ in range(2))
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"x": 1}), event(here, 1, context={DEVICE: 1}, delete=True), event(there, 1, context={DEVICE: 1}, delete=True)]), store=laptop)
        self.ok("policy", "notes", "record", store=laptop)
        self.assertRegex(self.ok("conflicts", store=laptop), r"notes/trip  edits side by side  \(")
        self.assertIn("deleted on every side", self.ok("show", "notes/trip", store=laptop))
        self.assertIn("no edit to keep", self.fails(1, "resolve", "notes/trip", "--set", "x=2", store=laptop))

    def test_what_looks_like_a_time_is_called_one(self):
        laptop = self.make()
        self.ok("put", "notes/trip", "x=1", store=laptop)
        for text in ("2025-11-29T24:00", "2025-11-29T07:07:60Z", "2025-02-30T07:07"):
            self.assertIn("is no moment", self.fails(64, "get", "notes/trip", "--at", text, store=laptop))
        self.assertIn("is no event", self.fails(64, "get", "notes/trip", "--at", "laptop:x", store=laptop))

    def test_nothing_to_settle_is_said(self):
        laptop = self.disagree("base", "sea", "lake")
        done = run("resolve", "--all", "--where", "collection=other", "--choose", "laptop", store=laptop)
        self.assertEqual(done.returncode, 0)
        self.assertIn("no conflict matches", done.stderr.decode())
        self.assertEqual(done.stdout, b"")

    def test_a_record_without_fields_says_so(self):
        laptop = self.make()
        self.ok("put", "notes/trip", "days=3", store=laptop)
        self.ok("unset", "notes/trip", "days", store=laptop)
        self.assertEqual(self.ok("get", "notes/trip", store=laptop), "no fields\n")
        self.ok("delete", "notes/trip", store=laptop)
        self.assertEqual(self.ok("get", "notes/trip", store=laptop), "deleted\n")

    def test_a_file_that_is_not_there_is_no_fault_of_the_disk(self):
        message = self.fails(1, "inspect", str(self.folder / "nowhere.segment"), store=self.make())
        self.assertIn("nowhere.segment", message)
        self.assertNotIn("check the disk", message)

    def test_wrong_usage_as_json_has_one_sentence_and_what_to_do(self):
        error = json.loads(self.fails(64, "get", "--json", store=self.make()))
        self.assertEqual(error["code"], "usage")
        self.assertNotIn("\n", error["error"])
        self.assertIn("Usage: syncline get", error["hint"])
        self.assertIn("Usage: syncline get", self.fails(64, "get"))


if __name__ == "__main__":
    unittest.main()
