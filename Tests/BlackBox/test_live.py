"""The prompt of a store that has joined a hub: it syncs behind whoever types, and says what comes."""
import unittest

from harness import BINARY
from hub import HubTest
from prompts import PHONE
from terminal import Terminal


class Live(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()

    def prompt(self, store):
        terminal = Terminal([BINARY, "--store", store], **self.keys)
        self.addCleanup(terminal.child.close)
        return terminal

    def connected(self, store):
        terminal = self.prompt(store)
        self.see(terminal, "● synced")
        return terminal

    def see(self, terminal, sign):
        terminal.wait(lambda: sign in terminal.line() and terminal.line().endswith("›"), f"{sign!r} at the prompt")

    def head(self):
        return self.object("status", store=self.folder / "laptop", env=self.keys)["head"]

    def apart(self):
        """Two devices that have edited one field without having seen each other."""
        laptop, phone = self.device("laptop"), self.device("phone")
        self.ok("put", "notes/trip", "title=start", store=phone)
        self.sync(phone)
        self.sync(laptop)
        self.ok("put", "notes/trip", "title=sea", store=phone)
        self.ok("put", "notes/trip", "title=lake", store=laptop)
        return laptop, phone

    def test_a_line_stays_while_something_comes(self):
        laptop, phone = self.device("laptop"), self.device("phone")
        terminal = self.connected(laptop)
        terminal.type("put notes/mine title=half")
        self.ok("put", "notes/trip", "title=sea", store=phone)
        self.sync(phone)
        terminal.wait_text("1 new event from phone")
        terminal.wait(lambda: terminal.line().endswith("› put notes/mine title=half"), "the line as it was")
        terminal.send("way\r")
        terminal.wait_prompt()
        # A prompt that is drawn anew is not the answer yet.
        terminal.send("get notes/mine\rget notes/trip\r")
        terminal.wait_text('"halfway"')
        terminal.wait_text('"sea"')
        self.assertEqual(terminal.leave(), 0)

    def test_a_conflict_is_said_and_settled_for_both(self):
        laptop, phone = self.apart()
        terminal = self.connected(laptop)
        self.sync(phone)
        terminal.wait_text("1 new event from phone, 1 new conflict: notes/trip")
        self.see(terminal, "1 conflict ›")
        terminal.enter("1")
        terminal.enter("phone")
        terminal.enter("done")
        self.see(terminal, "● synced ›")
        self.assertEqual(terminal.leave(), 0)
        self.sync(phone)
        self.assertEqual(self.object("get", "notes/trip", store=phone)["conflicts"], {})
        self.assertEqual(self.digest(phone), self.digest(laptop))

    def test_conflicts_that_come_in_packed_blocks_are_named(self):
        source = self.folder / "W"
        self.ok("bench", "replay", "--events", 4000, "--keep", source, "--runs", 1)
        self.ok("join", self.hub.url, self.invite(), store=source, env=self.keys)
        terminal = self.connected(self.device("laptop"))
        self.assertEqual(self.sync(source, "push")["pushed"], 4000)
        terminal.wait_text("4000 new events from 8 devices, ")
        terminal.wait_text(" new conflicts: notes/")
        self.see(terminal, "conflicts ›")
        self.assertEqual(terminal.leave(), 0)

    def test_writes_of_two_prompts_travel_by_themselves(self):
        laptop, phone = self.device("laptop"), self.device("phone")
        left, right = self.connected(laptop), self.connected(phone)
        left.enter("put notes/trip title=sea")
        right.wait_text("1 new event from laptop")
        right.enter("put notes/trip title=lake --critical")
        left.wait_text('urgent from phone: notes/trip title = "lake"')
        right.wait_text("every device has your urgent event phone:1")
        self.assertEqual((left.leave(), right.leave()), (0, 0))
        self.assertEqual(self.digest(phone), self.digest(laptop))

    def test_the_hub_goes_and_comes(self):
        laptop, phone = self.device("laptop"), self.device("phone")
        terminal = self.connected(laptop)
        port = self.hub.port
        self.hub.kill()
        terminal.wait_text("cannot be reached; what is written here is kept")
        self.see(terminal, "○ offline")
        terminal.enter("put notes/trip title=sea")
        self.see(terminal, "○ offline · 1 pending")
        self.serve(port=port)
        terminal.wait_text("the hub is back")
        self.see(terminal, "● synced ›")
        self.assertEqual(sum("cannot be reached" in line for line in terminal.lines()), 1)
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(self.sync(phone)["pulled"], 1)

    def test_without_a_hub_it_starts_at_once_and_leaves_at_once(self):
        laptop = self.device("laptop")
        self.hub.kill()
        terminal = self.prompt(laptop)
        terminal.enter("put notes/trip title=sea")
        self.see(terminal, "○ offline · 1 pending")
        self.assertEqual(terminal.leave(), 0)

    def test_typing_goes_on_while_very_much_comes_in(self):
        laptop, phone = self.device("laptop"), self.device("phone")
        events = [{"device": PHONE, "seq": seq, "time": seq, "collection": "notes", "record": f"r{seq}", "context": {}, "set": {"n": seq}} for seq in range(1, 20001)]
        self.ok("import", self.lines(events), store=phone)
        self.sync(phone)
        terminal = self.prompt(laptop)
        for number in range(5):
            terminal.enter(f"put notes/mine{number} n={number}")
        terminal.wait_text("20000 new events from 22222222")
        self.see(terminal, "● synced ›")
        self.assertEqual(sum("new events" in line for line in terminal.lines()), 1)
        self.assertEqual(terminal.leave(), 0)
        self.sync(phone)
        self.assertEqual(self.digest(phone), self.digest(laptop))

    def test_the_last_line_goes_up_before_the_prompt_is_left(self):
        laptop = self.device("laptop")
        # It is waited for no longer than a second and a half, in which a busy machine may not do it: then the next line is.
        for number in range(1, 6):
            terminal = self.connected(laptop)
            terminal.enter(f"put notes/trip title={number}")
            self.assertEqual(terminal.leave(), 0)
            if self.head() == number:
                return
        self.fail("no last line went up")

    def test_joining_at_the_prompt_begins_it(self):
        laptop = self.make("laptop")
        terminal = self.prompt(laptop)
        terminal.enter("put notes/trip title=sea")
        terminal.enter(f"join {self.hub.url} {self.invite()}")
        self.see(terminal, "·client ● synced ›")
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(self.head(), 1)

    def test_a_revoked_device_is_told(self):
        master, phone = self.device("desk", "--role", "master"), self.device("phone")
        terminal = self.connected(phone)
        self.ok("revoke", "phone", store=master, env=self.keys)
        terminal.wait_text("this device was revoked; ask whoever runs the hub")
        self.see(terminal, "■ revoked")
        terminal.enter("put notes/trip title=sea")
        self.assertEqual(terminal.leave(), 0)

    def test_an_open_conflict_that_changes_is_shown_before_it_is_settled(self):
        laptop, phone = self.apart()
        self.sync(phone)
        terminal = self.connected(laptop)
        terminal.enter("1")
        self.ok("put", "notes/trip", "title=shore", store=phone)
        self.sync(phone)
        # What was there before has come with a notice of its own.
        terminal.wait(lambda: sum("1 new event from phone" in line for line in terminal.lines()) == 2, "the second event from phone")
        terminal.enter("phone")
        terminal.wait_text("notes/trip has changed; this is the conflict now:")
        terminal.enter("phone")
        terminal.enter("done")
        self.assertEqual(terminal.leave(), 0)
        self.assertEqual(self.object("get", "notes/trip", store=laptop)["fields"], {"title": "shore"})

    def test_a_watch_is_not_needed_at_a_prompt(self):
        terminal = self.connected(self.device("laptop"))
        terminal.enter("sync --watch")
        terminal.wait_text("this prompt syncs by itself")
        self.assertEqual(terminal.leave(), 0)


if __name__ == "__main__":
    unittest.main()
