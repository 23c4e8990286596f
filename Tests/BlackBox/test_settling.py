"""Every way out of a conflict at the prompt, on a screen and as a script, with the same outcome."""
import json
import re
import signal
import subprocess
import unittest

import readme
from harness import BINARY, PATIENCE
from hub import HubProcess
from prompts import LAPTOP, PromptTest, apart
from terminal import Terminal, environment, golden, masked

TRIP = ({"title": "To the sea", "days": 3, "who": "Ann"}, {"title": "To the lake", "days": 4}, {"title": "To the hills", "days": 5})
TEXT = "Pack.\nTrain.\nHotel.\nHome.\n"

# name → what stood apart, what is typed, the record's fields afterwards.
WAYS = {
    "side": (TRIP, ["b", "done"], {"title": "To the lake", "days": 4, "who": "Ann"}),
    "side by its name": (TRIP, ["phone", "done"], {"title": "To the hills", "days": 5, "who": "Ann"}),
    "fields": (TRIP, ["a title", "b days", "done"], {"title": "To the hills", "days": 4, "who": "Ann"}),
    "rest": (TRIP, ["b title", "a*", "done"], {"title": "To the lake", "days": 5, "who": "Ann"}),
    "base": (TRIP, ["a", "base title", "done"], {"title": "To the sea", "days": 5, "who": "Ann"}),
    "base of all": (TRIP, ["base", "done"], {"title": "To the sea", "days": 3, "who": "Ann"}),
    "both": (TRIP, ["both days", "b title", "done we voted"], {"title": "To the lake", "days": [5, 4], "who": "Ann"}),
    "set": (TRIP, ["set 'title=Neither of them'", "set days=7", "done"], {"title": "Neither of them", "days": 7, "who": "Ann"}),
    "unset": (TRIP, ["a", "unset title", "done"], {"days": 5, "who": "Ann"}),
    "cleared": (TRIP, ["b", "clear title", "a*", "done"], {"title": "To the hills", "days": 4, "who": "Ann"}),
    "merge": (({"text": TEXT}, {"text": TEXT.replace("Pack", "Sleep")}, {"text": TEXT.replace("Home", "Stay")}), ["merge", "done"], {"text": "Sleep.\nTrain.\nHotel.\nStay.\n"}),
    "delete against edit, kept": (({"title": "tent", "from": "Cleo"}, None, {"from": "Dan"}), ["a", "done"], {"title": "tent", "from": "Dan"}),
    "delete against edit, deleted": (({"title": "tent", "from": "Cleo"}, None, {"from": "Dan"}), ["b", "done"], {}),
    "three sides": (TRIP + ({"title": "To the moon"},), ["c title", "b*", "done"], {"title": "To the lake", "days": 5, "who": "Ann"}),
}


class Settling(PromptTest):
    def test_every_way_out_on_a_screen_and_as_a_script(self):
        for name, (apart_, lines, fields) in WAYS.items():
            with self.subTest(name):
                self.folder = self.folder / "next"
                self.folder.mkdir()
                for kind in ("screen", "script"):
                    store = self.store(*apart("notes/trip", *apart_), name=kind)
                    if kind == "script":
                        self.script(store, "\n".join(["1", *lines]) + "\n")
                    else:
                        terminal = self.terminal(store)
                        for line in ["1", *lines]:
                            terminal.enter(line)
                        self.assertEqual(terminal.leave(), 0)
                        golden(self, "way-" + name.replace(" ", "-").replace(",", ""), terminal.lines())
                    self.settled(store, fields)

    def test_an_editor_is_opened_on_the_record_or_a_field(self):
        for kind in ("screen", "script"):
            store = self.store(*apart("notes/trip", {"title": "To the sea", "days": 3}, {"title": "To the lake"}, {"title": "To the hills"}), name=kind)
            keep = self.folder / "see"
            keep.write_text(f"#!/bin/sh\ncp \"$1\" {self.folder}/seen\nexit 0\n")
            keep.chmod(0o755)
            # Unchanged, the file changes nothing.
            if kind == "script":
                _, err = self.script(store, "1\nedit\n", status=1, EDITOR=str(keep))
                self.assertIn("line 2: the file was not changed", err)
            seen = self.folder / "edited"
            seen.write_text("#!/bin/sh\nprintf '@title\\n\"Edited\"\\n' > \"$1\"\n")
            seen.chmod(0o755)
            if kind == "script":
                self.script(store, "1\nedit title\ndone\n", EDITOR=str(seen))
            else:
                terminal = self.terminal(store, EDITOR=str(seen))
                for line in ("1", "edit title", "done"):
                    terminal.enter(line)
                # The terminal is readline's again.
                terminal.type("get notes/trip")
                terminal.send("\x03")
                self.assertEqual(terminal.leave(), 0)
            self.settled(store, {"title": "Edited", "days": 3})

    def test_an_editor_that_leaves_a_marker_changes_nothing(self):
        store = self.store(*apart("notes/trip", {"title": "a"}, {"title": "b"}, {"title": "c"}))
        touch = self.folder / "touch"
        touch.write_text("#!/bin/sh\necho >> \"$1\"\n")
        touch.chmod(0o755)
        before = self.ok("digest", store=store)
        _, err = self.script(store, "1\nedit\ndone\n", "--keep-going", status=1, EDITOR=str(touch))
        self.assertIn("a marker still stands there", err)
        self.assertIn("line 3: nothing is chosen yet", err)
        self.assertEqual(self.ok("digest", store=store), before)

    def test_a_part_is_written_and_the_rest_stays_open(self):
        store = self.trip()
        out, _ = self.script(store, "1\na title\ndone\n")
        self.assertIn("what is open in notes/trip now", out)
        self.assertEqual(list(self.get(store)["conflicts"]), ["days"])

    def test_done_goes_on_to_the_next_later_skips_and_numbers_stay(self):
        events = []
        for n in range(3):
            events += apart(f"notes/{n}", {"x": 0}, {"x": 1}, {"x": 2}, seqs=(2 * n + 1, 2 * n + 2, n + 1))
        store = self.store(*events)
        terminal = self.terminal(store)
        for line, prompt in (("1", "conflict 1/3 notes/0"), ("later", "conflict 2/3 notes/1"), ("a", "conflict 2/3"), ("done", "conflict 3/3 notes/2"),
                             ("b", "conflict 3/3"), ("done", "desk · 1 conflict ›"), ("2", "desk · 1 conflict ›"), ("1", "conflict 1/3 notes/0")):
            terminal.enter(line)
            self.assertTrue(terminal.line().startswith(prompt), (line, terminal.line()))
        self.assertEqual(terminal.leave(), 0)
        golden(self, "three", terminal.lines())

    def test_many_at_once_are_shown_and_asked_about(self):
        events = []
        for n in range(20):
            events += apart(f"notes/{n:02}", {"x": 0, "kind": "even" if n % 2 == 0 else "odd"}, {"x": 1}, {"x": 2}, seqs=(2 * n + 1, 2 * n + 2, n + 1))
        store = self.store(*events)
        terminal = self.terminal(store)
        terminal.enter("all --where kind=even --choose laptop")
        self.assertTrue(terminal.line().startswith("settle these 10 like this? y or n ›"))
        terminal.enter("n")
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(len(self.objects("conflicts", store=store)), 20)
        # Ctrl-D leaves from here, too.
        leaving = self.terminal(store)
        leaving.enter("all --choose laptop")
        self.assertEqual(leaving.leave(), 0)
        self.assertIn("nothing was written", leaving.lines())
        self.assertEqual(len(self.objects("conflicts", store=store)), 20)
        terminal = self.terminal(store)
        terminal.enter("all --where kind=even --choose laptop")
        terminal.enter("y")
        self.assertIn("10 conflicts settled; `undo --since desk:1` takes them back", terminal.lines())
        self.assertEqual(len(self.objects("conflicts", store=store)), 10)
        terminal.enter("undo --since desk:1")
        self.assertIn("10 events undone", terminal.lines())
        self.assertTrue(terminal.line().startswith("desk · 20 conflicts ›"))
        terminal.enter("redo --since desk:1")
        self.assertIn("10 events redone", terminal.lines())
        self.assertTrue(terminal.line().startswith("desk · 10 conflicts ›"))
        self.assertEqual(terminal.leave(), 0)
        # A script says that it is meant; in a conflict the last choice is the one for all.
        _, err = self.script(store, "all --choose phone\n", status=1)
        self.assertIn("--yes", err)
        self.script(store, "conflicts\n1\nphone\nall --yes\n")
        self.assertEqual(self.objects("conflicts", store=store), [])
        self.assertEqual({r["fields"]["x"] for r in self.objects("list", store=store)}, {1, 2})
        # On a terminal the names of many events say nothing.
        terminal = self.terminal(store)
        terminal.enter("undo --since desk:1")
        self.assertIn("20 events undone", terminal.lines())
        self.assertFalse([line for line in terminal.lines() if re.fullmatch(r"[0-9a-f-]{36}:\d+", line)])
        self.assertEqual(terminal.leave(), 0)

    def test_a_list_with_nothing_in_it_leaves_the_numbers_on_the_screen(self):
        store = self.store(*(event for n in range(4) for event in apart(f"notes/{n}", {"x": 0}, {"x": 1}, {"x": 2}, seqs=(2 * n + 1, 2 * n + 2, n + 1))))
        out, err = self.script(store, "conflicts\nresolve notes/0 --choose laptop\nconflicts --collection zz\nconflicts --limit 0\n3\n")
        self.assertIn("no conflict matches", err)
        self.assertEqual(err.count("no conflict matches"), 1, "that none is wanted is not that there is none")
        self.assertIn("notes/2\n", out)
        self.assertNotIn("notes/3\n", out)

    def test_ten_thousand_conflicts_are_listed_a_screen_at_a_time_and_whole_in_a_pipe(self):
        events = []
        for n in range(10000):
            events += apart(f"notes/{n:05}", {"x": 0}, {"x": 1}, {"x": 2}, seqs=(2 * n + 1, 2 * n + 2, n + 1))
        store = self.store(*events)
        terminal = self.terminal(store)
        terminal.enter("conflicts")
        terminal.wait_text("… and 9970 more")
        self.assertTrue(any(line.startswith("30  notes/00029") for line in terminal.lines()))
        # Ctrl-C ends the line that looks through all of them; what is written by then is said all the same.
        for number, line in enumerate(("all --choose laptop", "resolve --all --choose laptop"), 1):
            terminal.send(line + "\r")
            terminal.wait(lambda: "looking" in terminal.line(), "how far it is")
            terminal.send("\x03")
            terminal.wait(lambda: sum("ended on the way; nothing was written" in line for line in terminal.lines()) == number, "the end")
            terminal.wait_prompt()
            self.assertTrue(terminal.line().startswith("desk · 10000 conflicts ›"), terminal.line())
        terminal.enter("all --choose laptop")
        self.assertEqual(terminal.line(), "settle these 10000 like this? y or n ›")
        terminal.send("y\r")
        terminal.wait(lambda: not terminal.line(), "the answer taken")
        terminal.send("\x03")
        terminal.wait_prompt()
        self.assertTrue(terminal.line().startswith("desk ›"), terminal.line())
        self.assertTrue(any("10000 conflicts settled" in line for line in terminal.lines()))
        self.assertEqual(terminal.leave(), 0)
        store = self.store(*events, name="another")
        out, _ = self.script(store, "conflicts\n")
        self.assertEqual(out.count("\n"), 10000)

    def test_on_forty_columns_base_and_sides_stand_below_each_other(self):
        terminal = self.terminal(self.store(*apart("notes/trip", *TRIP, **{LAPTOP: "the sea is too far"})), columns=40)
        for line in ("1", "b title"):
            terminal.enter(line)
        self.assertEqual(terminal.leave(), 0)
        golden(self, "narrow", terminal.lines())

    def test_of_a_long_text_only_what_differs_is_shown(self):
        lines = [f"line {n} of a long text that nobody wants to read twice" for n in range(4000)]
        left, right = lines[:], lines[:]
        left[1000], right[3000] = "changed on the laptop", "changed on the phone"
        store = self.store(*apart("notes/long", *({"text": "\n".join(text)} for text in (lines, left, right))))
        terminal = self.terminal(store)
        for line in ("1", "merge"):
            terminal.enter(line)
        golden(self, "long", terminal.lines())
        terminal.enter("done")
        self.assertEqual(terminal.leave(), 0)
        merged = lines[:]
        merged[1000], merged[3000] = left[1000], right[3000]
        self.settled(store, {"text": "\n".join(merged)}, "notes/long")

    def test_an_answer_given_before_is_offered_and_never_applied_unasked(self):
        events = [*apart("notes/1", {"x": 0}, {"x": 1}, {"x": 2}), *apart("notes/2", {"x": 0}, {"x": 1}, {"x": 2}, seqs=(3, 4, 2))]
        store = self.store(*events)
        out, _ = self.script(store, "1\nset x=7\ndone\n")
        self.assertIn("the same question was answered", out)
        self.assertEqual(self.get(store, "notes/2")["conflicts"].keys(), {"x"})
        self.script(store, "1\nanswer\ndone\n")
        self.settled(store, {"x": 7}, "notes/2")

    def test_leaving_says_which_choices_are_dropped_and_that_nothing_was_written(self):
        for end in ("", "quit\n", "back\nget notes/trip\n"):
            store = self.store(*apart("notes/trip", *TRIP), name=f"script{len(end)}")
            before = self.ok("digest", store=store)
            _, err = self.script(store, "1\nb title\nset days=7\n" + end)
            self.assertIn('left notes/trip as it is: nothing was written; dropped: days = 7, title = "To the lake"', err)
            self.assertEqual(self.ok("digest", store=store), before)
            # Where nothing was chosen there is nothing to say.
            self.assertNotIn("left", self.script(store, "1\n" + end)[1])
        terminal = self.terminal(self.store(*apart("notes/trip", *TRIP), name="screen"))
        for line in ("1", "b"):
            terminal.enter(line)
        self.assertEqual(terminal.leave(), 0)
        self.assertIn("left notes/trip as it is: nothing was written", " ".join(terminal.lines()))

    def test_undo_takes_a_resolution_back_and_says_so(self):
        for kind in ("screen", "script"):
            store = self.store(*apart("notes/trip", *TRIP), name=kind)
            before = self.get(store)
            if kind == "script":
                out, err = self.script(store, "1\nb\ndone\nundo\n")
            else:
                terminal = self.terminal(store)
                for line in ("1", "b", "done", "undo"):
                    terminal.enter(line)
                self.assertTrue(terminal.line().startswith("screen · 1 conflict ›"), terminal.line())
                self.assertEqual(terminal.leave(), 0)
                golden(self, "undo", terminal.lines())
            after = self.get(store)
            self.assertEqual(after["fields"], before["fields"])
            self.assertEqual({f: sorted(str(e["value"]) for e in c) for f, c in after["conflicts"].items()}, {"days": ["4", "5"], "title": ["To the hills", "To the lake"]})

    def test_a_write_at_the_prompt_changes_the_open_conflict_and_that_is_shown(self):
        store = self.trip()
        out, _ = self.script(store, "1\na title\nput notes/trip title=Else\nb days\ndone\n")
        self.assertIn("notes/trip has changed; this is the conflict now:", out)
        self.settled(store, {"title": "Else", "days": 4, "who": "Ann"})


class Tour(PromptTest):
    def test_the_tour_plays_without_a_terminal_and_leaves_nothing_behind(self):
        lines = readme.tour(TMPDIR=str(self.folder))
        self.assertEqual(list(self.folder.iterdir()), [])
        golden(self, "tour", lines)

    def test_the_readme_shows_what_the_binary_prints(self):
        # In README a line has no spaces at its end.
        self.assertEqual(masked([line.rstrip() for line in readme.tour()]), masked(readme.recorded()))

    def test_the_tour_at_a_terminal_is_settled_in_a_minute(self):
        terminal = Terminal([BINARY, "demo"], TMPDIR=str(self.folder))
        self.addCleanup(terminal.child.close)
        terminal.wait_prompt()
        self.assertLessEqual(len(terminal.lines()), 7)
        for line in ("conflicts", "1", "merge", "done", "a", "done", "b title", "a*", "done"):
            terminal.enter(line)
        terminal.wait(lambda: terminal.line().startswith("laptop·client ● synced ›"), "everything settled and synced")
        self.assertEqual(terminal.leave(), 0)
        self.assertIn("all three hold the same records now", terminal.lines()[-1])
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_without_a_network_the_tour_goes_from_store_to_store(self):
        # The first socket that is bound is the hub's own one beside the network.
        injected = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=bind", "-e", "inject=bind:error=EADDRNOTAVAIL:when=2+", BINARY, "demo"]
        done = subprocess.run(injected, capture_output=True, env=environment(COLUMNS="100", TMPDIR=str(self.folder)), timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertIn("(No hub can be reached on this machine, ", done.stdout.decode())
        self.assertIn("all three hold the same records now", done.stdout.decode())
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_however_it_ends_nothing_is_left_behind(self):
        for number in (signal.SIGHUP, signal.SIGTERM):
            terminal = Terminal([BINARY, "demo"], TMPDIR=str(self.folder))
            self.addCleanup(terminal.child.close)
            terminal.wait_prompt()
            self.assertEqual(len(list(self.folder.iterdir())), 1)
            terminal.child.kill(number)
            self.assertEqual(terminal.ended(), -number)
            self.assertEqual(list(self.folder.iterdir()), [])
        # Whoever reads what it plays goes away.
        subprocess.run(["bash", "-c", f"'{BINARY}' demo < /dev/null | head -1"], env=environment(TMPDIR=str(self.folder)), capture_output=True, timeout=PATIENCE)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_what_is_kept_is_not_said_to_be_removed(self):
        terminal = Terminal([BINARY, "demo", "--keep", self.folder / "kept"])
        self.addCleanup(terminal.child.close)
        terminal.wait_prompt()
        self.assertFalse(any("removed" in line for line in terminal.lines()))
        self.assertEqual(terminal.leave(), 0)

    def test_what_is_kept_can_be_opened(self):
        kept = self.folder / "kept"
        self.ok("demo", "--keep", kept)
        self.assertEqual(self.object("get", "notes/trip", store=kept / "laptop")["fields"]["days"], 5)
        keys = {"SYNCLINE_KEYS": str(kept / "keys")}
        self.assertIn("cannot be reached", self.fails(8, "sync", store=kept / "phone", env=keys))
        port = json.loads((kept / "phone" / ".syncline" / "sync" / "link").read_text())["hubs"][0].rsplit(":", 1)[1]
        hub = HubProcess(kept / "hub", port=port)
        self.addCleanup(hub.kill)
        self.assertEqual(self.object("sync", store=kept / "phone", env=keys)["pending"], 0)


if __name__ == "__main__":
    unittest.main()
