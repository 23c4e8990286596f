"""Names of devices: told by the hub at each sync, kept behind names given by hand, told apart, and never obeyed by a terminal."""
import json
import unittest

from harness import BINARY, run
from hub import HubTest
from terminal import Terminal


class Names(HubTest):
    def store_id(self, store):
        return (store / ".syncline" / "device").read_text().split("\n")[1]

    def conflict_of(self, *names):
        """Stores of devices with these names, in conflict over one record, all synced; the first one wrote first."""
        self.serve()
        stores = []
        for number, name in enumerate(names):
            path = self.folder / f"device-{number}"
            path.mkdir()
            self.ok("init", "--name", name, store=path)
            self.ok("join", self.hub.url, self.invite(), store=path, env=self.keys)
            stores.append(path)
        self.ok("put", "notes/trip", "title=start", store=stores[0])
        for store in stores:
            self.sync(store)
        for number, store in enumerate(stores):
            self.ok("put", "notes/trip", f"title=place {number}", store=store)
        for store in stores + stores:
            self.sync(store)
        return stores

    def side_names(self, store):
        return sorted(side["name"] for side in self.object("conflicts", store=store)["sides"])

    def test_each_sees_the_others_name(self):
        laptop, phone = self.conflict_of("laptop", "phone")
        for store in laptop, phone:
            self.assertEqual(self.side_names(store), ["laptop", "phone"])
            self.assertIn("by phone:1", self.ok("get", "notes/trip", "--who", store=store))
            for words in ["conflicts"], ["show", "notes/trip"], ["log"], ["devices"]:
                text = self.ok(*words, store=store, env=self.keys)
                self.assertIn("laptop", text, words)
                self.assertIn("phone", text, words)
        self.ok("resolve", "notes/trip", "--choose", "phone", store=laptop)
        self.assertEqual(self.object("get", "notes/trip", store=laptop)["fields"], {"title": "place 1"})

    def test_each_way_of_syncing_brings_names(self):
        self.serve()
        first = self.device("first")
        for command in "push", "pull", "sync":
            self.device(f"before-{command}")
            self.ok(command, store=first, env=self.keys)
            self.assertIn(f"before-{command}", (first / ".syncline" / "names.told").read_text())
        late = self.device("late")
        self.assertIn("first", (late / ".syncline" / "names.told").read_text())

    def test_a_prompt_shows_them(self):
        laptop, phone = self.conflict_of("laptop", "phone")
        terminal = Terminal([BINARY, "--store", laptop], **self.keys)
        self.addCleanup(terminal.child.close)
        terminal.enter("conflicts")
        terminal.enter("1")
        terminal.wait_text("a phone, ")
        self.assertEqual(terminal.leave(), 0)

    def test_a_name_by_hand_comes_first(self):
        laptop, phone = self.conflict_of("laptop", "phone")
        self.ok("name", "phone", "Ann's phone", store=laptop)
        self.sync(laptop)
        self.assertEqual(self.side_names(laptop), ["Ann's phone", "laptop"])
        self.assertEqual(self.side_names(phone), ["laptop", "phone"])
        self.assertIn("Ann's phone", self.ok("devices", store=laptop, env=self.keys))
        self.ok("name", "Ann's phone", store=laptop)
        self.assertEqual(self.side_names(laptop), ["laptop", "phone"])
        self.fails(1, "name", "laptop", "desk", store=laptop)
        self.fails(64, "name", "phone", "a\nb", store=laptop)

    def test_who_has_joined_since_the_last_sync_is_named_too(self):
        self.serve()
        laptop = self.device("laptop")
        phone = self.device("phone")
        self.ok("name", "phone", "Ann's phone", store=laptop, env=self.keys)
        self.assertIn("Ann's phone", self.ok("devices", store=laptop, env=self.keys))
        self.assertIn("no device is called “tablet”", self.fails(1, "name", "tablet", "x", store=laptop, env=self.keys))
        self.assertIn("no device is called “tablet”", self.fails(1, "name", "tablet", "x", store=self.make("alone")))

    def test_two_of_one_name(self):
        stores = self.conflict_of("laptop", "phone", "phone")
        names = [f"phone~{self.store_id(store)[:8]}" for store in stores[1:]]
        self.assertEqual(self.side_names(stores[0]), sorted(["laptop", *names]))
        self.assertIn("fits several", self.fails(64, "resolve", "notes/trip", "--choose", "phone", store=stores[0]))
        self.ok("resolve", "notes/trip", "--choose", names[1], store=stores[0])
        self.assertEqual(self.object("get", "notes/trip", store=stores[0])["fields"], {"title": "place 2"})

    def test_a_word_of_the_prompt_is_not_taken_over(self):
        stores = self.conflict_of("laptop", "base")
        self.assertEqual(self.side_names(stores[0]), sorted([f"base~{self.store_id(stores[1])[:8]}", "laptop"]))
        self.ok("resolve", "notes/trip", "--choose", "base", store=stores[0])
        self.assertEqual(self.object("get", "notes/trip", store=stores[0])["fields"], {"title": "start"})

    def test_control_characters_are_shown(self):
        # C1 controls and overrides of direction pass for text; ESC and its like come from a file that somebody else wrote.
        laptop, odd = self.conflict_of("laptop", "red\u009b31m\u202eenohp")
        self.assertEqual(self.side_names(laptop), ["laptop", "red\\u009b31m\\u202eenohp"])
        told = laptop / ".syncline" / "names.told"
        told.write_text(json.dumps({self.store_id(odd): "red\u001b[31m\nphone"}))
        for words in ["conflicts"], ["show", "notes/trip"], ["log"], ["get", "notes/trip", "--who"]:
            out = run(*words, store=laptop).stdout
            self.assertIn(b"red\\u001b[31m\\u000aphone", out, words)
            self.assertNotIn(b"\x1b", out)
        told.write_text("{")
        self.assertEqual(self.side_names(laptop), sorted(["laptop", self.store_id(odd)[:8]]))


if __name__ == "__main__":
    unittest.main()
