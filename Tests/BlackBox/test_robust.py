"""Damage, newer formats, other processes and small disks, done to real files of a real store."""
import fcntl
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time
import unittest

from harness import BINARY, DEVICE, PATIENCE, StoreTest, event, run, team
from test_exits import crc32c, snapshot

SEED = 23


def many(count, size=400):
    return [event(DEVICE, n, record=f"r{n}", set={"text": "z" * size}) for n in range(1, count + 1)]


class OtherProcesses(StoreTest):
    def test_a_writer_that_stands_still_is_named_by_its_process_and_command_and_readers_go_on(self):
        store, events = self.make(), self.lines(many(40_000))
        self.ok("put", "n/1", "a=1", store=store)
        child = subprocess.Popen([BINARY, "--store", str(store), "import", str(events)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            while child.poll() is None and not (store / ".syncline" / "lock").read_text().startswith(f"{child.pid}\n"):
                time.sleep(0.001)
            child.send_signal(signal.SIGSTOP)
            self.assertIsNone(child.poll(), "the import ended before it was stopped")
            error = json.loads(self.fails(4, "put", "n/1", "a=2", "--json", store=store))
            self.assertIn(str(child.pid), error["error"])
            self.assertIn("import", error["error"])
            self.assertTrue(error["hint"])
            self.assertEqual(self.object("get", "n/1", store=store)["fields"], {"a": 1})
            self.assertIn(run("verify", store=store).returncode, (0, 2))
        finally:
            child.send_signal(signal.SIGCONT)
            child.communicate(timeout=PATIENCE)
        self.assertEqual(child.returncode, 0)
        self.ok("put", "n/1", "a=3", store=store)
        self.assertEqual(self.object("verify", store=store)["events"], 40_002)

    def test_a_writer_that_has_ended_is_not_named_when_another_one_has_only_begun(self):
        store = self.make()
        ended = subprocess.Popen([BINARY, "--store", str(store), "put", "n/1", "a=1"], stdout=subprocess.DEVNULL)
        self.assertEqual(ended.wait(), 0)
        with open(store / ".syncline" / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertNotIn(str(ended.pid), self.fails(4, "put", "n/1", "a=2", store=store))

    def test_writers_that_are_killed_among_others_lose_nothing_that_was_acknowledged(self):
        store, r = self.make(), random.Random(SEED)
        # The moments follow what a put takes on this machine now; a busy one goes on until there are enough of both.
        begin = time.monotonic()
        for _ in range(3):
            self.ok("put", "n/0", "a=1", store=store)
        chance = 0.3 * min(1, 0.02 / ((time.monotonic() - begin) / 3))
        acknowledged, running, killed, deadline, index = set(), [], 0, time.monotonic() + 5, 0
        while time.monotonic() < deadline or (min(len(acknowledged), killed) <= 3 and index < 1000) or running:
            if len(running) < 4 and (time.monotonic() < deadline or min(len(acknowledged), killed) <= 3):
                index += 1
                running.append((index, subprocess.Popen(
                    [BINARY, "--store", str(store), "put", f"n/{index % 5}", f"f{index}={index}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)))
            time.sleep(r.random() * 0.01)
            if running and r.random() < chance:
                r.choice(running)[1].send_signal(signal.SIGKILL)
            for pair in [p for p in running if p[1].poll() is not None]:
                running.remove(pair)
                killed += pair[1].returncode == -signal.SIGKILL
                if pair[1].returncode == 0:
                    acknowledged.add(pair[0])
        self.assertGreater(len(acknowledged), 3)
        self.assertGreater(killed, 3)
        fields = {name for record in self.objects("list", store=store) for name in record["fields"]}
        self.assertEqual({f"f{n}" for n in acknowledged} - fields, set())
        self.assertIn(run("verify", store=store).returncode, (0, 2))
        seqs = [int(e["dot"].split(":")[1]) for e in self.objects("log", store=store)]
        self.assertEqual(seqs, list(range(1, len(seqs) + 1)), "no dot is given twice, none is left out")


class Disks(StoreTest):
    def limited(self, size, *words, store):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        return subprocess.run([BINARY, "--store", str(store), *map(str, words)], capture_output=True, preexec_fn=limit)

    def test_a_file_that_may_not_grow_fails_every_writer_and_changes_nothing_that_was_there(self):
        store = self.make()
        self.ok("import", self.lines(many(300)), store=store)
        digest, target = self.ok("digest", store=store), self.folder / "out.jsonl"
        target.write_text("as it was")
        for size, words in (
            (4000, ["put", "n/1", "a=" + "x" * 5000]), (20_000, ["checkpoint"]), (20_000, ["export", target]), (100, ["put", "n/1", "a=1"]),
            (130_000, ["import", self.lines([{**e, "device": DEVICE[:-1] + "b"} for e in many(300, 3000)])])):
            done = self.limited(size, *words, store=store)
            self.assertEqual(done.returncode, 1, (words[0], done.stderr))
            self.assertTrue(done.stderr)
            self.assertIn(run("verify", store=store).returncode, (0, 2), words[0])
            self.assertEqual(self.object("get", "notes/r300", store=store)["fields"], {"text": "z" * 400})
            if words[0] != "import":
                self.assertEqual(self.ok("digest", store=store), digest, words[0])
        self.assertEqual(target.read_text(), "as it was")
        self.assertEqual([p.name for p in self.folder.iterdir() if "out" in p.name], ["out.jsonl"])
        self.ok("put", "n/1", "a=1", store=store)
        self.ok("checkpoint", store=store)
        self.assertEqual(self.object("verify", store=store)["result"], "intact")


class Bytes(StoreTest):
    def sealed(self):
        """A sealed segment, a checkpoint, and an active segment with one commit."""
        store = self.make()
        self.ok("import", self.lines(team()[0][:300]), store=store)
        self.ok("checkpoint", store=store)
        self.ok("put", "n/1", "a=1", store=store)
        return store

    def test_a_put_torn_at_any_byte_by_a_power_loss_is_absent_or_whole_and_the_next_one_goes_on(self):
        store, r = self.sealed(), random.Random(SEED)
        log = sorted((store / ".syncline" / "log").glob("*.segment"))[-1]
        before, digest = log.read_bytes(), self.ok("digest", store=store)
        self.ok("put", "n/1", "a=2", "long=" + "y" * 300, store=store)
        after, later = log.read_bytes(), self.ok("digest", store=store)
        size, end = len(before), len(after)
        self.assertLess(size, end)
        for cut in [*r.sample(range(size, end), 16), end]:
            # The mark as it was before: the loss came before it was written.
            torn = before[:1536] + after[1536:cut]
            log.write_bytes(torn)
            done = run("verify", "--json", store=store)
            found = json.loads(done.stdout)
            self.assertEqual((done.returncode, found["events"]), (2, 301) if size < cut < end else (0, 301 if cut == size else 302), f"cut at {cut}: {found}")
            self.assertEqual(self.ok("digest", store=store), later if cut == end else digest, f"cut at {cut}")
            self.assertEqual(log.read_bytes(), torn, "reading changes nothing")
            self.ok("put", "n/1", "a=3", store=store)
            self.assertEqual(self.object("verify", store=store)["result"], "intact")
            self.assertEqual(self.object("get", "n/1", store=store)["fields"]["a"], 3)
            for kept in log.parent.glob("torn-*"):
                kept.unlink()

    def test_a_flipped_bit_anywhere_is_named_or_harmless_and_never_another_state(self):
        store, r = self.sealed(), random.Random(SEED)
        digest, named = self.ok("digest", store=store).split()[-1], 0
        files = sorted((store / ".syncline" / "log").glob("*.segment"))
        for file in files:
            whole = file.read_bytes()
            for _ in range(20):
                at, bit = r.randrange(len(whole)), r.randrange(8)
                file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1:])
                message = f"{file.name}, byte {at}, bit {bit}"
                damaged = file.read_bytes()
                done, verified = run("digest", store=store), run("verify", "--json", store=store)
                self.assertIn(done.returncode, (0, 3, 5), message)
                if done.returncode == 0:
                    self.assertEqual(done.stdout.decode().split()[-1], digest, message)
                else:
                    self.assertIn(file.name.encode(), done.stderr, message)
                self.assertIn(verified.returncode, (0, 2, 3, 5), message)
                if verified.returncode in (0, 2):
                    self.assertEqual(done.returncode, 0, message)
                else:
                    named += 1
                    self.assertIn(file.name, json.loads(verified.stdout)["problems"][0], message)
                self.assertEqual(file.read_bytes(), damaged, message)
            file.write_bytes(whole)
        self.assertGreater(named, 15)
        self.assertEqual(self.object("verify", store=store)["result"], "intact")

    def test_files_that_are_gone_or_swapped_are_3_and_named(self):
        store = self.sealed()
        self.ok("checkpoint", store=store)
        self.ok("put", "n/1", "a=2", store=store)
        first, second, third = sorted((store / ".syncline" / "log").glob("*.segment"))
        shutil.rmtree(store / ".syncline" / "checkpoint")
        copies = {p: p.read_bytes() for p in (first, second, third)}
        harms = {
            "first is gone": lambda: first.unlink(), "middle is gone": lambda: second.unlink(),
            "first in the place of the second": lambda: second.write_bytes(copies[first]), "second is empty": lambda: second.write_bytes(b""),
            "first is cut": lambda: first.write_bytes(copies[first][:-100])}
        for name, harm in harms.items():
            with self.subTest(name):
                harm()
                before = snapshot(store)
                for words in (["list"], ["put", "n/1", "a=3"]):
                    message = self.fails(3, *words, store=store)
                    self.assertRegex(message, r"\.segment|log")
                self.assertEqual(run("verify", store=store).returncode, 3)
                self.assertEqual(snapshot(store), before)
                for path, data in copies.items():
                    path.write_bytes(data)
        (store / ".syncline" / "device").write_text("nonsense\n")
        error = json.loads(self.fails(3, "list", "--json", store=store))
        self.assertIn("device", error["error"])

    def test_a_checkpoint_of_a_newer_format_is_left_as_it_is(self):
        """It is a cache: a command that needs none may go on without it; none may change it or trust it."""
        store = self.sealed()
        digest = self.ok("digest", store=store)
        (checkpoint,) = (store / ".syncline" / "checkpoint").iterdir()
        page = bytearray(checkpoint.read_bytes()[:4092])
        page[8:12] = bytes([3, 0, 3, 0])
        newer = bytes(page) + crc32c(page).to_bytes(4, "little") + checkpoint.read_bytes()[4096:]
        checkpoint.write_bytes(newer)
        for words in (["digest"], ["list"], ["verify"], ["put", "n/1", "a=5"]):
            done = run(*words, store=store)
            self.assertIn(done.returncode, (0, 5), (words, done.stderr))
            if words == ["digest"] and done.returncode == 0:
                self.assertEqual(done.stdout.decode(), digest)
            self.assertEqual(checkpoint.read_bytes(), newer, words)
        self.assertIn(run("inspect", checkpoint, store=store).returncode, (0, 5))

    def test_a_newer_active_segment_is_5_and_its_message_says_what_to_do(self):
        store = self.sealed()
        log = sorted((store / ".syncline" / "log").glob("*.segment"))[-1]
        header = bytearray(log.read_bytes()[:508])
        header[8:14] = bytes([9, 0, 9, 0, 9, 0])
        log.write_bytes(bytes(header) + crc32c(header).to_bytes(4, "little") + log.read_bytes()[512:])
        before = snapshot(store)
        for words in (["get", "n/1"], ["put", "n/1", "a=2"], ["export"], ["import", self.lines(many(1))], ["checkpoint"], ["digest"]):
            error = json.loads(self.fails(5, *words, "--json", store=store))
            self.assertIn(log.name, error["error"], words)
            self.assertTrue(error["hint"], words)
        self.assertEqual(json.loads(run("verify", "--json", store=store).stdout)["result"], "newerFormat")
        self.assertIn("NEWER", self.ok("inspect", log, store=store))
        self.assertEqual(snapshot(store), before)


if __name__ == "__main__":
    unittest.main()
