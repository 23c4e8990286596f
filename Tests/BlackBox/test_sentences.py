"""What a person reads: long values that differ, nothing to do, files that are not there, wrong usage as JSON."""
import json
import re
import subprocess
import unicodedata
import unittest
import uuid

from harness import BINARY, StoreTest, event, run


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
