import json
import os
import random
import signal
import subprocess
import time
import unittest

from harness import BINARY, DEVICE, StoreTest, event, run

SEED = 11


class Kills(StoreTest):
    """kill -9 of the real binary at random moments; the seed is fixed, the moments are what the machine makes of it."""

    def verified(self, store):
        """Nothing acknowledged is lost; returns what `verify` found."""
        done = run("verify", "--json", store=store)
        self.assertIn(done.returncode, (0, 2), done.stdout + done.stderr)
        return json.loads(done.stdout)

    def kill_after(self, words, store, seconds):
        """Starts the command and kills it; True when it had ended before."""
        child = subprocess.Popen([BINARY, "--store", str(store), *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            child.communicate(timeout=seconds)
            return True
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.communicate()
            return False

    def test_every_put_that_exited_0_is_there(self):
        store, r = self.make(), random.Random(SEED)
        # The moments follow what a put takes on this machine now, so that some end before and some do not.
        begin = time.monotonic()
        for _ in range(5):
            self.ok("put", "n/0", "a=1", store=store)
        span = (time.monotonic() - begin) / 5 * 1.5
        done, killed, deadline = [], 0, time.monotonic() + 8
        index = 0
        # A machine that is busy goes on until there are enough of both.
        while time.monotonic() < deadline or (min(len(done), killed) <= 5 and index < 1000):
            index += 1
            child = subprocess.Popen([BINARY, "--store", str(store), "put", "n/1", f"f{index}={index}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(r.random() * span)
            child.send_signal(signal.SIGKILL)
            child.communicate()
            if child.returncode == 0:
                done.append(index)
            else:
                killed += 1
        self.assertGreater(len(done), 5)
        self.assertGreater(killed, 5)
        fields = self.object("get", "n/1", store=store)["fields"]
        for index in done:
            self.assertEqual(fields.get(f"f{index}"), index)
        self.verified(store)

    def test_an_import_that_was_killed_is_whole_batches_and_repeating_completes_it(self):
        r = random.Random(SEED)
        events = self.lines([event(DEVICE, n, record=f"r{n}", set={"text": "z" * 400}) for n in range(1, 30_001)])
        whole = self.make("whole")
        begin = time.monotonic()
        self.ok("import", events, store=whole)
        length = time.monotonic() - begin
        digest, partly = self.ok("digest", store=whole), 0
        for attempt in range(12):
            store = self.make(f"s{attempt}")
            ended = self.kill_after(["import", events], store, length * (0.2 + 0.8 * r.random()))
            there = self.verified(store)["events"]
            partly += 0 < there < 30_000
            if ended:
                self.assertEqual(there, 30_000)
            self.ok("import", events, store=store)
            self.assertEqual(self.ok("digest", store=store), digest)

    def test_a_checkpoint_that_was_killed_changes_nothing(self):
        r = random.Random(SEED)
        store = self.make()
        self.ok("import", self.lines([event(DEVICE, n, record=f"r{n}", set={"text": "z" * 400}) for n in range(1, 20_001)]), store=store)
        begin = time.monotonic()
        self.ok("checkpoint", store=store)
        length = time.monotonic() - begin
        for attempt in range(15):
            self.ok("put", "n/1", f"a={attempt}", store=store)
            digest = self.ok("digest", store=store)
            self.kill_after(["checkpoint"], store, length * (0.05 + r.random()))
            self.verified(store)
            self.assertEqual(self.ok("digest", store=store), digest)
        self.ok("checkpoint", store=store)
        self.assertEqual(self.object("verify", store=store)["result"], "intact")
        self.assertEqual(self.ok("digest", store=store), digest)


    def test_a_store_that_is_killed_while_it_appends_has_room_behind_its_end_and_is_whole(self):
        """Threads append to one store in commits that share a sync, into room made ahead."""
        for writers in (1, 8):
            folder = self.folder / f"temporary-{writers}"
            folder.mkdir()
            child = subprocess.Popen(
                [BINARY, "bench", "append", "--events", "60000", "--batch", "20", "--writers", str(writers)],
                env={**os.environ, "TMPDIR": str(folder)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                deadline, segment = time.monotonic() + 60, None
                while time.monotonic() < deadline and (segment is None or segment.stat().st_size < 200_000):
                    segment = next(folder.glob("*/.syncline/log/*.segment"), None)
                    self.assertIsNone(child.poll(), "it ended before it was killed")
                    time.sleep(0.001)
            finally:
                child.send_signal(signal.SIGKILL)
                child.communicate()
            store = segment.parent.parent.parent
            found = self.verified(store)
            self.assertGreater(found["events"], 100)
            self.assertIn(b"room, ", run("inspect", segment).stdout.splitlines()[-1])
            self.ok("put", "n/1", "a=1", store=store)
            self.assertEqual(self.object("verify", store=store)["result"], "intact")
            self.assertNotIn(b"room, ", run("inspect", segment).stdout.splitlines()[-1])
            self.assertGreaterEqual(self.object("verify", store=store)["events"], found["events"] + 1)


if __name__ == "__main__":
    unittest.main()
