"""`sync --watch`: it stays connected, pushes what other commands write, and takes in what comes."""
import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import unittest

from harness import BINARY
from hub import HubTest


class Watch:
    """A running `sync --watch --json`; its lines come one by one, and are all in `told`."""

    def __init__(self, store, env, under=()):
        self.process = subprocess.Popen(
            [*under, BINARY, "--store", str(store), "sync", "--watch", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **env}, start_new_session=True)
        self.lines = queue.Queue()
        self.told = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.told.append(json.loads(line))
            self.lines.put(self.told[-1])

    def see(self, kind, timeout=90, **members):
        """The next line of this type with these members."""
        while True:
            line = self.lines.get(timeout=timeout)
            if line["type"] == kind and all(line[name] == value for name, value in members.items()):
                return line

    def forget(self):
        """Leaves out the lines that have come so far."""
        while not self.lines.empty():
            self.lines.get()

    def end(self):
        if self.process.poll() is None:
            # What it runs under may have it as a child.
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join(60)
        self.process.stdout.close()
        self.process.stderr.close()


class Watching(HubTest):
    def watch(self, store):
        watch = Watch(store, self.keys)
        self.addCleanup(watch.end)
        return watch

    def test_writes_travel_by_themselves(self):
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        left, right = self.watch(laptop), self.watch(phone)
        left.see("status", state="connected")
        right.see("status", state="connected")
        self.ok("put", "notes/trip", "title=sea", store=laptop)
        right.see("pulled", events=1)
        self.assertEqual(self.ok("get", "notes/trip", store=phone), self.ok("get", "notes/trip", store=laptop))
        self.ok("put", "notes/trip", "title=lake", "--critical", store=phone)
        self.assertEqual(left.see("critical")["record"], "notes/trip")
        right.see("acknowledged", missing=0)

    def test_it_comes_back(self):
        self.serve()
        laptop = self.device("laptop")
        watch = self.watch(laptop)
        watch.see("status", state="connected")
        port = self.hub.port
        self.hub.kill()
        watch.see("status", state="offline")
        self.ok("put", "notes/trip", "title=sea", store=laptop)
        self.serve(port=port)
        watch.see("status", state="connected", pending=0)
        self.assertEqual(self.object("status", store=laptop, env=self.keys)["head"], 1)

    def test_it_says_that_its_hub_was_set_back(self):
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        port = self.hub.port
        self.hub.stop()
        shutil.copytree(self.data, self.folder / "backup")
        self.serve(port=port)
        watch = self.watch(phone)
        watch.see("status", state="connected")
        self.ok("put", "notes/trip", "title=sea", store=laptop)
        self.sync(laptop)
        watch.see("pulled", events=1)
        self.hub.kill()
        shutil.rmtree(self.data)
        shutil.copytree(self.folder / "backup", self.data)
        self.serve(port=port)
        told = watch.see("warning")
        self.assertEqual((told["warning"], told["advice"]), ("rolled-back", "ask-operator"))
        self.assertIn("nothing here is lost", told["why"])
        # What the hub had lost it gives back.
        watch.see("status", state="connected")
        self.assertEqual(self.object("status", store=laptop, env=self.keys)["head"], 1)

    def test_it_says_that_the_store_was_set_back(self):
        self.serve()
        laptop = self.device("laptop")
        shutil.copytree(laptop, self.folder / "backup")
        self.ok("put", "notes/trip", "title=sea", store=laptop)
        self.sync(laptop)
        shutil.rmtree(laptop)
        shutil.copytree(self.folder / "backup", laptop)
        told = self.watch(laptop).see("warning")
        self.assertEqual((told["warning"], told["advice"]), ("written-elsewhere", "mend-fork"))
        self.assertIn("syncline mend", told["why"])

    def test_revoked_it_ends(self):
        self.serve()
        master, phone = self.device("laptop", "--role", "master"), self.device("phone")
        watch = self.watch(phone)
        watch.see("status", state="connected")
        self.ok("revoke", "phone", store=master, env=self.keys)
        self.assertEqual(watch.process.wait(timeout=90), 9)


if __name__ == "__main__":
    unittest.main()
