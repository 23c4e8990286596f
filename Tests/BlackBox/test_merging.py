"""Three-way text merge, held to `diff3 -m` and `git merge-file`; edit files; remembered answers."""
import random
import shutil
import stat
import subprocess
import unittest
from pathlib import Path

from harness import DEVICE, OTHER, StoreTest, event, run

THIRD = "00000000-0000-4000-8000-000000000001"


def edited(r, lines, fresh):
    """A few lines changed, taken out, put in."""
    lines = list(lines)
    for _ in range(r.randrange(1, 4)):
        at, roll = r.randrange(len(lines) + 1), r.random()
        if roll < 0.4:
            lines[at:at] = [fresh() for _ in range(r.randrange(1, 3))]
        elif roll < 0.7:
            lines[at:at + r.randrange(1, 3)] = [fresh() for _ in range(r.randrange(1, 3))]
        else:
            del lines[at:at + r.randrange(1, 3)]
    return lines


def triple(r, distinct):
    """Base and two sides. Either no line is there twice, or most are."""
    counter = iter(range(10**6))
    fresh = (lambda: f"new {next(counter)}") if distinct else (lambda: r.choice(["{", "}", "", "x", "y"]))
    base = [f"line {i}" if distinct else r.choice(["{", "}", "", "x"]) for i in range(r.randrange(0, 16))]
    ends = ["\n" if r.random() < 0.9 else "" for _ in range(3)]
    return ["\n".join(lines) + (end if lines else "") for lines, end in zip([base, edited(r, base, fresh), edited(r, base, fresh)], ends)]


class TextMerge(StoreTest):
    def tool(self, *words):
        """Its text; None when it reports a conflict."""
        done = subprocess.run(words, capture_output=True)
        self.assertGreaterEqual(done.returncode, 0, words)
        return done.stdout.decode() if done.returncode == 0 else None

    def tools(self, base, left, right):
        paths = [self.folder / name for name in ("left", "base", "right")]
        for path, text in zip(paths, (left, base, right)):
            path.write_text(text, newline="")
        return self.tool("diff3", "-m", *paths), self.tool("git", "merge-file", "-p", *paths)

    def merged(self, triples):
        """What the product makes of each; None where it leaves a conflict."""
        store, events = self.make(), []
        for seq, texts in enumerate(triples, 1):
            for device, text in zip((DEVICE, OTHER, THIRD), texts):
                context = {} if device == DEVICE else {DEVICE: seq}
                events.append(event(device, seq, f"r{seq}", context, set={"body": text}))
        self.ok("import", self.lines(events), store=store)
        done = self.objects("resolve", "--all", "--merge", "--dry-run", store=store)
        found = {line["record"]: line["set"]["body"] for line in done}
        return [found.get(f"r{seq}") for seq in range(1, len(triples) + 1)]

    def test_tools_are_here(self):
        for tool in ("diff3", "git"):
            self.assertTrue(shutil.which(tool), f"install {tool}: the tests compare with it")

    def test_where_no_line_is_there_twice_the_text_is_that_of_diff3_and_git(self):
        r = random.Random(7)
        triples = [t for t in (triple(r, True) for _ in range(400)) if t[1] != t[2]]
        merged, open_ones = self.merged(triples), 0
        for (base, left, right), ours in zip(triples, merged):
            with self.subTest(base=base, left=left, right=right):
                by_diff3, by_git = self.tools(base, left, right)
                self.assertEqual(ours, by_git)
                if by_diff3 is not None:
                    self.assertEqual(ours, by_diff3)
                open_ones += ours is None
        self.assertGreater(open_ones, 50)
        self.assertGreater(len(triples) - open_ones, 100)

    def test_where_lines_repeat_the_text_is_that_of_git_or_it_stays_open(self):
        r = random.Random(8)
        triples = [t for t in (triple(r, False) for _ in range(600)) if t[1] != t[2]]
        agreed, only_tools = 0, 0
        for (base, left, right), ours in zip(triples, self.merged(triples)):
            by_diff3, by_git = self.tools(base, left, right)
            # Several alignments are equally long: then one of them may merge what another does not.
            if ours is None or by_git is None:
                only_tools += by_git is not None
                continue
            with self.subTest(base=base, left=left, right=right):
                self.assertEqual(ours, by_git)
                agreed += 1
        self.assertGreater(agreed, 150)
        self.assertLess(only_tools, 10)


class Editing(StoreTest):
    """`--edit` with editors that are programs."""

    def editor(self, body):
        path = self.folder / "editor"
        path.write_text("#!/usr/bin/python3\nimport sys\npath = sys.argv[-1]\ntext = open(path).read()\n" + body + "\nopen(path, 'w').write(text)\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return {"EDITOR": f"'{path}' -w", "VISUAL": "", "TMPDIR": str(self.folder)}

    def left_over(self):
        return [p for p in Path(self.folder).glob("syncline-*") if p.is_dir()]

    def test_what_is_left_in_the_file_is_written(self):
        laptop, _ = self.conflict()
        env = self.editor("assert '<<<<<<< ' in text and '||||||| base' in text and '\"sea\"' in text and '\"lake\"' in text, text\n"
                          "text = '@title\\n\"hill\"\\n@other\\n{\"a\": [1,\\n2]}\\n@days\\nremoved\\n'")
        self.ok("resolve", "notes/trip", "--edit", store=laptop, env=env)
        got = self.object("get", "notes/trip", store=laptop)
        self.assertEqual((got["fields"], got["conflicts"]), ({"title": "hill", "other": {"a": [1, 2]}}, {}))
        self.assertEqual(self.left_over(), [])

    def test_long_text_is_merged_first_and_what_overlaps_stands_between_markers(self):
        store = self.make()
        base = "one\ntwo\nthree\nfour\nfive\nsix\n=======\n"
        left, right = base.replace("two", "2").replace("five", "5"), base.replace("two", "II").replace("=======", "end")
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"body": base}), event(OTHER, 1, context={DEVICE: 1}, set={"body": left}),
            event(THIRD, 1, context={DEVICE: 1}, set={"body": right})]), store=store)
        env = self.editor(
            "head, _, rest = text.partition('<' * 8)\n_, _, tail = rest.partition('>' * 8)\n"
            "assert '|' * 8 + ' base\\ntwo\\n' in rest, text\nassert rest.count('five') == 0\n"
            "text = head + 'both\\n' + tail.split('\\n', 1)[1]")
        self.ok("resolve", "notes/trip", "--edit", store=store, env=env)
        self.assertEqual(self.object("get", "notes/trip", store=store)["fields"]["body"], "one\nboth\nthree\nfour\n5\nsix\nend\n")

    def test_what_cannot_be_taken_writes_nothing_and_says_why(self):
        laptop, _ = self.conflict()
        digest = self.ok("digest", store=laptop)
        cases = [
            ("pass", "not changed", False), ("text += '# a remark\\n'", "marker", True), ("text = '@title\\n\\n{\"a\": 1,\\n]'", r"line 4, column 1", True),
            ("text = 'title\\n'", "line 1", True), ("text = '@title\\n1\\n@title\\n2'", "twice", True), ("text = '# nothing'", "no field", True),
            ("text = '@title\\n\"\"\"\"\"\"\"\\nnever ended'", "line 2", True), ("sys.exit(3)", "status 3", False),
            ("import os\nos.remove(path)\nsys.exit(0)", "left no file", False)]
        for body, words, is_kept in cases:
            with self.subTest(body=body):
                message = self.fails(1, "resolve", "notes/trip", "--edit", store=laptop, env=self.editor(body))
                self.assertRegex(message, words)
                self.assertIn("nothing was written", message)
                kept = self.left_over()
                self.assertEqual(len(kept), int(is_kept))
                for folder in kept:
                    self.assertIn(str(folder), message)
                    shutil.rmtree(folder)
        self.assertEqual(self.ok("digest", store=laptop), digest)

    def test_delete_against_edit_is_opened_with_all_that_the_edit_has(self):
        store = self.make()
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"title": "start", "days": 3}), event(OTHER, 1, context={DEVICE: 1}, set={"title": "sea"}),
            event(THIRD, 1, context={DEVICE: 1}, delete=True)]), store=store)
        self.assertIn("not changed", self.fails(1, "resolve", "notes/trip", "--edit", store=store, env=self.editor("pass")))
        env = self.editor("assert '@days\\n3\\n' in text and '@title\\n\"sea\"\\n' in text, text\ntext = text.replace('sea', 'hill')")
        shown = self.ok("resolve", "notes/trip", "--edit", "--dry-run", store=store, env=env)
        self.assertRegex(shown, r"\+ days = 3  \([ab] 4e1fbf6a\)")
        self.ok("resolve", "notes/trip", "--edit", store=store, env=env)
        got = self.object("get", "notes/trip", store=store)
        self.assertEqual((got["fields"], got["conflicts"]), ({"title": "hill", "days": 3}, {}))

    def test_of_several_edits_against_a_delete_none_is_opened_unasked(self):
        store = self.make()
        fourth = "00000000-0000-4000-8000-000000000002"
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"title": "start", "days": 3}), event(OTHER, 1, context={DEVICE: 1}, set={"title": "sea"}),
            event(fourth, 1, context={DEVICE: 1}, set={"days": 5}), event(THIRD, 1, context={DEVICE: 1}, delete=True)]), store=store)
        env = self.editor("assert '@days\\n5\\n' in text and '@title\\n\"start\"\\n' in text, text\ntext = text.replace('5', '6')")
        self.assertIn("say first which edit is kept", self.fails(1, "resolve", "notes/trip", "--edit", store=store, env=env))
        self.ok("resolve", "notes/trip", "--choose", fourth, "--edit", store=store, env=env)
        self.assertEqual(self.object("get", "notes/trip", store=store)["fields"], {"title": "start", "days": 6})

    def test_what_the_file_promises_is_so(self):
        laptop, _ = self.conflict()
        for words, promise in ((["--dry-run"], "Nothing is written before it has been shown"), ([], "A file that is not changed writes nothing")):
            env = self.editor(f"assert {promise!r} in text, text\ntext = '@title\\n1\\n'")
            self.ok("resolve", "notes/trip", "--edit", *words, store=laptop, env=env)
        self.assertEqual(self.object("get", "notes/trip", store=laptop)["fields"]["title"], 1)

    def test_the_store_is_free_meanwhile_and_what_has_changed_is_noticed(self):
        laptop, _ = self.conflict()
        env = self.editor(
            "import os, subprocess\nsubprocess.run([os.environ['BINARY'], '--store', os.environ['STORE'], 'put', 'notes/trip', 'title=mine'], check=True)\n"
            "text = '@title\\n\"hill\"'")
        from harness import BINARY
        self.assertIn("changed meanwhile", self.fails(
            1, "resolve", "notes/trip", "--edit", store=laptop, env={**env, "BINARY": BINARY, "STORE": str(laptop)}))
        self.assertEqual(self.object("get", "notes/trip", store=laptop)["fields"]["title"], "mine")


class Answers(StoreTest):
    def test_each_field_from_the_command_line_and_the_rest_by_choice(self):
        store = self.make()

        def conflict():
            self.ok("import", self.lines([
                event(DEVICE, 1, set={"a": 0, "b": 0, "c": 0}), event(OTHER, 1, context={DEVICE: 1}, set={"a": 1, "b": 1, "c": 1}),
                event(THIRD, 1, context={DEVICE: 1}, set={"a": 2, "b": 2, "c": 2})]), store=store)
        conflict()
        other, third = OTHER[:6], THIRD[:6]
        for words, wanted in (
                (["--choose", other, "--choose-field", f"b={third}", "--set", "c=9"], {"a": 1, "b": 2, "c": 9}),
                (["--choose", "base", "--choose-field", "a=both"], {"a": [1, 2], "b": 0, "c": 0}),
                (["--choose-field", f"a={third}", "--unset", "b"], {"a": 2})):
            with self.subTest(words=words):
                preview = self.object("resolve", "notes/trip", *words, "--dry-run", store=store)
                self.assertEqual(preview["set"], wanted)
        self.assertEqual((preview["unset"], preview["open"]), (["b"], ["c"]))
        text = self.ok("resolve", "notes/trip", "--choose", third, "--choose-field", f"c={other}", "--dry-run", store=store)
        self.assertRegex(text, r"(?m)^  - a = 1$")
        self.assertRegex(text, r"(?m)^  \+ a = 2  \(b 00000000\)$")
        self.assertRegex(text, r"(?m)^  = c = 1  \(a 4e1fbf6a\)$")
        self.fails(64, "resolve", "notes/trip", "--choose", other, "--merge", store=store)
        self.fails(64, "resolve", "notes/trip", "--choose-field", "a", store=store)
        self.fails(1, "resolve", "notes/trip", "--choose-field", f"zz={other}", store=store)

    def test_to_set_a_field_of_a_deleted_record_keeps_the_whole_edit(self):
        store = self.make()
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"title": "start", "days": 3}), event(OTHER, 1, context={DEVICE: 1}, set={"title": "sea"}),
            event(THIRD, 1, context={DEVICE: 1}, delete=True)]), store=store)
        self.ok("resolve", "notes/trip", "--set", "title=hill", store=store)
        got = self.object("get", "notes/trip", store=store)
        self.assertEqual((got["fields"], got["conflicts"]), ({"title": "hill", "days": 3}, {}))

    def test_with_several_edits_against_a_delete_one_has_to_be_chosen_first(self):
        store = self.make()
        fourth = "00000000-0000-4000-8000-000000000002"
        self.ok("import", self.lines([
            event(DEVICE, 1, set={"title": "start", "days": 3}), event(OTHER, 1, context={DEVICE: 1}, set={"title": "sea"}),
            event(fourth, 1, context={DEVICE: 1}, set={"days": 5}), event(THIRD, 1, context={DEVICE: 1}, delete=True)]), store=store)
        self.assertIn("--choose", self.fails(1, "resolve", "notes/trip", "--set", "title=hill", store=store))
        self.ok("resolve", "notes/trip", "--choose", OTHER[:6], "--set", "title=hill", store=store)
        self.assertEqual(self.object("get", "notes/trip", store=store)["fields"], {"title": "hill", "days": 3})

    def test_an_answer_is_offered_again_and_never_applied(self):
        laptop, phone = self.conflict()
        self.assertNotIn("settled like this", self.ok("show", "notes/trip", store=laptop))
        self.ok("resolve", "notes/trip", "--set", "title=hill", store=laptop)
        again = [
            {**event(device, 90 + i, "other", {} if i == 0 else {DEVICE: 90}, set={"title": title}), "seq": 1}
            for i, (device, title) in enumerate(((DEVICE, "start"), (OTHER, "lake"), (THIRD, "sea")))]
        for line in again[1:]:
            line["context"] = {DEVICE: 1}
        for store in (laptop, phone):
            self.ok("import", self.lines(again), store=store)
        self.assertRegex(self.ok("show", "notes/other", store=laptop), r'settled like this on .*: title = "hill"')
        self.assertNotIn("settled like this", self.ok("show", "notes/other", store=phone))
        self.assertEqual(len(self.objects("conflicts", store=laptop)), 1)
        path = laptop / ".syncline" / "answers"
        whole = path.read_bytes()
        for damaged in (whole[:-3], b"\x00\xff" + whole, b"foreign\n", bytes([whole[20] ^ 1]).join([whole[:20], whole[21:]])):
            path.write_bytes(damaged)
            self.assertNotIn("settled like this", self.ok("show", "notes/other", store=laptop))
        path.write_bytes(b"torn 1234\n" + whole)
        self.assertIn("settled like this", self.ok("show", "notes/other", store=laptop))
        # What was taken back is no answer.
        self.ok("undo", store=laptop)
        for record in ("notes/trip", "notes/other"):
            self.assertNotIn("settled like this", self.ok("show", record, store=laptop))


if __name__ == "__main__":
    unittest.main()
