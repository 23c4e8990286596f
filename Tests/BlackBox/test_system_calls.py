"""Each system call by which a command changes files, one after the other: the process is killed there, or the call fails with EIO or ENOSPC (strace's injection)."""
import os
import re
import shutil
import signal
import socket
import subprocess
import unittest

from harness import BINARY, DEVICE, PATIENCE, StoreTest, event, run
from hub import HubProcess, HubTest

CHANGING = ("pwrite64", "pwritev", "write", "fdatasync", "fsync", "sync_file_range", "ftruncate", "fallocate", "rename", "renameat", "renameat2", "unlink",
            "unlinkat", "mkdir", "mkdirat", "link", "linkat", "flock", "openat")
FAULTS = ("signal=SIGKILL", "error=EIO", "error=ENOSPC")


def traced(folder, words, *options):
    """Runs the binary under strace; returns the finished process and the lines of the trace."""
    trace = folder / "trace"
    command = ["strace", "-f", "-qq", "-y", "-e", f"trace={','.join(CHANGING)}", "-e", "signal=none", *options, "-o", trace, BINARY, *words]
    done = subprocess.run([str(w) for w in command], capture_output=True, timeout=PATIENCE)
    return done, trace.read_text(errors="replace").split("\n")


def changing_calls(lines, folder):
    """(name, how manieth of its name) for each traced call that changes something below the folder."""
    calls, counts = [], {}
    for line in lines:
        match = re.match(r"(?:\d+ +)?(\w+)\((.*)", line)
        if match and match[1] in CHANGING:
            name, rest = match[1], match[2]
            counts[name] = counts.get(name, 0) + 1
            if str(folder) in rest and (name != "openat" or "O_CREAT" in rest):
                calls.append((name, counts[name]))
    return calls


class SystemCalls(StoreTest):
    maxDiff = None

    def sweep(self, before, words, check, least, names):
        """Runs the command on a copy of `before` once for each of its calls and each fault; `check(store, done)` judges what is left."""
        where = self.folder / "store"

        def fresh():
            shutil.rmtree(where, ignore_errors=True)
            shutil.copytree(before, where, symlinks=True)
            return where
        done, lines = traced(self.folder, words(fresh()))
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        calls = changing_calls(lines, where)
        self.assertGreaterEqual(len(calls), least, calls)
        self.assertLessEqual(names, {name for name, _ in calls})
        struck = 0
        for name, number in calls:
            for fault in FAULTS:
                with self.subTest(call=name, number=number, fault=fault):
                    done, lines = traced(self.folder, words(fresh()), "-e", f"inject={name}:{fault}:when={number}")
                    said = done.stderr.decode()
                    struck += done.returncode == -9 or any("(INJECTED)" in line for line in lines)
                    self.assertIn(done.returncode, (-9,) if fault == FAULTS[0] else (0, 1), said)
                    if done.returncode > 0:
                        self.assertRegex(said, r"(?m)^syncline: .+\n  .+")
                    check(where, done)
        # A sweep that strikes nothing would hold whatever the program does.
        self.assertEqual(struck, len(calls) * len(FAULTS))

    def whole(self, store):
        """Nothing acknowledged is lost, and the next write goes on from there."""
        verified = run("verify", store=store)
        self.assertIn(verified.returncode, (0, 2), verified.stdout + verified.stderr)
        self.ok("put", "n/next", "a=1", store=store)
        self.ok("verify", "--deep", store=store)

    def state(self, store):
        return self.ok("dump", "--canonical", store=store)

    def old_store(self):
        store = self.make("old")
        self.ok("put", "n/1", "a=1", store=store)
        self.ok("put", "n/1", "a=2", store=store)
        return store

    def test_a_put_is_there_or_not_and_there_when_it_was_acknowledged(self):
        before = self.old_store()

        def check(store, done):
            value = self.object("get", "n/1", store=store)["fields"]["a"]
            self.assertIn(value, (2, 3))
            if done.returncode == 0 or done.stdout:
                self.assertEqual(value, 3)
            self.whole(store)
        self.sweep(before, lambda store: ["--store", store, "put", "n/1", "a=3"], check, least=4, names={"pwrite64", "fdatasync"})

    def test_an_import_leaves_whole_batches_and_repeating_completes_it(self):
        before = self.old_store()
        lines = self.lines(event(DEVICE, seq, record=f"r{seq % 50}", set={"text": "x" * 300}) for seq in range(1, 1501))
        expected = self.folder / "expected"
        shutil.copytree(before, expected)
        self.ok("import", lines, store=expected)
        truth = self.state(expected)

        def check(store, done):
            if done.returncode == 0:
                self.assertEqual(self.state(store), truth)
            self.ok("import", lines, store=store)
            self.assertEqual(self.state(store), truth)
            self.whole(store)
        self.sweep(before, lambda store: ["--store", store, "import", lines], check, least=4, names={"pwrite64", "fdatasync"})

    def test_a_checkpoint_changes_nothing(self):
        before = self.old_store()
        self.ok("import", self.lines(event(DEVICE, seq, record=f"r{seq}") for seq in range(1, 201)), store=before)
        truth = self.state(before)

        def check(store, done):
            self.assertEqual(self.state(store), truth)
            self.whole(store)
            self.ok("checkpoint", store=store)
        self.sweep(before, lambda store: ["--store", store, "checkpoint"], check, least=4, names={"pwrite64", "fdatasync", "rename"})

    def test_a_new_store_is_there_or_can_be_made_again(self):
        before = self.folder / "empty"
        before.mkdir()

        def check(store, done):
            if done.returncode != 0:
                self.assertIn(run("init", "--name", "new", store=store).returncode, (0, 1))
            self.whole(store)
        self.sweep(before, lambda store: ["--store", store, "init", "--name", "new"], check, least=6, names={"mkdir", "fsync"})

    def test_an_export_never_leaves_half_a_file_in_the_place_of_a_whole_one(self):
        before = self.old_store()
        (before / "out.jsonl").write_text("as it was\n")
        truth = self.ok("export", store=before)

        def check(store, done):
            text = (store / "out.jsonl").read_text()
            self.assertIn(text, ("as it was\n", truth))
            if done.returncode == 0:
                self.assertEqual(text, truth)
            self.whole(store)
        self.sweep(before, lambda store: ["--store", store, "export", store / "out.jsonl"], check, least=3, names={"rename"})


class HubSystemCalls(HubTest):
    """The same of a hub, from its first start to a push: what it acknowledged is there when it is started again, and devices go on with it."""

    NAMES = ("pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "mkdir", "unlink")

    def setUp(self):
        super().setUp()
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = server.getsockname()[1]

    def traced_hub(self, data, *options):
        """A hub under strace that is started, joined and pushed to, as far as it comes; returns how many events were acknowledged, and the trace's lines."""
        trace, device = self.folder / "trace", self.make(data.name + "-device")
        under = ["strace", "-f", "-qq", "-e", f"trace={','.join(self.NAMES)}", "-e", "signal=none", *options, "-o", trace]
        acknowledged = 0
        try:
            hub = HubProcess(data, under=under, port=self.port)
        except AssertionError:
            return device, 0, trace.read_text(errors="replace").split("\n")
        code = run("invite", "--data", data).stdout.split()
        if code and run("join", hub.url, code[-1].decode(), store=device, env=self.keys).returncode == 0:
            for number in range(3):
                self.ok("put", "n/1", f"f{number}={number}", store=device)
                if run("push", store=device, env=self.keys).returncode != 0:
                    break
                acknowledged += 1
        # strace passes the signal on to nobody: its child is the hub.
        child = subprocess.run(["pgrep", "-P", str(hub.process.pid)], capture_output=True).stdout.split()
        for pid in child:
            os.kill(int(pid), signal.SIGKILL)
        hub.end()
        return device, acknowledged, trace.read_text(errors="replace").split("\n")

    def test_a_hub_killed_or_failed_in_each_call_that_changes_its_files(self):
        first = self.folder / "first"
        _, acknowledged, lines = self.traced_hub(first)
        self.assertEqual(acknowledged, 3)
        counts = {}
        for line in lines:
            match = re.match(r"(\d+) +(\w+)\(", line)
            if match:
                counts.setdefault(match[2], {}).setdefault(match[1], 0)
                counts[match[2]][match[1]] += 1
        # Counted by thread, as strace does.
        sweep = [(name, number) for name in counts for number in range(1, max(counts[name].values()) + 1)]
        self.assertGreater(len(sweep), 15)
        self.assertLessEqual({"pwrite64", "fdatasync"}, set(counts))
        for index, (name, number) in enumerate(sweep):
            fault = FAULTS[index % 2]
            with self.subTest(call=name, number=number, fault=fault):
                self.data = self.folder / f"hub-{index}"
                device, acknowledged, _ = self.traced_hub(self.data, "-e", f"inject={name}:{fault}:when={number}")
                self.serve(port=self.port)
                code = run("join", self.hub.url, self.invite(), store=device, env=self.keys)
                self.assertIn(code.returncode, (0, 1), code.stderr)
                other = self.device(f"other-{index}")
                self.sync(other)
                if acknowledged > 0:
                    # Before the device that wrote them could push them once more.
                    self.assertLessEqual({f"f{n}" for n in range(acknowledged)}, set(self.object("get", "n/1", store=other)["fields"]))
                self.ok("put", "n/1", "last=1", store=device)
                self.sync(device)
                self.sync(other)
                self.assertEqual(self.digest(device), self.digest(other))
                self.hub.stop()


if __name__ == "__main__":
    unittest.main()
