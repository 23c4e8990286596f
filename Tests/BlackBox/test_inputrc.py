"""What a person has in their ~/.inputrc holds at the prompt, and inside a conflict, too."""
import unittest

from harness import DEVICE, event
from prompts import PromptTest


class InputRC(PromptTest):
    def typing(self, store, *lines, **env):
        """A prompt whose keys are bound by these lines."""
        file = self.folder / "inputrc"
        file.write_text("".join(line + "\n" for line in lines))
        terminal = self.terminal(store, **{"INPUTRC": str(file), **env})
        terminal.wait_prompt()
        return terminal

    def typed(self, terminal, text):
        terminal.wait(lambda: terminal.typed() == text, f"{text!r} behind the prompt")

    def back(self, terminal, count):
        """The cursor stands so many places before the end of the line."""
        terminal.wait(lambda: terminal.screen.cursor.x == len(terminal.line()) - count, f"the cursor {count} places before the end")

    def test_keys_of_vi(self):
        store = self.trip()
        terminal = self.typing(store, "set editing-mode vi", "set keyseq-timeout 20")
        terminal.type("put notes/x title='dear Bob'")
        # Out of inserting, to the beginning of the last word, and another one instead.
        terminal.send("\x1b")
        self.back(terminal, 1)
        terminal.send("b")
        self.back(terminal, 4)
        terminal.send("cwAnn")
        self.typed(terminal, "put notes/x title='dear Ann'")
        terminal.send("\r")
        terminal.wait_prompt()
        self.assertEqual(self.get(store, "notes/x")["fields"], {"title": "dear Ann"})
        # Inside a conflict it is the same, and the line before comes back by a letter.
        terminal.enter("1")
        terminal.type("b days")
        terminal.send("\x1b0")
        self.back(terminal, 6)
        terminal.send("ra\r")
        terminal.wait_text("(1 of 2 fields open)")
        terminal.wait_prompt()
        terminal.send("\x1bk")
        self.typed(terminal, "a days")
        terminal.send("A")
        terminal.send("\x15b*\r")
        terminal.wait_prompt()
        terminal.enter("done")
        self.assertEqual(terminal.leave(), 0)
        fields = self.get(store)["fields"]
        self.assertEqual((fields["days"], fields["title"]), (5, "To the lake"))

    def test_keys_bound_for_this_program_alone(self):
        """A macro in a section of its name, in whatever case; one of another program's is not heeded."""
        store = self.trip()
        for name in ("Syncline", "syncline"):
            terminal = self.typing(
                store, f"$if {name}", '"\\C-g": "conflicts\\C-m"', '"\\C-xa": "a title"', "$endif", "$if Bash", '"\\C-xa": "of a shell"', "$endif")
            terminal.send("\x07")
            terminal.wait_text("1  notes/trip")
            terminal.wait_prompt()
            terminal.enter("1")
            terminal.send("\x18a")
            self.typed(terminal, "a title")
            terminal.send("\r")
            terminal.wait_text("(1 of 2 fields open)")
            self.assertEqual(terminal.leave(), 0)

    def test_what_the_program_binds_itself_can_be_bound_otherwise(self):
        store = self.trip()
        terminal = self.typing(store, "TAB: self-insert", "Control-o: complete")
        terminal.type("put no")
        terminal.send("\x0f")
        self.typed(terminal, "put notes/")
        terminal.send("\x15")
        self.typed(terminal, "")
        terminal.send("note\t1")
        terminal.wait(lambda: (terminal.typed() or "").endswith("1") and "notes" not in terminal.typed(), "a tab in the line")
        terminal.send("\x15")
        self.assertEqual(terminal.leave(), 0)

    def completed(self, terminal, *steps):
        """Words that are typed, and what stands in the line behind a Tab."""
        for typed, whole in steps:
            terminal.wait_text("›")
            terminal.add(typed)
            terminal.send("\t")
            self.typed(terminal, whole)

    def test_completion_that_ignores_case(self):
        store = self.trip()
        terminal = self.typing(store, "set completion-ignore-case on")
        self.completed(terminal, ("UNSE", "unset"), ("NO", "unset notes/"), ("TR", "unset notes/trip"), ("T", "unset notes/trip title"))
        terminal.send("\x15")
        # A quote is closed behind it; dashes and underscores differ.
        self.completed(terminal, ("get 'NO", "get 'notes/"), ("tR", "get 'notes/trip'"))
        terminal.send("\x15")
        self.completed(terminal, ("resolve notes/trip --choose_F", "resolve notes/trip --choose_F"))
        terminal.send("\x15")
        # Inside a conflict, too.
        terminal.enter("1")
        self.completed(terminal, ("EDI", "edit"), ("D", "edit days"))
        terminal.send("\x15")
        self.assertEqual(terminal.leave(), 0)

    def test_completion_that_maps_dashes_to_underscores(self):
        terminal = self.typing(self.trip(), "set completion-ignore-case on", "set completion-map-case on")
        self.completed(terminal, ("resolve notes/trip --choose_F", "resolve notes/trip --choose-field"))
        terminal.send("\x15")
        self.assertEqual(terminal.leave(), 0)

    def test_completion_heeds_case_unless_it_is_told_otherwise_also_while_it_runs(self):
        terminal = self.typing(self.trip(), "set completion-map-case on")
        self.completed(terminal, ("GET", "GET"))
        terminal.send("\x15")
        self.completed(terminal, ("resolve notes/trip --choose_f", "resolve notes/trip --choose_f"))
        terminal.send("\x15")
        (self.folder / "inputrc").write_text("set completion-ignore-case on\n")
        terminal.send("\x18\x12")
        self.completed(terminal, ("GE", "get"))
        terminal.send("\x15")
        self.assertEqual(terminal.leave(), 0)

    def test_completion_that_ignores_case_among_very_many_records(self):
        """What they have in common and how they go on, whatever their letters are."""
        store = self.store(*[event(DEVICE, n, record=f"{'rR'[n % 2]}{n:05}") for n in range(1, 3001)])
        terminal = self.typing(store, "set completion-ignore-case on", "set show-all-if-ambiguous on")
        terminal.type("get notes/r0")
        terminal.send("\t")
        terminal.wait_text("notes/R02  notes/r00  notes/r01  notes/r02")
        terminal.send("2999\t")
        self.typed(terminal, "get notes/R02999")
        terminal.send("\x15")
        self.assertEqual(terminal.leave(), 0)

    def test_what_else_is_said_of_completion(self):
        store = self.trip()
        terminal = self.typing(store, "set show-all-if-ambiguous on")
        terminal.type("unset notes/trip ")
        terminal.send("\t")
        terminal.wait_text("days   title")
        terminal.send("\x15")
        terminal.send("x\x15")
        self.assertEqual(terminal.leave(), 0)
        # Each in turn.
        terminal = self.typing(store, '"\\C-o": menu-complete')
        terminal.type("pu")
        for word in ("pull", "push", "put"):
            terminal.send("\x0f")
            self.typed(terminal, word)
        terminal.send("\x15")
        self.assertEqual(terminal.leave(), 0)

    def test_a_line_by_which_readline_is_configured_wrongly_stops_nothing(self):
        terminal = self.typing(self.trip(), "set no-such-variable on", "$if Syncline", '"\\C-g": "status\\C-m"')
        terminal.send("\x07")
        terminal.wait_text("desk")
        self.assertEqual(terminal.leave(), 0)

    def test_the_file_in_the_home_folder(self):
        (self.folder / ".inputrc").write_text('"\\C-g": "help\\C-m"\n')
        terminal = self.terminal(self.trip(), INPUTRC=None, HOME=str(self.folder))
        terminal.wait_prompt()
        terminal.send("\x07")
        terminal.wait_text("conflicts")
        self.assertEqual(terminal.leave(), 0)

    def test_the_mode_in_the_prompt(self):
        """What readline writes before the prompt takes no place that the line needs, also when something arrives above it."""
        store = self.trip()
        terminal = self.typing(store, "set editing-mode vi", "set show-mode-in-prompt on", "set keyseq-timeout 20", columns=60)
        self.assertIn("(ins)", terminal.line())
        terminal.type("put notes/x title=" + "wide-" * 9)
        terminal.send("\x1b")
        terminal.wait(lambda: any("(cmd)" in line for line in terminal.lines()), "the other mode")
        terminal.send("A-end\r")
        terminal.wait_prompt()
        self.assertEqual(self.get(store, "notes/x")["fields"], {"title": "wide-" * 9 + "-end"})
        self.assertEqual(terminal.leave(), 0)


if __name__ == "__main__":
    unittest.main()
