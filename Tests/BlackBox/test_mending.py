"""A store's identity used twice, or a store set back: one command goes on under a new identity, and no event is lost."""
import json
import os
import shutil
import subprocess
import threading
import time
import unittest

from harness import BINARY, OTHER, PATIENCE, event
from hub import HubTest
from test_hub_watch import Watch


class Mending(HubTest):
    def device_of(self, store):
        return self.object("status", "--offline", store=store, env=self.keys)["device"]

    def mend(self, store):
        return self.object("mend", self.invite(), store=store, env=self.keys)

    def mend_under(self, store, *options):
        """The same under strace, which may inject something into the calls that give folders other names; returns the finished process."""
        traced = ["strace", "-f", "-qq", "-o", str(self.folder / "trace"), "-e", "trace=rename,renameat2", "-e", "signal=none"]
        traced += options
        command = [*traced, BINARY, "--store", str(store), "mend", self.invite(), "--json"]
        return subprocess.run(command, capture_output=True, env={**os.environ, **self.keys}, timeout=PATIENCE)

    def values(self, store, record):
        """All values that stand for a field anywhere: shown or in conflict."""
        got = self.object("get", record, store=store)
        sides = [entry.get("value") for entries in got["conflicts"].values() for entry in entries]
        return sorted(str(value) for value in (sides or got["fields"].values()))

    def forked(self):
        """A laptop's store, and a copy of it that wrote other events under the same identity, refused by the hub; and a phone."""
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        self.ok("put", "notes/a", "x=0", store=laptop)
        self.ok("put", "notes/b", "x=0", store=laptop)
        self.sync(laptop)
        self.sync(phone)
        copy = self.folder / "copy"
        shutil.copytree(laptop, copy)
        self.ok("put", "notes/a", "x=laptop", store=laptop)
        self.sync(laptop)
        self.ok("put", "notes/a", "x=copy", store=copy)
        self.ok("put", "notes/b", "x=copy", store=copy)
        self.ok("undo", store=copy)
        self.ok("put", "notes/c", "x=copy", store=copy)
        self.assertIn("syncline mend", self.fails(6, "sync", store=copy, env=self.keys))
        return laptop, copy, phone

    def test_status_says_why_it_does_not_sync(self):
        """Whatever noticed it: a command, or a watch, which ends."""
        _, copy, _ = self.forked()
        for _ in range(2):
            status = self.object("status", store=copy, env=self.keys)
            self.assertEqual(status["state"], "blocked")
            self.assertIn("identity", status["why"])
            self.assertIn("syncline mend", self.ok("status", store=copy, env=self.keys))
            (copy / ".syncline" / "sync" / "progress").unlink()
            watch = Watch(copy, self.keys)
            self.addCleanup(watch.end)
            self.assertEqual(watch.process.wait(timeout=PATIENCE), 6)
        self.mend(copy)
        self.assertEqual(self.object("status", store=copy, env=self.keys)["state"], "connected")

    def test_a_fork_is_mended_and_nothing_is_lost(self):
        laptop, copy, phone = self.forked()
        before = self.device_of(copy)
        report = self.mend(copy)
        self.assertEqual((report["formerly"], report["agreed"], report["reissued"], report["conflicts"]), (before, 2, 4, 1))
        self.assertEqual(self.device_of(copy), report["device"])
        self.sync(phone)
        self.sync(laptop)
        self.assertEqual(len({self.digest(store) for store in (laptop, copy, phone)}), 1)
        self.assertEqual(self.values(phone, "notes/a"), ["copy", "laptop"])
        self.assertEqual((self.values(phone, "notes/b"), self.values(phone, "notes/c")), (["0"], ["copy"]))
        # Each event of the copy is there once, in its order and with its kind.
        lines = [line for line in self.objects("log", store=phone) if line["device"] == report["device"]]
        self.assertEqual([(line["record"], line["kind"]) for line in lines], [("a", "edit"), ("b", "edit"), ("b", "undo"), ("c", "edit")])
        # Both write on.
        for store in laptop, copy, phone:
            self.ok("put", f"notes/{store.name}", "x=1", store=store)
            self.sync(store)
        self.ok("verify", "--deep", store=copy)
        self.assertEqual(self.object("get", "notes/a", store=self.folder / "copy")["record"], "a")

    def test_the_old_log_is_kept_and_whole(self):
        _, copy, _ = self.forked()
        digest, before = self.digest(copy), self.device_of(copy)
        kept = self.mend(copy)["kept"]
        self.assertEqual(kept, str(copy / ".syncline" / "forked" / before))
        old = self.folder / "old"
        old.mkdir()
        shutil.copytree(kept, old / ".syncline")
        self.assertEqual(self.digest(old), digest)
        self.assertFalse((copy / ".syncline.mending").exists())

    def test_who_wrote_what_is_seen(self):
        laptop, copy, phone = self.forked()
        self.ok("name", "phone", "Ann's", store=copy)
        self.mend(copy)
        self.sync(phone)
        names = {side["name"] for side in self.object("conflicts", store=copy)["sides"]}
        self.assertEqual(names, {"laptop before", "laptop"})
        self.assertIn("Ann's", self.ok("devices", store=copy, env=self.keys))
        line = next(line for line in self.objects("devices", store=phone, env=self.keys) if "formerly" in line)
        self.assertEqual(line["formerly"], self.device_of(laptop))

    def test_a_store_that_was_set_back_goes_on_under_a_new_identity(self):
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        shutil.copytree(laptop, self.folder / "backup")
        self.ok("put", "notes/a", "x=1", store=laptop)
        self.sync(laptop)
        shutil.rmtree(laptop)
        shutil.copytree(self.folder / "backup", laptop)
        self.assertIn("syncline mend", self.fails(7, "sync", store=laptop, env=self.keys))
        report = self.mend(laptop)
        self.assertEqual((report["agreed"], report["reissued"]), (1, 0))
        self.ok("put", "notes/a", "x=2", store=laptop)
        self.sync(laptop)
        self.sync(phone)
        self.assertEqual(self.digest(laptop), self.digest(phone))
        self.assertEqual(self.values(phone, "notes/a"), ["2"])

    def test_what_does_not_work_changes_nothing(self):
        _, copy, _ = self.forked()
        digest, device = self.digest(copy), self.device_of(copy)
        self.fails(9, "mend", "AAAAA-AAAAA-AAAAA-AAAAA", store=copy, env=self.keys)
        code, port = self.invite(), self.hub.port
        self.hub.stop()
        self.fails(8, "mend", code, store=copy, env=self.keys)
        self.assertEqual((self.digest(copy), self.device_of(copy)), (digest, device))
        self.serve(port=port)
        self.assertEqual(self.object("mend", code, store=copy, env=self.keys)["reissued"], 4)
        self.fails(1, "mend", code, store=self.make("alone"), env=self.keys)

    def test_what_fits_nowhere_is_left_out_shown_and_kept(self):
        """The laptop built on an event under whose name the hub has another one, of another record: under no identity can that be written."""
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        self.exchange_lines([event(OTHER, 1, record="b")], laptop)
        self.exchange_lines([event(OTHER, 1, record="z")], phone)
        self.sync(phone)
        self.ok("put", "notes/a", "x=1", store=laptop)
        self.ok("put", "notes/b", "x=2", store=laptop)
        self.ok("put", "notes/c", "x=3", store=laptop)
        before, digest = self.device_of(laptop), self.digest(laptop)
        self.assertIn("syncline mend", self.fails(1, "sync", store=laptop, env=self.keys))
        self.assertEqual(self.object("status", store=laptop, env=self.keys)["state"], "blocked")
        self.assertIn("syncline mend", self.ok("status", store=laptop, env=self.keys))
        report = self.mend(laptop)
        # The first one the hub had taken; the last one it keeps, behind the one that it does not take.
        self.assertEqual((report["agreed"], report["reissued"]), (1, 1))
        left = report["leftOut"]
        self.assertEqual([(one["device"], one["seq"], one["record"], one["set"]) for one in left], [(before, 2, "b", {"x": 2})])
        self.assertEqual(report["kept"], str(laptop / ".syncline" / "forked" / before))
        old = self.folder / "old"
        old.mkdir()
        shutil.copytree(report["kept"], old / ".syncline")
        self.assertEqual(self.digest(old), digest)
        self.assertIn(left[0], self.objects("export", store=old))
        # What came behind it is there, and all goes on.
        self.ok("put", "notes/a", "x=4", store=laptop)
        self.assertEqual(self.sync(laptop)["pending"], 0)
        self.sync(phone)
        self.assertEqual(self.digest(laptop), self.digest(phone))
        self.assertEqual(self.values(phone, "notes/c"), ["3"])
        self.assertEqual([line["record"] for line in self.objects("list", store=phone)], ["a", "c", "z"])

    def exchange_lines(self, events, store):
        self.ok("import", self.lines(events), store=store)

    def watch(self, store):
        watch = Watch(store, self.keys)
        self.addCleanup(watch.end)
        return watch

    def test_a_watch_goes_on_as_the_device_that_the_store_is_mended_to(self):
        """It neither warns of what the former identity was, nor notes anything of that one's."""
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        self.exchange_lines([event(OTHER, 1, record="b")], laptop)
        self.exchange_lines([event(OTHER, 1, record="z")], phone)
        self.sync(phone)
        self.ok("put", "notes/b", "x=2", store=laptop)
        watch = self.watch(laptop)
        watch.see("status", state="blocked")
        report = self.mend(laptop)
        self.assertEqual(watch.see("mended")["device"], report["device"])
        watch.see("status", state="connected", pending=0)
        self.sync(phone)
        other = self.watch(phone)
        other.see("status", state="connected")
        self.ok("put", "notes/c", "x=3", store=laptop)
        other.see("pulled", events=1)
        self.assertEqual(self.values(phone, "notes/c"), ["3"])
        watch.see("status", state="connected", pending=0)
        watch.end()
        self.assertEqual([line for line in watch.told if line["type"] == "warning"], [])
        self.assertEqual(self.object("status", "--offline", store=laptop, env=self.keys)["pending"], 0)

    def test_a_watch_outlasts_the_moment_in_which_the_stores_are_swapped(self):
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        watch, other = self.watch(laptop), self.watch(phone)
        for each in watch, other:
            each.see("status", state="connected")
        place, aside = laptop / ".syncline", laptop / ".syncline.mending"
        (aside / "forked").mkdir(parents=True)
        os.rename(place, aside / "forked" / "old")
        # It looks several times a second.
        time.sleep(1)
        os.rename(aside / "forked" / "old", place)
        shutil.rmtree(aside)
        self.ok("put", "notes/a", "x=1", store=laptop)
        other.see("pulled", events=1)

    def test_there_is_a_store_at_every_moment(self):
        """Each call that renames waits before and after: who looks meanwhile finds the old store or the new one."""
        _, copy, _ = self.forked()
        place, missing, over = copy / ".syncline", [], threading.Event()

        def look():
            while not over.wait(0.002):
                if not (place / "device").exists():
                    missing.append(time.monotonic())

        looking = threading.Thread(target=look)
        looking.start()
        done = self.mend_under(copy, "-e", "inject=rename,renameat2:delay_enter=200000:delay_exit=200000")
        over.set()
        looking.join()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(missing, [])
        self.assertEqual(json.loads(done.stdout)["reissued"], 4)

    def test_where_names_cannot_be_exchanged_two_renames_do_it(self):
        for error in ("EINVAL", "ENOSYS"):
            with self.subTest(error):
                self.setUp()
                _, copy, phone = self.forked()
                before = self.device_of(copy)
                done = self.mend_under(copy, "-e", f"inject=renameat2:error={error}")
                self.assertEqual(done.returncode, 0, done.stderr)
                report = json.loads(done.stdout)
                self.assertEqual((self.device_of(copy), report["reissued"]), (report["device"], 4))
                self.assertTrue((copy / ".syncline" / "forked" / before / "device").exists())
                self.assertFalse((copy / ".syncline.mending").exists())
                self.sync(phone)
                self.assertEqual(self.digest(copy), self.digest(phone))

    def test_an_interruption_between_the_two_renames_is_completed(self):
        _, copy, phone = self.forked()
        report = self.mend(copy)
        whole = copy / ".syncline"
        os.rename(whole, copy / ".syncline.mending")
        self.ok("mend", "any", store=copy, env=self.keys)
        self.assertEqual(self.device_of(copy), report["device"])
        self.sync(phone)
        self.assertEqual(self.digest(copy), self.digest(phone))

    def test_an_interruption_behind_the_exchange_is_completed(self):
        """The mended store has its place, and works, before the old one lies in its own; what an earlier mending kept lies in that one."""
        _, copy, phone = self.forked()
        first = self.device_of(copy)
        self.mend(copy)
        shutil.copytree(copy, self.folder / "twin")
        self.ok("put", "notes/a", "x=twin", store=self.folder / "twin")
        self.sync(self.folder / "twin")
        self.ok("put", "notes/d", "x=4", store=copy)
        second = self.device_of(copy)
        done = self.mend_under(copy, "-e", "inject=rename:signal=KILL", "-P", str(copy / ".syncline.mending"))
        self.assertNotEqual(done.returncode, 0)
        third = self.device_of(copy)
        self.assertNotIn(third, (first, second))
        self.assertTrue((copy / ".syncline.mending").exists())
        self.ok("put", "notes/e", "x=5", store=copy)
        self.ok("mend", "any", store=copy, env=self.keys)
        self.assertFalse((copy / ".syncline.mending").exists())
        kept = copy / ".syncline" / "forked" / second
        self.assertTrue((kept / "device").exists() and (kept / "forked" / first / "device").exists())
        self.assertEqual(self.device_of(copy), third)
        self.sync(copy)
        self.sync(phone)
        self.assertEqual(self.digest(copy), self.digest(phone))
        self.assertEqual((self.values(phone, "notes/d"), self.values(phone, "notes/e")), (["4"], ["5"]))


if __name__ == "__main__":
    unittest.main()
