"""What a person reads: long values that differ, nothing to do, files that are not there, wrong usage as JSON."""
import json
import unittest

from harness import StoreTest, run


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
