import fcntl
import gzip
import json
import os
import resource
import signal
import subprocess
import time
import unittest
from pathlib import Path

from harness import BINARY, DEVICE, OTHER, StoreTest, event, run, team


def snapshot(store):
    return {str(p.relative_to(store)): p.read_bytes() for p in sorted(Path(store).rglob("*")) if p.is_file() and p.name != "lock"}


class Usage(StoreTest):
    def test_wrong_usage_is_64(self):
        store = self.make()
        for words in (
            ["nonsense"], ["get"], ["get", "noslash"], ["put", "n/1"], ["put", "n/1", "noequals"], ["put", "n/1", "a=1", "a=2"],
            ["put", "n/1", "a=18446744073709551616"], ["put", "/x", "a=1"], ["put", "a%b/x", "a=1"], ["get", "n/1", "--bad"],
            ["get", "n/1", "--at", "yesterday"], ["put", "n/1", f"{'x' * 256}=1"], ["put", "n/1", "a=1", "--note", "x" * 1025],
            ["put", "n/1", "--fields", "[1]"], ["put", "n/1", "--fields", '{"a":1,"a":2}'], ["log", "--kind", "odd"], ["dump"],
            ["bench", "replay", "--events", "0"],
        ):
            self.fails(64, *words, store=store)
        self.assertEqual(self.object("verify", store=store)["events"], 0)

    def test_errors_are_objects_with_json(self):
        store = self.make()
        for status, words in ((1, ["get", "n/1"]), (64, ["get", "noslash"]), (64, ["get"])):
            error = json.loads(self.fails(status, *words, "--json", store=store))
            self.assertEqual(set(error), {"error", "code", "hint"})

    def test_what_is_not_there_is_1_with_a_hint(self):
        store = self.make()
        for words in (["get", "n/1"], ["delete", "n/1"], ["unset", "n/1", "a"], ["show", "n/1"], ["log", "n/1"], ["import", "nofile"], ["inspect", "nofile"]):
            self.fails(1, *words, store=store)
        self.fails(1, "init", store=store)
        self.assertIn("init", self.fails(1, "list", store=self.folder))

    def test_a_folder_is_nothing_to_inspect(self):
        store = self.make()
        self.assertIn("is a folder", self.fails(1, "inspect", store / ".syncline"))

    def test_too_large_an_event_is_refused(self):
        store = self.make()
        self.assertIn("262144", self.fails(1, "put", "n/1", *[f"f{n}={'x' * 100_000}" for n in range(3)], store=store))
        self.assertEqual(self.object("verify", store=store)["events"], 0)


class Making(StoreTest):
    """`init DIR`, `--store DIR` and $SYNCLINE_STORE say the same."""

    def test_wherever_it_is_named_the_folder_is_made(self):
        ways = {
            "argument": ((lambda path: ["init", path]), {}), "option": ((lambda path: ["--store", path, "init"]), {}),
            "option behind": ((lambda path: ["init", "--store", path]), {}), "environment": ((lambda path: ["init"]), {"SYNCLINE_STORE": None}),
        }
        for name, (words, env) in ways.items():
            for relative in ("new", "deep/er/new", "with space/ünï", "slash/", "itself/.syncline"):
                with self.subTest(name, path=relative):
                    path = f"{name}/{relative}"
                    env = {variable: path for variable in env}
                    made = self.object(*words(path), cwd=self.folder, env=env)["store"]
                    self.assertEqual(made, path.rstrip("/") if path.endswith(".syncline") else path.rstrip("/") + "/.syncline")
                    self.assertTrue((self.folder / made / "device").exists())
                    self.ok("put", "n/1", "a=1", cwd=self.folder, **({"env": env} if env else {"store": path}))
                    self.fails(1, *words(path), cwd=self.folder, env=env)

    def test_it_is_named_once(self):
        message = self.fails(64, "init", "one", "--store", "other", cwd=self.folder)
        self.assertIn("one of them", message)
        self.fails(64, "init", "", cwd=self.folder)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_name_that_no_hub_would_take_is_refused_at_once(self):
        for name in ("", "a\nb", "x" * 256):
            self.assertIn("255 bytes", self.fails(64, "init", "one", "--name", name, cwd=self.folder))
        self.ok("init", "one", "--name", "x" * 255, cwd=self.folder)

    def test_what_cannot_be_made_is_named(self):
        (self.folder / "file").write_text("")
        self.assertIn("file", self.fails(1, "init", "file/new", cwd=self.folder))
        self.assertIn("file", self.fails(1, "--store", "file", "init", cwd=self.folder))
        self.assertIn("syncline init", self.fails(1, "list", store=self.folder / "none"))


class Imports(StoreTest):
    def test_a_bad_line_deep_in_the_file_names_its_place_and_writes_nothing(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", store=store)
        events = [json.dumps(event(DEVICE, n, record=f"r{n % 500}", context={DEVICE: n - 500} if n > 500 else {})).encode() for n in range(1, 70_001)]
        events[69_999] = events[69_999].replace(b'"title"', b'"title":1,"title"')
        before = snapshot(store)
        message = self.fails(1, "import", self.lines(events), store=store)
        self.assertRegex(message, r"line 70000, column \d+: .*title")
        self.assertEqual(snapshot(store), before)

    def test_every_kind_of_bad_line_is_refused(self):
        good = json.dumps(event(DEVICE, 1))
        store = self.make()
        for bad in (
            good.replace('"seq": 1', '"seq": 0'), good.replace('"seq": 1', '"seq": 1.5'), good.replace('"seq": 1', '"seq": 1, "seq": 1'),
            good.replace("v1", "\\ud800"), good.replace("v1", "\\x"), good.replace('"v1"', "NaN"), good.replace('"v1"', "01"), good.replace('"v1"', "1e999"),
            good.replace('"v1"', "123456789012345678901"), good.replace('"time": 1001', '"time": 281474976710656'), good.replace(DEVICE, DEVICE.upper()),
            good.replace('"context": {}', f'"context": {{"{DEVICE}": 1}}'), good.replace('"context": {}', f'"context": {{"{OTHER}": 0}}'),
            good.replace('"set": {"title": "v1"}', '"set": {}'), good[:-1] + ', "extra": 1}', good[:-1], good + "x", "[]", "1",
            good.replace('"record": "trip"', '"record": ""'), good.replace('"set"', '"delete": true, "set"'), good.replace('"set"', '"kind": "odd", "set"'),
            good.replace('"set"', '"epoch": 0, "set"'), good.replace('"v1"', "[" * 65 + "]" * 65), good.replace('"set"', f'"undoes": "{DEVICE}:1", "set"'),
        ):
            message = self.fails(1, "import", self.lines([bad.encode()]), store=store)
            self.assertIn("line 1, column", message, bad)
        self.fails(1, "import", self.lines([good.encode().replace(b"v1", b"\xff")]), store=store)
        self.assertEqual(self.object("verify", store=store)["events"], 0)
        self.ok("import", self.lines([good.encode(), b"", b"  "]), store=store)

    def test_a_cut_or_damaged_gzip_writes_nothing(self):
        store = self.make()
        whole = gzip.compress(b"\n".join(json.dumps(event(DEVICE, n, record=f"r{n}")).encode() for n in range(1, 400)))
        for damaged in (whole[:-9], whole[:200], whole[:300] + bytes([whole[300] ^ 255]) + whole[301:]):
            path = self.folder / "x.gz"
            path.write_bytes(damaged)
            self.fails(1, "import", path, store=store)
        self.assertEqual(self.object("verify", store=store)["events"], 0)

    def test_a_fork_is_6_and_an_unclosed_context_1(self):
        store = self.make()
        self.ok("import", self.lines([event(DEVICE, 1), event(DEVICE, 2, record="other")]), store=store)
        before = snapshot(store)
        self.fails(6, "import", self.lines([event(OTHER, 1), event(DEVICE, 1, note="forged")]), store=store)
        self.fails(6, "import", self.lines([event(OTHER, 1), event(OTHER, 1, note="twice")]), store=store)
        message = self.fails(1, "import", self.lines([event(OTHER, 1, context={DEVICE: 2})]), store=store)
        self.assertIn(f"{DEVICE}:2", message)
        self.assertEqual(snapshot(store), before)

    def test_an_event_is_found_again_whose_device_an_earlier_context_of_its_block_mentions(self):
        store = self.make()
        first = [event(DEVICE, 1)] + [event(DEVICE, n, record="other", context={DEVICE: n - 1} if n > 2 else {}) for n in range(2, 7)]
        second = [event(OTHER, 1, context={DEVICE: 1}), event(DEVICE, 7, record="other", context={DEVICE: 6})]
        for events in (first, second):
            self.ok("import", self.lines(events), store=store)
        for turn in range(2):
            for each in first + second:
                self.assertEqual(self.object("import", self.lines([each]), store=store)["duplicates"], 1)
            self.assertEqual(len(self.objects("list", "--at", f"{DEVICE}:7", store=store)), 2)
            self.ok("checkpoint", store=store)

    def test_early_events_wait_and_are_exported(self):
        store = self.make()
        late, first = event(DEVICE, 2, context={DEVICE: 1}), event(DEVICE, 1)
        self.assertEqual(self.object("import", self.lines([late]), store=store)["waiting"], 1)
        self.assertEqual(self.objects("list", store=store), [])
        self.assertEqual(self.object("status", store=store)["waiting"], 1)
        self.assertIn("1 event that came too early waits", self.ok("status", store=store))
        self.assertEqual(len(self.ok("export", store=store).splitlines()), 1)
        self.ok("checkpoint", store=store)
        self.assertEqual(self.object("import", self.lines([first]), store=store)["applied"], 2)
        self.assertEqual(self.object("status", store=store)["waiting"], 0)
        self.assertEqual(self.object("get", "notes/trip", store=store)["fields"], {"title": "v2"})


class Locks(StoreTest):
    def test_another_writer_is_4_and_names_the_process(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", store=store)
        with open(store / ".syncline" / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(f"{os.getpid()}\nsome program\n")
            lock.flush()
            begin = time.monotonic()
            message = self.fails(4, "put", "n/1", "a=2", store=store)
            self.assertIn(str(os.getpid()), message)
            # No time is asserted but that a minute's patience was not used up.
            self.assertLess(time.monotonic() - begin, 60)
            self.assertEqual(self.object("get", "n/1", store=store)["fields"], {"a": 1})
        self.ok("put", "n/1", "a=3", store=store)

    def test_writers_side_by_side_wait_for_each_other(self):
        store = self.make()
        children = [subprocess.Popen([BINARY, "--store", str(store), "put", "n/1", f"f{n}={n}"], stdout=subprocess.PIPE) for n in range(12)]
        for child in children:
            child.communicate()
        self.assertEqual([c.returncode for c in children], [0] * 12)
        self.assertEqual(len(self.object("get", "n/1", store=store)["fields"]), 12)

    def test_others_that_come_and_go_are_waited_for_longer_than_one_that_stays(self):
        store = self.make()
        with open(store / ".syncline" / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            child = subprocess.Popen([BINARY, "--store", str(store), "put", "n/1", "a=1"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            # One program after the other, for more than the five seconds that one of them is given.
            for number in range(7):
                lock.seek(0)
                lock.write(f"{90000 + number}\nput\n")
                lock.flush()
                time.sleep(1)
        self.assertEqual((child.communicate()[1], child.returncode), (b"", 0))

    def test_a_store_that_several_make_at_once_is_of_one_of_them(self):
        for turn in range(5):
            folder = self.folder / f"new-{turn}"
            folder.mkdir()
            children = [
                subprocess.Popen([BINARY, "--store", str(folder), "init", "--name", f"name-{n}", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                for n in range(6)]
            said = [child.communicate()[0] for child in children]
            self.assertEqual(sorted(child.returncode for child in children)[0], 0)
            self.assertLessEqual({child.returncode for child in children}, {0, 1, 4})
            (made,) = [json.loads(text)["device"] for text, child in zip(said, children) if child.returncode == 0]
            self.assertEqual(self.object("status", store=folder)["device"], made)


class Damage(StoreTest):
    def sealed(self):
        store = self.make()
        lines, _ = team()
        self.ok("import", self.lines(lines[:600]), store=store)
        self.ok("checkpoint", store=store)
        self.ok("put", "n/1", "a=1", store=store)
        return store, sorted((store / ".syncline" / "log").glob("*.segment"))

    def test_an_intact_store_is_0(self):
        store, segments = self.sealed()
        found = self.object("verify", store=store)
        self.assertEqual((found["events"], found["segments"], found["result"], found["problems"]), (601, 2, "intact", []))
        for file in segments + list((store / ".syncline" / "checkpoint").iterdir()):
            self.assertTrue(self.ok("inspect", file, store=store))

    def test_a_damaged_sealed_block_is_3_and_named(self):
        store, segments = self.sealed()
        for checkpoint in (store / ".syncline" / "checkpoint").iterdir():
            checkpoint.unlink()
        data = bytearray(segments[0].read_bytes())
        data[5000] ^= 1
        segments[0].write_bytes(data)
        before = snapshot(store)
        self.assertIn(segments[0].name, self.fails(3, "list", store=store))
        self.fails(3, "put", "n/1", "a=2", store=store)
        found = run("verify", "--json", store=store)
        self.assertEqual(found.returncode, 3)
        self.assertIn(segments[0].name, json.loads(found.stdout)["problems"][0])
        self.ok("inspect", segments[0], store=store)
        self.assertEqual(snapshot(store), before)

    def test_a_torn_tail_is_2_then_kept_aside(self):
        store, segments = self.sealed()
        with open(segments[-1], "ab") as file:
            file.write(b"torn tail, never acknowledged")
        done = run("verify", "--json", store=store)
        self.assertEqual((done.returncode, json.loads(done.stdout)["result"]), (2, "tornTail"))
        self.assertEqual(self.object("get", "n/1", store=store)["fields"], {"a": 1})
        self.assertEqual(run("verify", store=store).returncode, 2)
        self.ok("put", "n/1", "a=2", store=store)
        self.assertEqual(self.object("verify", store=store)["result"], "intact")
        kept = [p for p in (store / ".syncline" / "log").iterdir() if p.name.startswith("torn-")]
        self.assertEqual([p.read_bytes() for p in kept], [b"torn tail, never acknowledged"])

    def test_acknowledged_events_that_are_damaged_are_3(self):
        store, segments = self.sealed()
        os.truncate(segments[-1], segments[-1].stat().st_size - 20)
        self.fails(3, "put", "n/1", "a=2", store=store)
        self.assertEqual(run("verify", store=store).returncode, 3)

    def test_a_damaged_checkpoint_changes_nothing(self):
        store, _ = self.sealed()
        digest = self.ok("digest", store=store)
        (checkpoint,) = (store / ".syncline" / "checkpoint").iterdir()
        data = bytearray(checkpoint.read_bytes())
        for at in (20, 100, 5000, len(data) - 3):
            damaged = bytearray(data)
            damaged[at] ^= 0x40
            checkpoint.write_bytes(damaged)
            self.assertEqual(self.ok("digest", store=store), digest)
        checkpoint.unlink()
        self.assertEqual(self.ok("digest", store=store), digest)

    def test_a_newer_format_is_5_and_untouched(self):
        store, segments = self.sealed()
        device = store / ".syncline" / "device"
        text = device.read_text()
        device.write_text(text.replace("device 1", "device 2"))
        before = snapshot(store)
        for words in (["list"], ["put", "n/1", "a=2"], ["verify"]):
            self.assertEqual(run(*words, store=store).returncode, 5, words)
        self.assertEqual(snapshot(store), before)


    def test_a_segment_of_a_newer_format_is_5_and_untouched(self):
        store, segments = self.sealed()
        for segment in segments:
            whole = segment.read_bytes()
            header = bytearray(whole[:508])
            header[8:14] = bytes([2, 0, 2, 0, 2, 0])
            segment.write_bytes(bytes(header) + crc32c(header).to_bytes(4, "little") + whole[512:])
            before = snapshot(store)
            for words in (["list"], ["put", "n/1", "a=2"], ["verify"], ["checkpoint"]):
                self.assertEqual(run(*words, store=store).returncode, 5, words)
            self.assertEqual(snapshot(store), before)
            segment.write_bytes(whole)
        self.assertEqual(self.object("verify", store=store)["result"], "intact")


def crc32c(data):
    """CRC32C, bit by bit."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


class FullDisk(StoreTest):
    def test_a_full_disk_is_1_and_nothing_is_half_done(self):
        small = self.folder / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(small)], capture_output=True).returncode != 0:
            self.skipTest("SKIPPED LOUDLY: this machine mounts no tmpfs, so a full disk was not tried")
        try:
            self.ok("init", store=small)
            written = 0
            for index in range(200):
                done = run("put", f"n/{index}", "a=" + "x" * 4000, store=small)
                if done.returncode != 0:
                    break
                written += 1
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"full", done.stderr)
            self.assertEqual(len(self.objects("list", store=small)), written)
            self.assertEqual(self.object("verify", store=small)["events"], written)
            subprocess.run(["mount", "-o", "remount,size=1m", str(small)], check=True)
            self.ok("put", "n/more", "a=1", store=small)
        finally:
            subprocess.run(["umount", "-l", str(small)])

    def test_a_file_that_may_not_grow_is_1(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", store=store)
        events = self.lines([event(DEVICE, n, record=f"r{n}", set={"text": "y" * 3000}) for n in range(1, 400)])

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

        done = subprocess.run([BINARY, "--store", str(store), "import", str(events)], capture_output=True, preexec_fn=limit)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(run("verify", store=store).returncode, (0, 2))
        self.assertEqual(self.object("get", "n/1", store=store)["fields"], {"a": 1})
        self.ok("import", events, store=store)
        self.assertEqual(len(self.objects("list", store=store)), 400)


if __name__ == "__main__":
    unittest.main()
