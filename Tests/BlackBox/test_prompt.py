"""The prompt at a terminal, as a person sees it: typing, history, completion, signals, sizes, colours."""
import re
import signal
import stat
import subprocess
import time
import unittest

from harness import BINARY, DEVICE, event
from prompts import PromptTest, apart
from terminal import Terminal, golden


class Typing(PromptTest):
    def test_the_first_screen_the_list_and_the_help(self):
        terminal = self.terminal(self.trip())
        terminal.enter("conflicts")
        terminal.enter("get notes/trip")
        terminal.enter("confilcts")
        terminal.enter("put notes/trip 'open")
        terminal.enter("help get")
        self.assertEqual(terminal.leave(), 0)
        golden(self, "first", terminal.lines())

    def test_a_line_is_words_with_quotes_and_an_error_ends_nothing(self):
        store = self.store()
        terminal = self.terminal(store)
        for line in ("get notes/none", "put 'notes/a b' \"title=say \\\"hi\\\"\" x=it\\'s", "frobnicate", "put", "list"):
            terminal.enter(line)
        self.assertIn('  \'notes/a b\'  title="say \\"hi\\"" x="it\'s"', terminal.lines())
        self.assertEqual(terminal.leave(), 0)

    def test_wide_and_combining_characters_are_edited_as_characters(self):
        store = self.store()
        terminal = self.terminal(store, LANG=None)
        terminal.type("put notes/x title=日本e\u0301語")
        # Over one wide character, away with the combined one.
        terminal.send("\x1b[D\x7f")
        terminal.wait(lambda: "日本語" in terminal.line(), "the character gone")
        terminal.send("\r")
        terminal.wait_prompt()
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(self.get(store, "notes/x")["fields"], {"title": "日本語"})

    def test_data_never_steers_the_terminal(self):
        store = self.store(*apart("notes/t", {"title": "x"}, {"title": "\x1b[2J\x1b]0;evil\x07 boo"}, {"title": "\x9b31m\u202e lake\r\n"}))
        terminal = self.terminal(store, NO_COLOR="1")
        for line in ("conflicts", "1", "a", "b", "get notes/t --json", "log --json", "log --csv", "export --csv", "export", "dump --canonical"):
            terminal.enter(line)
        for steering in ("\x1b[2J", "\x1b]0", "\u202e", "\x9b"):
            self.assertNotIn(steering.encode(), terminal.raw)
        self.assertTrue(any("\\u001b[2J" in line for line in terminal.lines()))
        # In a pipe a table and an export are what they are.
        self.assertIn("\x9b31m", self.ok("export", "--csv", store=store))
        self.assertIn("\x9b31m\u202e", self.ok("export", store=store))

    def test_completion_never_steers_the_terminal_and_what_it_types_is_meant(self):
        evil = "\x9b41mred\x1b[2J\u202e"
        store = self.store(*apart(f"notes/a{evil}", {f"f{evil}": "x"}, {f"f{evil}": evil}, {f"f{evil}": "y"}), event("00000000-0000-4000-8000-000000000009", 1, record="ab", set={"n": 1}))
        terminal = self.terminal(store)
        terminal.type("get notes/a")
        terminal.send("\t\t")
        shown = "a$'\\u009b'41mred$'\\u001b'[2J$'\\u202e'"
        terminal.wait(lambda: any(shown in line and "notes/ab" in line for line in terminal.lines()), "both records")
        terminal.send("$\t")
        terminal.wait(lambda: shown in terminal.line(), "the record in the line")
        terminal.send("\r")
        terminal.wait_prompt()
        terminal.type(f"why notes/{shown} ")
        terminal.send("\t\r")
        terminal.wait_prompt()
        self.assertTrue(any("\\u009b41mred" in line for line in terminal.lines()))
        terminal.enter("1")
        terminal.type("a")
        terminal.send(" \t\r")
        terminal.wait(lambda: any(re.search(r"done|preview|1 of 1|decided", line) for line in terminal.lines()), "a side taken")
        for steering in evil[:1], evil[7:11], evil[-1]:
            self.assertNotIn(steering.encode(), terminal.raw)

    def test_a_pasted_text_of_several_lines_is_as_many_commands(self):
        store = self.store()
        terminal = self.terminal(store)
        terminal.wait_prompt()
        terminal.send("\x1b[200~put notes/a x=1\nput notes/b x=2\x1b[201~")
        terminal.wait_text("notes/b")
        terminal.send("\r")
        terminal.wait(lambda: len(self.objects("list", store=store)) == 2, "both records")
        self.assertEqual(terminal.leave(), 0)

    def test_a_question_is_answered_by_somebody_and_not_by_what_was_pasted_behind_it(self):
        store = self.trip()
        terminal = self.terminal(store)
        terminal.wait_prompt()
        terminal.send("\x1b[200~all --choose laptop\ny\nput notes/b x=2\x1b[201~\r")
        terminal.wait(lambda: terminal.line() == "settle this one like this? y or n ›", "the question")
        terminal.send("n\r")
        terminal.wait(lambda: len(self.objects("list", store=store)) == 2, "what was pasted behind it")
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(len(self.objects("conflicts", store=store)), 1)
        self.assertNotIn("\nn\n", (store / ".syncline" / "history").read_text())

    def test_ctrl_c_ends_what_was_pasted_too(self):
        store = self.trip()
        terminal = self.terminal(store)
        terminal.wait_prompt()
        terminal.send("\x1b[200~all --choose laptop\nput notes/b x=2\x1b[201~\r")
        terminal.wait(lambda: terminal.line() == "settle this one like this? y or n ›", "the question")
        terminal.send("\x03")
        terminal.wait(lambda: terminal.line().startswith("desk"), "the prompt")
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(len(self.objects("list", store=store)), 1)

    def test_a_terminal_without_abilities_will_do(self):
        store = self.trip()
        terminal = self.terminal(store, TERM="dumb")
        for line in ("conflicts", "1", "b", "done"):
            terminal.enter(line)
        self.assertEqual(terminal.leave(), 0)
        self.assertNotIn(b"\x1b[3", terminal.raw)
        self.settled(store, {"title": "To the lake", "days": 4, "who": "Ann"})

    def test_colours_unless_they_are_unwanted(self):
        store = self.trip()
        colours = re.compile(rb"\x1b\[[0-9;]*m")
        for env, expected in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)):
            terminal = self.terminal(store, **env)
            terminal.enter("1")
            self.assertEqual(terminal.leave(), 0)
            self.assertEqual(bool(colours.search(terminal.raw)), expected, env)


class HistoryAndCompletion(PromptTest):
    def test_history_is_kept_across_runs_for_the_owner_only(self):
        store = self.store()
        terminal = self.terminal(store)
        terminal.enter("put notes/a x=1")
        terminal.enter(" put notes/secret x=1")
        self.assertEqual(terminal.leave(), 0)
        terminal = self.terminal(store)
        terminal.wait_prompt()
        terminal.send("\x1b[A")
        terminal.wait(lambda: "put notes/a x=1" in terminal.line(), "the line of the last run")
        terminal.send("\x03")
        self.assertEqual(terminal.leave(), 0)
        history = store / ".syncline" / "history"
        self.assertEqual(stat.S_IMODE(history.stat().st_mode), 0o600)
        self.assertEqual(history.read_text(), "put notes/a x=1\n")

    def test_history_is_bounded(self):
        store = self.store()
        history = store / ".syncline" / "history"
        history.write_text("".join(f"get notes/{n}\n" for n in range(5000)))
        terminal = self.terminal(store)
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(len(history.read_text().splitlines()), 2000)
        self.assertEqual(stat.S_IMODE(history.stat().st_mode), 0o600)

    def test_where_history_cannot_be_kept_the_prompt_works_all_the_same(self):
        store = self.store()
        (store / ".syncline" / "history").mkdir()
        terminal = self.terminal(store)
        terminal.enter("put notes/a x=1")
        terminal.wait_prompt()
        terminal.send("\x1b[A")
        terminal.wait(lambda: "put notes/a x=1" in terminal.line(), "the line before")
        terminal.send("\x03")
        self.assertEqual(terminal.leave(), 0)

    def test_tab_completes_commands_records_fields_and_sides(self):
        terminal = self.terminal(self.trip())
        for typed, completed in (("unse", "unset "), ("notes/tr", "unset notes/trip "), ("ti", "unset notes/trip title ")):
            terminal.wait_text("›")
            terminal.add(typed)
            terminal.send("\t")
            terminal.wait(lambda: terminal.line().endswith(("› " + completed).rstrip()) and terminal.screen.cursor.x > len(terminal.line()), completed)
        terminal.send("\x03")
        terminal.enter("1")
        terminal.type("b ti")
        terminal.send("\t\r")
        terminal.wait_text("(b laptop)")
        self.assertEqual(terminal.leave(), 0)

    def test_tab_completes_files_where_a_command_takes_one(self):
        store = self.trip()
        (self.folder / "some events").mkdir()
        (self.folder / "some events" / "it's.jsonl").write_bytes(self.ok("export", store=store).encode())
        (self.folder / "some events" / ".hidden").write_text("")
        terminal = self.terminal(store)
        terminal.wait_prompt()
        terminal.send(f"import {self.folder}/som\t")
        terminal.wait_text("some\\ events/")
        terminal.send("\t\r")
        terminal.wait_text("0 applied")
        self.assertEqual(terminal.leave(), 0)

    def test_a_list_of_json_is_typed_with_its_own_quotes(self):
        store = self.store()
        self.script(store, 'put notes/x tags=["a","b c"] size={"w":1} \'note=["d"]\' title="[e]" --note "[f]"\n')
        self.assertEqual(self.get(store, "notes/x")["fields"], {"tags": ["a", "b c"], "size": {"w": 1}, "note": ["d"], "title": "[e]"})

    def test_tab_completes_what_a_deleted_record_had(self):
        terminal = self.terminal(self.store(*apart("notes/trip", {"title": "To the sea", "days": 3}, {"days": 4}, None)))
        terminal.enter("1")
        terminal.type("edit ti")
        terminal.send("\t")
        terminal.wait(lambda: terminal.line().endswith("edit title"), "the field of the edit")
        terminal.send("\x03")
        self.assertEqual(terminal.leave(), 0)

    def test_completion_of_very_many_records_shows_how_they_go_on(self):
        store = self.store(*[event(DEVICE, n, record=f"r{n:05}") for n in range(1, 3001)])
        terminal = self.terminal(store)
        terminal.type("get notes/")
        terminal.send("\t")
        terminal.wait(lambda: terminal.line().endswith("get notes/r0"), "what all begin with")
        terminal.send("\t\t")
        terminal.wait_text("notes/r00  notes/r01  notes/r02  notes/r03")
        terminal.send("2999\t")
        terminal.wait(lambda: terminal.line().endswith("get notes/r02999"), "the record")


class Signals(PromptTest):
    def test_ctrl_c_ends_the_line_and_never_the_program(self):
        store = self.trip()
        terminal = self.terminal(store)
        terminal.type("put notes/x a=1")
        terminal.send("\x03")
        terminal.wait(lambda: terminal.at_prompt(), "an empty line")
        self.assertEqual(len([line for line in terminal.lines() if line.endswith("put notes/x a=1^C")]), 1)
        self.assertEqual(sum(line.endswith("›") for line in terminal.lines()), 1)
        terminal.enter("1")
        terminal.send("\x03")
        terminal.enter("help")
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(len(self.objects("list", store=store)), 1)

    def test_ctrl_d_in_a_conflict_writes_nothing_unfinished(self):
        store = self.trip()
        before = self.ok("digest", store=store)
        terminal = self.terminal(store)
        for line in ("1", "a", "b title"):
            terminal.enter(line)
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(self.ok("digest", store=store), before)

    def test_ctrl_z_stops_and_fg_comes_back_to_the_same_line(self):
        store = self.trip()
        shell = Terminal(["/bin/bash", "--norc", "--noprofile", "-i"], PS1="$ ", history=2000)
        self.addCleanup(shell.child.close)
        shell.wait(lambda: shell.line().endswith("$"), "the shell")
        shell.send(f"{BINARY} --store {store}\r")
        shell.wait_prompt()
        shell.type("put notes/x a=12")
        shell.left()
        shell.send("\x1a")
        shell.wait(lambda: shell.line().endswith("$") and any("Stopped" in line for line in shell.lines()), "the shell again")
        shell.send("echo $((6 * 7))\r")
        shell.wait(lambda: "42" in shell.lines(), "a shell that echoes and reads lines")
        shell.send("fg\r")
        shell.wait(lambda: shell.line().endswith("› put notes/x a=12"), "the line as it was")
        shell.send("3\r")
        shell.wait_prompt()
        shell.send("\x04")
        shell.wait(lambda: shell.line().endswith("$"), "the shell at the end")
        self.assertEqual(self.get(store, "notes/x")["fields"], {"a": 132})

    def test_a_new_size_of_the_window_is_heeded(self):
        terminal = self.terminal(self.trip(), columns=120)
        terminal.type("put notes/x title=" + "word-" * 8)
        terminal.child.setwinsize(40, 50)
        terminal.screen.resize(40, 50)
        terminal.columns = 50
        terminal.send("end")
        terminal.wait(lambda: terminal.line().endswith("end"), "the line, wrapped")
        terminal.send("\r")
        terminal.enter("1")
        self.assertTrue(any(line.startswith("! title = ") for line in terminal.lines()), terminal.lines())
        self.assertEqual(terminal.leave(), 0)

    def test_ended_from_outside_it_gives_the_terminal_back(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            terminal = self.terminal(self.trip() if number == signal.SIGTERM else self.store(name="other"))
            terminal.wait_prompt()
            terminal.child.kill(number)
            self.assertEqual(terminal.ended(), -number)


class Lock(PromptTest):
    def test_the_prompt_holds_the_store_and_a_refused_writer_is_told_by_whom_and_at_once(self):
        store = self.store()
        terminal = self.terminal(store)
        terminal.wait_prompt()
        start = time.monotonic()
        for words in (("put", "notes/x", "a=1"), ("repl",)):
            message = self.fails(4, *words, store=store, stdin=b"")
            self.assertIn(f"process {terminal.child.pid} (", message)
        # No time is asserted but that a minute's patience was not used up.
        self.assertLess(time.monotonic() - start, 60)
        self.assertEqual(self.objects("list", store=store), [])
        self.assertEqual(terminal.leave(), 0)
        self.ok("put", "notes/x", "a=1", store=store)

    def test_what_arrives_while_somebody_types_stands_above_the_line(self):
        store = self.store()
        terminal = self.terminal(store)
        terminal.type("put notes/x title=half")
        terminal.left(2)
        self.fails(4, "put", "notes/y", "a=1", store=store)
        terminal.wait_text("another program wants to write to this store")
        terminal.wait(lambda: terminal.line().endswith("› put notes/x title=half"), "the line as it was")
        lines = terminal.lines()
        self.assertLess([n for n, line in enumerate(lines) if "another program" in line][0], len(lines) - 1)
        self.assertEqual(sum("title=half" in line for line in lines), 1)
        terminal.send("--\r")
        terminal.wait_prompt()
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(self.get(store, "notes/x")["fields"], {"title": "ha--lf"})


class Script(PromptTest):
    def test_a_script_stops_at_the_first_error_with_its_line(self):
        store = self.store()
        text = "# a remark\n\nput notes/a x=1\nget notes/none\nput notes/b x=1\n"
        out, err = self.script(store, text, status=1)
        self.assertIn("line 4: there is no record notes/none", err)
        self.assertEqual([r["record"] for r in self.objects("list", store=store)], ["a"])
        out, err = self.script(store, text.replace("get notes/none", "frobnicate"), status=64)
        self.assertIn("line 4", err)
        self.script(store, text, "--keep-going", status=1)
        self.assertEqual([r["record"] for r in self.objects("list", store=store)], ["a", "b"])

    def test_a_script_has_no_prompt_and_ends_with_0(self):
        store = self.trip()
        out, err = self.script(store, "get notes/trip --json\nquit\nfrobnicate\n")
        self.assertEqual((out.count("\n"), err), (1, ""))
        self.assertNotIn("›", out + err)
        self.assertEqual(self.script(store, "1\na"), self.script(store, "1\na\n"))

    def test_a_file_is_a_script_too_and_json_errors_are_objects(self):
        store = self.store()
        path = self.folder / "script"
        path.write_text("put notes/a x=1\nget notes/none\n")
        with open(path) as file:
            done = subprocess.run([BINARY, "--store", str(store), "--json"], stdin=file, capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r'^\{"error":"line 2: .*","code":"no-such-record"')

    def test_commands_that_need_another_store_say_so(self):
        store, other = self.store(), self.store(name="other")
        for line in ("init", "demo", "repl", f"get notes/a --store {other}"):
            _, err = self.script(store, line + "\n", status=64)
            self.assertIn("leave", err)
            # What is typed after leaving has the program's name.
            self.assertIn("then `syncline ", err)
        self.script(store, f"put notes/a x=1 --store {store}\n")
        _, err = self.script(store, "sync\n", status=1)
        self.assertIn("`syncline invite`, then `join URL CODE`", err)
        self.script(store, "help frob\nput notes/b x=1\n", status=64)

    def test_numbers_of_the_past_open_nothing_else(self):
        store = self.store(*apart("notes/a", {"x": 0}, {"x": 1}, {"x": 2}), *apart("notes/b", {"x": 0}, {"x": 1}, {"x": 2}, seqs=(3, 4, 2, 2)))
        self.ok("resolve", "notes/a", "--choose", "laptop", store=store)
        _, err = self.script(store, "conflicts --at '#6'\n1\n", status=1)
        self.assertIn("one of the past", err)
        out, _ = self.script(store, "conflicts --at '#6'\nconflicts\n1\na\ndone\n")
        self.assertIn("1  notes/a", out)
        self.assertIn("notes/b is settled", out)

    def test_a_word_inside_a_conflict_is_told_from_a_command(self):
        store = self.store()
        _, err = self.script(store, "later\n", status=64)
        self.assertIn("a word inside a conflict", err)

    def test_without_a_store_it_says_how_to_make_one(self):
        self.assertIn("syncline init", self.fails(1, cwd=self.folder, stdin=b""))


if __name__ == "__main__":
    unittest.main()
