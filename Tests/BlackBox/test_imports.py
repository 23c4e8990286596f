"""Imports larger than what memory may hold, and what may happen to them on the way."""
import gzip
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
import unittest

from harness import BINARY, DEVICE, OTHER, StoreTest, event, run
from test_exits import crc32c, snapshot

COUNT = 60_000

# A small process between: what a child held is never less than what its parent held when it began.
MEASURE = """
import os, resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


def history(count, note=1000):
    """Events of one record with long notes, which a table of records does not hold: each has seen the one before."""
    return [json.dumps(event(DEVICE, n, context={DEVICE: n - 1} if n > 1 else {}, note=f"{n:07}" * (note // 7))).encode() for n in range(1, count + 1)]


class Sizes(StoreTest):
    def measured(self, *words, store, stdin=subprocess.DEVNULL):
        """Runs the binary; returns its exit status, what it printed, and the most memory it held, in bytes."""
        command = [sys.executable, "-c", MEASURE, BINARY, "--store", str(store), *map(str, words)]
        done = subprocess.run(command, stdin=stdin, capture_output=True)
        text, _, peak = done.stdout.rpartition(b"peak ")
        return done.returncode, text + done.stderr, int(peak) * 1024

    def test_memory_holds_neither_the_input_nor_its_events_in_whatever_order_they_come(self):
        lines = history(COUNT)
        shuffled = random.Random(7).sample(lines, len(lines))
        orders = {"ordered": lines, "reversed": lines[::-1], "shuffled": shuffled, "twice": lines + shuffled}
        digests, compressed = set(), self.folder / "ordered.gz"
        for name, order in orders.items():
            file, store = self.lines(order), self.make(name)
            size = file.stat().st_size
            status, out, peak = self.measured("import", file, "--json", store=store)
            self.assertEqual(status, 0, out)
            report = json.loads(out)
            self.assertEqual((report["applied"], report["duplicates"], report["waiting"]), (COUNT, len(order) - COUNT, 0), name)
            self.assertLess(peak, 45_000_000, f"{name}: {size} bytes of input")
            self.assertGreater(size, 65_000_000)
            digests.add(self.ok("digest", store=store).split()[-1])
            if name == "ordered":
                compressed.write_bytes(gzip.compress(file.read_bytes(), 1))
                status, out, peak = self.measured("import", file, "--json", store=store)
                self.assertEqual((status, json.loads(out)["duplicates"]), (0, COUNT), "all of it once more")
                self.assertLess(peak, 45_000_000, "all of it once more")
            file.unlink()
        self.assertEqual(len(digests), 1)
        with open(compressed, "rb") as pipe, subprocess.Popen(["cat"], stdin=pipe, stdout=subprocess.PIPE) as cat:
            status, out, peak = self.measured("import", "-", "--json", store=self.make("piped"), stdin=cat.stdout)
        self.assertEqual((status, json.loads(out)["applied"]), (0, COUNT))
        self.assertLess(peak, 45_000_000, "compressed, from a pipe")

    def test_who_asks_first_after_a_large_import_does_not_wait_for_what_is_derived(self):
        derived = {"counts", "times", "states"}
        for count, made in ((80_000, derived), (10, set())):
            store = self.make(str(count))
            self.ok("import", self.lines(history(count)), store=store)
            self.assertEqual(derived & set(os.listdir(store / ".syncline")), made)
            checkpoints = os.listdir(store / ".syncline" / "checkpoint")
            self.assertEqual(bool(made), f"{count:012}.checkpoint" in checkpoints, "nor for the fold of what came")

    def test_the_digest_of_a_large_store_is_remembered_until_something_is_written_and_is_that_of_the_dump(self):
        def hashed():
            return hashlib.sha256(run("dump", "--canonical", store=store).stdout).hexdigest()

        store, lines = self.make(), [json.dumps(event(DEVICE, n, record=f"r{n:05}", note="x")).encode() for n in range(1, 25_001)]
        saved = store / ".syncline" / "digest"
        self.ok("import", self.lines(lines[:24_999]), store=store)
        self.assertIn(bytes.fromhex(hashed()), saved.read_bytes(), "who imports most of a store makes it")
        for words in (["import", self.lines(lines)], ["put", "n/r00007", "note=y"], ["undo", "--force"], ["checkpoint"]):
            self.ok(*words, store=store)
            for _ in range(2):
                self.assertEqual(self.ok("digest", store=store).split()[-1], hashed(), words)
        self.assertIn(bytes.fromhex(hashed()), saved.read_bytes())
        # It is taken from the file, which a deep check compares with the records.
        self.assertNotIn("digest", self.ok("verify", "--deep", store=store))
        true, body = hashed(), saved.read_bytes()[12:].replace(bytes.fromhex(hashed()), bytes(32))
        saved.write_bytes(saved.read_bytes()[:8] + crc32c(body).to_bytes(4, "little") + body)
        self.assertEqual(self.ok("digest", store=store).split()[-1], "0" * 64)
        self.assertIn("digest", self.ok("verify", "--deep", store=store))
        saved.unlink()
        self.assertEqual(self.ok("digest", store=store).split()[-1], true)

    def test_nobody_folds_again_what_imports_brought_one_after_the_other(self):
        store, lines = self.make(), history(130_000, note=7)
        checkpoints = []
        for end in (40_000, 80_000, 90_000, 125_000, 130_000):
            self.ok("import", self.lines(lines[:end]), store=store)
            checkpoints.append([int(name.split(".")[0]) for name in os.listdir(store / ".syncline" / "checkpoint")])
        self.assertEqual(checkpoints, [[], [80_000], [80_000], [80_000], [80_000]])
        self.ok("import", self.lines(history(150_000, note=7)), store=store)
        self.assertIn(150_000, [int(name.split(".")[0]) for name in os.listdir(store / ".syncline" / "checkpoint")])

    def test_what_inflates_without_end_costs_only_time(self):
        store = self.make()
        blank, endless, spaces = (self.folder / name for name in ("blank.gz", "endless.gz", "spaces.gz"))
        for path, piece in ((blank, b"\n" * 1_000_000), (endless, b"[" * 1_000_000), (spaces, b" " * 1_000_000)):
            with gzip.open(path, "wb", 1) as file:
                for _ in range(300):
                    file.write(piece)
            self.assertLess(path.stat().st_size, 3_000_000)
        status, out, peak = self.measured("import", blank, "--json", store=store)
        self.assertEqual((status, json.loads(out)["applied"]), (0, 0))
        self.assertLess(peak, 45_000_000)
        for path in (endless, spaces):
            status, out, peak = self.measured("import", path, store=store)
            self.assertEqual(status, 1)
            self.assertIn(b"line 1, column", out)
            self.assertLess(peak, 45_000_000)
        self.assertEqual(self.object("verify", store=store)["events"], 0)


class Refusals(StoreTest):
    """The inputs here are larger than what is kept in memory before a file is needed."""

    def refused(self, status, lines, *said, stdin=True):
        store = self.make(f"refused-{len(list(self.folder.iterdir()))}")
        self.ok("put", "n/1", "a=1", store=store)
        before = snapshot(store)
        options = {"stdin": b"\n".join(lines)} if stdin else {}
        done = run("import", "-" if stdin else self.lines(lines), store=store, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        for text in said:
            self.assertIn(text, done.stderr.decode())
        self.assertEqual(snapshot(store), before)

    def test_what_is_wrong_at_the_very_end_writes_nothing(self):
        lines = history(9_000)
        for stdin in (True, False):
            self.refused(1, [*lines, b'{"device":'], "line 9001, column 11", stdin=stdin)
            self.refused(6, [*lines, json.dumps(event(DEVICE, 1, note="forged")).encode()], f"{DEVICE}:1", stdin=stdin)
            self.refused(1, [*lines, json.dumps(event(OTHER, 1, record="other", context={DEVICE: 9})).encode()], f"{DEVICE}:9", stdin=stdin)

    def test_a_bad_line_is_named_before_a_fork_and_a_fork_before_what_is_refused(self):
        forged, unclosed = event(DEVICE, 1, note="forged"), event(OTHER, 1, record="other", context={DEVICE: 9})
        wrong = [json.dumps(unclosed).encode(), json.dumps(forged).encode()]
        self.refused(6, [*history(20), *wrong], f"{DEVICE}:1")
        self.refused(1, [*history(20), *wrong, b"{}"], "line 23")

    def test_a_cut_pipe_of_compressed_data_writes_nothing(self):
        store = self.make()
        whole = gzip.compress(b"\n".join(history(9_000)))
        self.assertIn("ends inside", self.fails(1, "import", "-", store=store, stdin=whole[:-5]))
        self.assertEqual(self.object("verify", store=store)["events"], 0)


class Interruptions(StoreTest):
    def setUp(self):
        super().setUp()
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir()
        self.environment = {**os.environ, "TMPDIR": str(self.temporary)}
        self.store = self.make()
        self.ok("put", "n/1", "a=1", store=self.store)

    def start(self, *words, limit=None):
        def prepare():
            if limit:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return subprocess.Popen(
            [BINARY, "--store", str(self.store), *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment, preexec_fn=prepare)

    def nothing_left(self):
        self.assertEqual(list(self.temporary.iterdir()), [])
        self.assertEqual([p.name for p in (self.store / ".syncline" / "log").iterdir() if not p.name.endswith(".segment")], [])

    def test_others_may_write_while_a_pipe_is_slow_and_killing_it_then_leaves_nothing(self):
        child = self.start("import", "-")
        child.stdin.write(b"\n".join(history(3_000)))
        child.stdin.flush()
        self.ok("put", "n/1", "a=2", store=self.store)
        before = snapshot(self.store)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        self.nothing_left()
        self.assertEqual(snapshot(self.store), before)

    def test_a_pipe_that_fills_the_disk_is_1_and_writes_nothing(self):
        before = snapshot(self.store)
        child = self.start("import", "-", limit=1_000_000)
        _, error = child.communicate(b"\n".join(history(3_000)))
        self.assertEqual(child.returncode, 1, error)
        self.assertIn(b"nothing was written", error)
        self.assertEqual(snapshot(self.store), before)
        self.nothing_left()

    def test_a_disk_that_is_full_before_all_is_checked_is_1_and_writes_nothing(self):
        before = snapshot(self.store)
        child = self.start("import", self.lines(history(20_000)), limit=1_000_000)
        _, error = child.communicate()
        self.assertEqual(child.returncode, 1, error)
        self.assertEqual(snapshot(self.store), before)
        self.nothing_left()

    def test_kills_while_checking_and_while_writing_leave_whole_batches(self):
        lines = [json.dumps(event(DEVICE, n, record=f"r{n}", set={"text": "z" * 700})).encode() for n in range(1, 40_001)]
        events, moments = self.lines(lines), {"checking": 0, "writing": 0}
        begin = time.monotonic()
        self.ok("import", events, store=self.make("whole"))
        length, r = time.monotonic() - begin, random.Random(3)
        for attempt in range(60):
            self.store = self.make(f"s{attempt}")
            child = self.start("import", events)
            time.sleep(length * r.random())
            child.send_signal(signal.SIGKILL)
            child.communicate()
            if child.returncode != -signal.SIGKILL:
                continue
            there = json.loads(run("verify", "--json", store=self.store).stdout)["events"]
            moments["checking" if there == 0 else "writing"] += 1
            self.nothing_left()
            self.assertEqual(self.object("import", events, store=self.store)["events"], 40_000)
            if min(moments.values()) >= 2:
                break
        self.assertGreaterEqual(min(moments.values()), 2, moments)


if __name__ == "__main__":
    unittest.main()
