"""What is said to somebody who typed something else than was expected, and that what is hinted at works where it stands."""
import re
import unittest
from pathlib import Path

from harness import run
from prompts import LAPTOP, PHONE, PromptTest, apart, edit

TENT = ({"title": "tent", "from": "Cleo"}, None, {"from": "Dan"})


class Words(PromptTest):
    def said(self, store, *lines, status=64):
        """What the last of these lines is answered with, on stderr."""
        _, err = self.script(store, "\n".join(lines) + "\n", status=status)
        self.assertIn(f"line {len(lines)}: ", err)
        return err

    def test_a_word_of_a_conflict_says_what_it_takes(self):
        store = self.trip()
        for line, parts in {
            "a days title": ("“a” takes one field, or none for everything", "`a days`, then `a title`"),
            "phone days title": ("“phone” takes one field", "`phone days`, then `phone title`"),
            "a* days": ("“a*” takes nothing",),
            "set days=7 title=x": ("“set” takes one field=value", "`set days=7`, then `set title=x`"),
            "set title=To the lake": ("“set” takes one field=value", "a value with spaces stands in quotes"),
            "set": ("“set” takes one field=value", "`set 'title=To the sea'`"),
            "unset days title": ("“unset” takes one field", "`unset days`, then `unset title`"),
            "merge days title": ("“merge” takes one field",),
            "clear days title": ("“clear” takes one field",),
            "why days title": ("“why” takes one field",),
            "show days": ("“show” takes nothing, or “all”",),
            "log days": ("“log” takes nothing",),
            "later on": ("“later” takes nothing",),
            "done --note x": ("“done” takes a note and no options",),
        }.items():
            with self.subTest(line):
                err = self.said(store, "1", line)
                for part in parts:
                    self.assertIn(part, err)
                self.assertNotIn("no command", err)
                self.assertNotIn("did you mean", err)
        # A command of the same name is still one.
        self.script(store, "1\nlog notes/trip\nshow notes/trip\nwhy notes/trip days\nshow notes/trip --whole\n")
        self.assertIn("is no command and no side", self.said(store, "1", "aa"))

    def test_what_leaves_and_a_number_stand_alone(self):
        store = self.trip()
        for before in ((), ("1",)):
            for word in ("quit", "exit"):
                err = self.said(store, *before, f"{word} now")
                self.assertIn(f"“{word}” takes nothing", err)
                self.assertNotIn("did you mean", err)
            self.assertIn("a number takes nothing: it opens that conflict", self.said(store, *before, "1 a"))

    def test_next_to_a_delete_a_side_is_taken_as_a_whole(self):
        store = self.store(*apart("notes/tent", *TENT))
        for word in ("a title", "b title", "b from", "phone from"):
            err = self.said(store, "1", word, status=1)
            self.assertIn("a delete stands against an edit, and no field is contested", err)
            self.assertIn(f"`{word.split()[0]}` takes that side as a whole", err)
        err = self.said(store, "1", "unset nothing", status=1)
        self.assertIn("the record has no field “nothing”", err)
        self.assertNotIn("contested are", err)
        _, err = self.script(store, "all --choose laptop --dry-run\n")
        self.assertIn("1 would be settled, 1 record deleted; nothing was written", err)
        terminal = self.terminal(store)
        terminal.enter("all --choose laptop")
        self.assertEqual(terminal.line(), "settle this one like this? 1 record will be deleted. y or n ›")
        self.assertEqual(terminal.leave(), 0)
        # What is kept with the record may be changed on the way.
        self.script(store, "1\nphone\nunset title\ndone\n")
        self.assertEqual(self.get(store, "notes/tent")["fields"], {"from": "Dan"})

    def test_a_line_for_another_shell_is_taken_too(self):
        store = self.trip()
        out, _ = self.script(store, "syncline get notes/trip\n")
        self.assertEqual(out, self.script(store, "get notes/trip\n")[0])
        # In a conflict it is the command, never a word of it; the store may be named where it is this one.
        out, _ = self.script(store, f"syncline conflicts\n1\nsyncline show notes/trip\nsyncline --store {store} log notes/trip\nsyncline put notes/x a=1\n")
        self.assertIn("settle it: resolve notes/trip", out)
        self.assertEqual(self.get(store, "notes/x")["fields"], {"a": 1})
        self.assertIn("there is no command “frobnicate”", self.said(store, "syncline frobnicate"))
        self.assertIn("this is the prompt that `syncline` opens", self.said(store, "syncline"))
        self.assertIn("does not go together with an open store", self.said(store, "syncline init"))

    def test_tab_offers_sides_in_a_conflict_and_devices_without_a_name(self):
        nameless = "44444444-4444-4444-8444-444444444444"
        events = [edit(LAPTOP, 1, "notes/trip", set={"x": 0}), edit(nameless, 1, "notes/trip", {LAPTOP: 1}, set={"x": 1}), edit(PHONE, 1, "notes/trip", {LAPTOP: 1}, set={"x": 2})]
        terminal = self.terminal(self.store(*events))
        for typed, completed in (("resolve notes/trip --choose 44", "44444444"), ("log --device 44", "44444444"), ("syncline log --device pho", "phone")):
            terminal.type(typed)
            terminal.send("\t")
            terminal.wait(lambda: terminal.line().endswith(completed), completed)
            terminal.send("\x03")
        terminal.enter("1")
        terminal.type("all --choose ")
        terminal.send("\t\t")
        terminal.wait(lambda: any("44444444" in line and "laptop" in line and "both" in line for line in terminal.lines()), "the sides")
        terminal.send("\x03")
        self.assertEqual(terminal.leave(), 0)


class Bounds(PromptTest):
    def test_what_does_not_fit_into_one_event_is_refused_when_it_is_chosen(self):
        text = ["a" * 150_000, "b" * 150_000]
        store = self.store(*apart("notes/trip", {"title": "x", "body": "y"}, {"title": text[0], "body": "l"}, {"title": text[1], "body": "p"}))
        editor = self.folder / "editor"
        editor.write_text("#!/bin/sh\nprintf '@title\\n\"' > $1; head -c 300000 /dev/zero | tr '\\0' x >> $1; echo '\"' >> $1\n")
        editor.chmod(0o755)
        _, err = self.script(store, "conflicts\n1\nedit title\n", status=1, EDITOR=str(editor), VISUAL="", TMPDIR=str(self.folder))
        kept = re.search("what you wrote is kept in (\\S+)", err)
        self.assertGreater(Path(kept[1]).stat().st_size, 300_000)
        out, err = self.script(store, "conflicts\n1\nboth title\nlaptop\ndone\n", "repl", "--keep-going", status=1)
        self.assertIn("line 3: what is chosen has 300", err)
        self.assertIn("take one of the values, or a shorter one", err)
        self.assertNotIn('["a', out)
        self.settled(store, {"title": text[0], "body": "l"})

    def test_of_several_long_fields_some_are_settled_first(self):
        one, two = "a" * 150_000, "b" * 150_000
        store = self.store(*apart("notes/trip", {"title": "x", "body": "y"}, {"title": one, "body": "l"}, {"title": "t", "body": two}))
        done = run("resolve", "notes/trip", "--choose-field", "title=laptop", "--choose-field", "body=phone", "--dry-run", store=store)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"settle some of the fields first", done.stderr)
        self.script(store, "conflicts\n1\nlaptop title\ndone\nphone body\ndone\n")
        self.settled(store, {"title": one, "body": two})


class DryRuns(PromptTest):
    def several(self):
        return self.store(
            *apart("notes/one", {"n": 1}, {"n": 2}, {"n": 3}), *apart("notes/two", {"n": 1, "t": 1}, {"n": 2}, {"n": 3, "t": 2}, seqs=(3, 4, 2, 1)),
            *apart("notes/three", {"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}, seqs=(5, 6, 3, 1)))

    def test_it_says_how_many_would_be_settled_and_how_many_stay_open(self):
        store = self.several()
        err = run("resolve", "--all", "--choose", "tablet", "--dry-run", store=store).stderr.decode()
        self.assertIn("1 would be settled, 2 would stay open; nothing was written", err)
        for words in ("--choose laptop", "--choose phone"):
            _, err = self.script(store, f"all {words} --dry-run\n")
            self.assertIn("3 would be settled; nothing was written", err)
        _, err = self.script(store, "all --choose tablet --dry-run\n")
        self.assertIn("1 would be settled, 2 would stay open; nothing was written", err)
        part = "0 would be settled, 1 in part; nothing was written"
        trip = self.store(*apart("notes/trip", {"n": 1, "t": 1}, {"n": 2, "t": 2}, {"n": 3, "t": 3}), name="trip")
        for words in (["notes/trip"], ["--all"]):
            self.assertIn(part, run("resolve", *words, "--choose-field", "n=laptop", "--dry-run", store=trip).stderr.decode())
        self.assertIn("0 conflicts settled, 1 in part", self.script(trip, "all --choose-field n=laptop --yes\n")[0])
        self.assertEqual(self.object("conflicts", store=trip)["fields"], ["t"])
        _, err = self.script(store, "conflicts\n1\nall --choose tablet --where n=9 --dry-run\n")
        self.assertIn("0 would be settled; nothing was written", err)
        self.assertEqual(len(self.objects("conflicts", store=store)), 3)


class Options(PromptTest):
    def test_what_takes_one_answer_takes_no_second_one(self):
        store = self.trip()
        before = self.ok("digest", store=store)
        for words, part in (
            (("--choose", "b", "--choose", "a"), "--choose takes one side, not “b” and “a”"),
            (("--choose", "a", "--note", "one", "--note", "two"), "--note is given 2 times"),
            (("--choose-field", "days=a", "--choose-field", "days=b"), "“days” is there twice in --choose-field"),
            (("--set", "days=7", "--set", "days=8"), "“days” is there twice in --set and --unset"),
            (("--set", "days=7", "--unset", "days"), "“days” is there twice in --set and --unset"),
        ):
            with self.subTest(words):
                self.assertIn(part, self.fails(64, "resolve", "notes/trip", *words, store=store))
                of_all = [word.replace("=a", "=laptop").replace("=b", "=phone") for word in words]
                line = " ".join(of_all)
                self.fails(64, "resolve", "--all", *of_all, store=store)
                for text in (f"resolve notes/trip {' '.join(words)}\n", f"all --yes {line}\n", f"1\nall --yes {line}\n"):
                    self.assertIn("syncline: line", self.script(store, text, status=64)[1])
        self.assertEqual(self.ok("digest", store=store), before)
        # One for all and another one for a field is an answer.
        self.ok("resolve", "notes/trip", "--choose", "a", "--choose-field", "days=b", "--set", "who=Eve", "--note", "so", store=store)
        self.settled(store, {"title": "To the hills", "days": 4, "who": "Eve"})

    def test_an_option_that_is_none_is_said_first(self):
        store = self.trip()
        for words in (("--all", "--merge", "--limit", "5"), ("--all", "--limit", "5"), ("notes/trip", "--chose", "a")):
            self.assertIn("Unknown option '" + [word for word in words if word in ("--limit", "--chose")][0], self.fails(64, "resolve", *words, store=store))
        self.assertIn("Unknown option '--limit'", self.script(store, "all --limit 5\n", status=64)[1])
        self.assertIn("“phone” names a record, and --all is every conflict", self.script(store, "all phone --merge\n", status=64)[1])
        self.assertIn("name one record, or --all", self.fails(64, "resolve", "--merge", store=store))


class Hints(PromptTest):
    def hint(self, out):
        return re.search(r"settle it: (.*)", out).group(1)

    def test_what_settles_a_delete_against_an_edit_is_hinted_and_what_does_not_is_not(self):
        store = self.store(*apart("notes/tent", *TENT))
        self.assertEqual(self.hint(self.ok("show", "notes/tent", store=store)), "syncline resolve notes/tent --choose a   or   --choose b, --set field=value")
        out, _ = self.script(store, "1\n")
        self.assertIn("edit, base, set, later", out)
        self.assertNotIn("merge", out)
        self.assertNotIn("both", out)
        for answer in (("--choose", "a"), ("--choose", "b"), ("--set", "title=x")):
            self.ok("resolve", "notes/tent", *answer, "--dry-run", store=store)
        self.fails(1, "resolve", "notes/tent", "--merge", store=store)
        # Of several edits one has to be taken first.
        several = self.store(*apart("notes/tent", {"title": "tent"}, None, {"title": "x"}, {"title": "y"}), name="several")
        self.assertEqual(self.hint(self.ok("show", "notes/tent", store=several)), "syncline resolve notes/tent --choose a   or   --choose b")

    def test_of_several_edits_next_to_a_delete_one_is_taken_before_a_field_is(self):
        store = self.store(*apart("notes/trip", {"t": 1}, None, {"t": 2}, {"t": 3}))
        out, err = self.script(store, "1\na t\n", status=1)
        self.assertIn("a or b or c takes that side · c* the rest", out)
        self.assertNotIn("takes one field", out)
        self.assertIn("take one of them first, then set fields: a tablet, b phone", err)
        self.assertNotIn("--choose", err)

    def test_what_merges_by_itself_is_hinted(self):
        text = "Pack.\nTrain.\nHotel.\nHome.\n"
        store = self.store(*apart("notes/plan", {"text": text}, {"text": text.replace("Pack", "Sleep")}, {"text": text.replace("Home", "Stay")}))
        self.assertEqual(self.hint(self.ok("show", "notes/plan", store=store)), "syncline resolve notes/plan --choose a   or   --merge, --set field=value")
        self.assertNotIn("--merge", self.hint(self.ok("show", "notes/trip", store=self.trip_named("other"))))

    def trip_named(self, name):
        return self.store(*apart("notes/trip", {"days": 3}, {"days": 4}, {"days": 5}), name=name)

    def test_what_is_settled_by_now_is_not_to_be_settled(self):
        store = self.store(*apart("notes/tent", *TENT))
        at = ("show", "notes/tent", "--at", "#3")
        self.assertIn("settle it: ", self.ok(*at, store=store))
        self.ok("resolve", "notes/tent", "--choose", "a", store=store)
        past = self.ok(*at, store=store)
        self.assertIn("deleted on one device and edited on another", past)
        self.assertNotIn("settle it", past)
        self.assertNotIn("settle it", self.script(store, " ".join(at).replace("#3", "'#3'") + "\n")[0])

    def test_at_the_prompt_a_command_is_hinted_as_it_is_typed_there(self):
        store = self.store(*apart("notes/tent", *TENT))
        self.assertIn("`syncline show notes/tent`", self.ok("get", "notes/tent", store=store))
        out, _ = self.script(store, "get notes/tent\n")
        self.assertIn("edited on another: `show notes/tent`", out)
        out, _ = self.script(store, "show notes/tent\n")
        self.assertEqual(self.hint(out), "resolve notes/tent --choose a   or   --choose b, --set field=value")
        self.script(store, self.hint(out).split("   or")[0] + "\n")
        self.assertEqual(self.objects("conflicts", store=store), [])


if __name__ == "__main__":
    unittest.main()
