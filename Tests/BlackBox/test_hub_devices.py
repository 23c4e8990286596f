"""Devices and a hub as real processes: join, push, pull, sync, and what they say when it does not work."""
import os
import stat
import subprocess
import unittest

from harness import BINARY, run
from hub import HubTest


class Devices(HubTest):
    def test_three_devices_agree(self):
        self.serve()
        stores = [self.device(name) for name in ("laptop", "phone", "desk")]
        for number, store in enumerate(stores):
            for index in range(5):
                self.ok("put", f"notes/{index}", f"title=by {number}", f"n{number}={index}", store=store)
        for _ in range(2):
            for store in stores:
                self.sync(store)
        digests = {self.digest(store) for store in stores}
        self.assertEqual(len(digests), 1)
        status = self.object("status", store=stores[0], env=self.keys)
        self.assertEqual((status["state"], status["pending"], status["head"], status["role"]), ("connected", 0, 15, "client"))
        self.assertGreater(status["conflicts"], 0)
        self.ok("resolve", "notes/0", "--choose", "laptop", store=stores[0])
        for store in (stores[0], stores[1]):
            self.sync(store)
        self.assertEqual(self.digest(stores[0]), self.digest(stores[1]))

    def test_codes_work_once(self):
        self.serve()
        code = self.invite()
        laptop, phone = self.make("laptop"), self.make("phone")
        self.ok("join", self.hub.url, code, store=laptop, env=self.keys)
        self.fails(9, "join", self.hub.url, code, store=phone, env=self.keys)
        self.fails(1, "join", self.hub.url, self.invite(), store=laptop, env=self.keys)

    def test_files_are_private(self):
        self.serve()
        laptop = self.device("laptop")
        self.sync(laptop)
        files = list((laptop / ".syncline" / "sync").iterdir()) + list((self.folder / "keys").iterdir())
        self.assertEqual(len(files), 4)
        for file in files:
            self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600, file)
        key = next((self.folder / "keys").iterdir()).read_text().strip()
        log = (self.folder / "hub.log").read_text()
        self.assertNotIn(key, log)
        for file in (laptop / ".syncline").rglob("*"):
            if file.is_file():
                self.assertNotIn(key.encode(), file.read_bytes())

    def test_offline(self):
        self.serve()
        laptop = self.device("laptop")
        self.hub.stop()
        self.ok("put", "notes/trip", "title=sea", store=laptop)
        for command in ("push", "pull", "sync"):
            self.fails(8, command, store=laptop, env=self.keys)
        status = self.object("status", store=laptop, env=self.keys)
        self.assertEqual((status["state"], status["pending"]), ("offline", 1))
        self.assertTrue(status["why"])
        self.assertEqual(self.object("push", "--dry-run", store=laptop, env=self.keys)["pending"], 1)
        self.serve(port=self.hub.port)
        # The hub has forgotten the token: the device proves its key.
        self.assertEqual(self.sync(laptop)["pushed"], 1)

    def test_what_the_hub_gave_is_not_pending(self):
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        for number in range(3):
            self.ok("put", f"notes/{number}", "title=sea", store=laptop)
        self.sync(laptop)
        self.assertEqual(self.object("pull", store=phone, env=self.keys)["pending"], 0)
        self.assertEqual(self.object("status", "--offline", store=phone, env=self.keys)["pending"], 0)

    def test_not_joined(self):
        laptop = self.make("laptop")
        for command in ("push", "pull", "sync", "devices", "role"):
            self.assertIn("join", self.fails(1, command, store=laptop, env=self.keys))
        status = self.object("status", store=laptop, env=self.keys)
        self.assertEqual((status["state"], status["hub"]), ("alone", None))

    def test_a_copied_store_has_no_key(self):
        import shutil
        self.serve()
        laptop = self.device("laptop")
        copy = self.folder / "copy"
        shutil.copytree(laptop, copy)
        port = self.hub.port
        self.hub.stop()
        self.serve(port=port)
        self.fails(9, "sync", store=copy, env={"SYNCLINE_KEYS": str(self.folder / "other-keys")})

    def test_a_copy_with_its_key_is_a_fork(self):
        import shutil
        self.serve()
        laptop = self.device("laptop")
        self.ok("put", "notes/a", "x=0", store=laptop)
        self.sync(laptop)
        for extra in (0, 1):
            copy = self.folder / f"copy{extra}"
            shutil.copytree(laptop, copy)
            self.ok("put", "notes/a", f"x={extra}1", store=laptop)
            self.sync(laptop)
            # As long as what went up, or longer.
            for _ in range(1 + extra):
                self.ok("put", "notes/a", f"x={extra}2", store=copy)
            self.fails(6, "sync", store=copy, env=self.keys)
            self.fails(6, "push", store=copy, env=self.keys)
        self.assertEqual(self.sync(laptop)["rejected"], 0)

    def test_revoked(self):
        self.serve()
        laptop, phone = self.device("laptop", "--role", "master"), self.device("phone")
        self.fails(9, "revoke", "laptop", store=phone, env=self.keys)
        self.ok("revoke", "phone", store=laptop, env=self.keys)
        self.fails(9, "sync", store=phone, env=self.keys)
        lines = {line["name"]: line for line in self.objects("devices", store=laptop, env=self.keys)}
        self.assertEqual((lines["phone"]["revokedAt"], lines["laptop"].get("revokedAt")), (0, None))
        self.fails(1, "revoke", "nobody", store=laptop, env=self.keys)

    def test_reader(self):
        self.serve()
        laptop, reader = self.device("laptop"), self.device("reader", "--role", "reader")
        self.ok("put", "notes/trip", "title=sea", store=laptop)
        self.sync(laptop)
        self.assertEqual(self.sync(reader)["pulled"], 1)
        self.assertEqual(self.object("role", store=reader, env=self.keys)["role"], "reader")
        self.ok("put", "notes/trip", "title=lake", store=reader)
        self.fails(9, "push", store=reader, env=self.keys)

    def test_imported_events_are_pushed_too(self):
        self.serve()
        other, laptop, phone = self.make("other"), self.device("laptop"), self.device("phone")
        self.ok("put", "notes/trip", "title=sea", store=other)
        self.exchange(other, laptop)
        self.assertEqual(self.sync(laptop)["pushed"], 1)
        self.assertEqual(self.sync(phone)["pulled"], 1)
        self.assertEqual(self.digest(phone), self.digest(other))

    def test_a_hub_that_was_set_back(self):
        import shutil
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        self.ok("put", "notes/a", "x=1", store=laptop)
        self.sync(laptop)
        port = self.hub.port
        self.hub.stop()
        shutil.copytree(self.data, self.folder / "backup")
        self.serve(port=port)
        for index in range(3):
            self.ok("put", f"notes/{index}", "x=1", store=laptop)
        self.sync(laptop)
        self.sync(phone)
        self.hub.stop()
        shutil.rmtree(self.data)
        shutil.copytree(self.folder / "backup", self.data)
        self.serve(port=port)
        self.ok("put", "notes/b", "x=2", store=phone)
        self.assertIn("again", self.fails(7, "sync", store=phone, env=self.keys))
        self.sync(phone)
        self.ok("sync", store=laptop, env=self.keys)
        self.sync(laptop)
        self.assertEqual(self.digest(laptop), self.digest(phone))

    def test_a_reader_that_alone_holds_what_the_hub_lost_says_so(self):
        import shutil
        self.serve()
        laptop, phone, reader = self.device("laptop"), self.device("phone"), self.device("reader", "--role", "reader")
        port = self.hub.port
        self.hub.stop()
        shutil.copytree(self.data, self.folder / "backup")
        self.serve(port=port)
        for index in range(2):
            self.ok("put", f"notes/{index}", "x=1", store=laptop)
        self.sync(laptop)
        self.assertEqual((self.sync(reader)["pulled"], self.sync(reader)["withheld"]), (2, 0))
        self.hub.stop()
        shutil.rmtree(self.data)
        shutil.copytree(self.folder / "backup", self.data)
        self.serve(port=port)
        # The laptop is lost: nobody else has its events.
        said = self.fails(7, "pull", store=reader, env=self.keys)
        self.assertIn("2 events that the hub has not are here alone", said)
        self.assertNotIn("nothing here is lost", said)
        self.assertEqual(self.sync(reader)["withheld"], 2)
        self.assertIn("2 here alone", self.ok("pull", store=reader, env=self.keys))
        events = self.folder / "events.jsonl"
        self.ok("export", events, store=reader)
        self.ok("import", events, store=phone)
        self.sync(phone)
        self.assertEqual(self.sync(reader)["withheld"], 0)
        self.assertEqual(self.digest(reader), self.digest(phone))

    def test_a_store_that_was_set_back(self):
        import shutil
        self.serve()
        laptop = self.device("laptop")
        shutil.copytree(laptop, self.folder / "backup")
        self.ok("put", "notes/a", "x=1", store=laptop)
        self.sync(laptop)
        digest = self.digest(laptop)
        shutil.rmtree(laptop)
        shutil.copytree(self.folder / "backup", laptop)
        self.fails(7, "sync", store=laptop, env=self.keys)
        self.assertEqual(self.digest(laptop), digest)
        self.sync(laptop)

    def test_admin_without_a_running_hub(self):
        code = self.invite("--role", "reader")
        self.serve()
        store = self.make("late")
        self.assertEqual(self.object("join", self.hub.url, code, store=store, env=self.keys)["role"], "reader")
        self.fails(64, "invite", "--data", self.data, "--workspace", "Not A Name")
        self.fails(64, "invite", "--data", self.data, "--ttl", "soon")

    def test_invitations_are_made_at_once_and_while_a_hub_starts(self):
        invites = [
            subprocess.Popen([BINARY, "invite", "--data", str(self.data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)]
        self.serve()
        said = [(child.communicate(), child.returncode) for child in invites]
        self.assertEqual([status for _, status in said], [0] * 6)
        # Whoever came before the hub made its folder, and says so.
        news = [error for (_, error), _ in said if error]
        self.assertLessEqual(len(news), 1, news)
        self.assertTrue(all(b"is a new hub's folder" in error for error in news), news)
        codes = {out.split()[-1].decode() for (out, _), _ in said}
        self.assertEqual(len(codes), 6)
        for number, code in enumerate(codes):
            self.ok("join", self.hub.url, code, store=self.make(f"device-{number}"), env=self.keys)

    def test_one_hub_a_folder(self):
        self.serve()
        self.fails(4, "serve", "--data", self.data, "--listen", "127.0.0.1:0")

    def test_stops_in_order(self):
        self.serve()
        self.assertEqual(self.hub.stop(), 0)
        self.serve()

    def test_beyond_loopback_it_wants_tls(self):
        self.assertIn("tls-cert", self.fails(1, "serve", "--data", self.data, "--listen", "0.0.0.0:0"))


if __name__ == "__main__":
    unittest.main()
