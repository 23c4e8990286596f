"""What the shell hands over: closed and full outputs, devices and links as targets, words that are not UTF-8."""
import gzip
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import unittest

from harness import BINARY, DEVICE, StoreTest, event, run


def broken_pipe():
    """The writing end of a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


class Outputs(StoreTest):
    def start(self, store, words, closing=(), **streams):
        """Runs with some of 0, 1 and 2 closed, as the shell's >&- does."""
        def close():
            for descriptor in closing:
                os.close(descriptor)

        return subprocess.run([BINARY, "--store", str(store), *map(str, words)], preexec_fn=close, **streams)

    def test_closed_descriptors_never_let_words_into_the_stores_files(self):
        """A file of the store must not get the number that results or notes are written to."""
        settling = (["put", "notes/trip", "title=mine"], ["resolve", "notes/trip", "--choose", "a"], ["resolve", "--all", "--choose", "laptop"])
        reading = (["get", "notes/trip"], ["export"], ["checkpoint"], ["get", "no/record"])
        template, _ = self.conflict()
        for closing in ((1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)):
            for words in settling:
                store = self.folder / "copy"
                shutil.copytree(template, store)
                streams = {name: subprocess.DEVNULL for number, name in ((1, "stdout"), (2, "stderr")) if number not in closing}
                for each in (words, *reading):
                    self.start(store, each, closing, **streams)
                self.assertEqual(run("verify", store=store).returncode, 0, (closing, words))
                self.assertEqual(self.objects("conflicts", store=store), [], (closing, words))
                self.assertEqual(self.object("verify", store=store)["events"], 4, (closing, words))
                shutil.rmtree(store)

    def test_a_write_is_done_though_nobody_reads_what_it_settled(self):
        laptop, _ = self.conflict()
        writer = broken_pipe()
        done = self.start(laptop, ["put", "notes/trip", "title=mine"], stderr=writer, stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.object("get", "notes/trip", store=laptop)["fields"]["title"], "mine")
        self.assertEqual(self.start(laptop, ["get", "no/record"], stderr=writer).returncode, 1)
        self.assertEqual(self.start(laptop, ["get", "noslash"], stderr=writer).returncode, 64)
        os.close(writer)

    def test_verify_says_what_it_found_though_nobody_reads_it(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", store=store)
        (segment,) = (store / ".syncline" / "log").glob("*.segment")
        with open(segment, "ab") as file:
            file.write(b"torn")
        writer = broken_pipe()
        self.assertEqual(self.start(store, ["verify"], stdout=writer).returncode, 2)
        self.assertEqual(self.start(store, ["get", "n/1"], stdout=writer).returncode, 0)
        os.close(writer)

    def test_results_that_cannot_be_written_are_1_and_say_so(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", store=store)
        with open("/dev/full", "wb") as full:
            for words in (["get", "n/1"], ["export"], ["put", "--help"], ["verify"]):
                done = self.start(store, words, stdout=full, stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 1, words)
                self.assertIn(b"No space left", done.stderr, words)
            done = self.start(store, ["get", "n/1", "--json"], stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(json.loads(done.stderr)["code"], "disk-full")

    def test_a_slow_reader_of_a_descriptor_that_does_not_block_gets_everything(self):
        store = self.make()
        self.ok("import", self.lines([event(DEVICE, n, record=f"r{n}") for n in range(1, 3001)]), store=store)
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        child = subprocess.Popen([BINARY, "--store", str(store), "export"], stdout=writer)
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            self.assertEqual(len(file.read().splitlines()), 3000)
        self.assertEqual(child.wait(timeout=90), 0)


class Targets(StoreTest):
    def setUp(self):
        super().setUp()
        self.store = self.make()
        self.ok("put", "n/1", "a=1", store=self.store)
        self.text = self.ok("export", store=self.store)

    def test_a_device_is_written_to_and_stays_a_device(self):
        device = self.folder / "null"
        try:
            os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
            open(device, "wb").close()
        except OSError:
            self.skipTest("SKIPPED LOUDLY: this machine makes no devices, so export to one was not tried")
        self.ok("export", device, store=self.store)
        self.assertTrue(stat.S_ISCHR(os.stat(device).st_mode))

    def test_a_pipe_is_written_to(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.ok("export", pipe, store=self.store)
        self.assertEqual(os.read(reader, 1 << 16).decode(), self.text)
        self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))

    def test_a_link_is_followed(self):
        target, link = self.folder / "target.jsonl", self.folder / "link.jsonl"
        target.write_text("old")
        link.symlink_to(target)
        self.ok("export", link, store=self.store)
        self.assertTrue(link.is_symlink())
        self.assertEqual(target.read_text(), self.text)

    def test_a_file_that_cannot_be_written_stays_as_it_was(self):
        file = self.folder / "events.jsonl"
        file.write_text("old")
        self.fails(1, "export", self.folder / "nofolder" / "events.jsonl", store=self.store)
        self.fails(1, "export", self.folder, store=self.store)
        before = sorted(p.name for p in self.folder.iterdir())
        events = self.lines([event(DEVICE, n, record=f"r{n}", set={"text": "y" * 3000}) for n in range(1, 400)])
        self.ok("import", events, store=self.store)
        events.unlink()

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        done = subprocess.run([BINARY, "--store", str(self.store), "export", str(file)], capture_output=True, preexec_fn=limit)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(file.read_text(), "old")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), before)

    def test_a_compressed_export_of_several_pieces_is_one_text(self):
        events = [event(DEVICE, n, record=f"r{n}", set={"text": f"{n}" * 400}) for n in range(1, 3001)]
        self.ok("import", self.lines(events), store=self.store)
        file = self.folder / "events.jsonl.gz"
        self.ok("export", file, store=self.store)
        self.assertEqual(gzip.open(file).read().decode(), self.ok("export", store=self.store))
        other = self.make("other")
        self.assertEqual(self.object("import", file, store=other)["applied"], 3001)
        empty, none = self.make("empty"), self.folder / "none.jsonl.gz"
        self.ok("export", none, store=empty)
        self.assertEqual(gzip.open(none).read(), b"")
        self.assertEqual(self.object("import", none, store=other)["applied"], 0)


class Words(StoreTest):
    def test_words_that_are_not_utf8_are_refused_and_never_mended(self):
        store = self.make()
        for words in ([b"put", b"n/1", b"a=\xff"], [b"put", b"n/\xed\xa0\x80", b"a=1"], [b"put", b"n/1", b"\xc0\x80=1"], [b"get", b"\x80/1"]):
            done = subprocess.run([BINARY.encode(), b"--store", str(store).encode(), *words], capture_output=True)
            self.assertEqual(done.returncode, 64, words)
            self.assertIn(b"UTF-8", done.stderr)
        self.assertEqual(self.object("verify", store=store)["events"], 0)

    def test_only_what_would_be_json_is_refused_for_its_numbers(self):
        store = self.make()
        for text in ("123456789012345678901 bottles", "1e999x", "[1e999,", "1e999 1e999", "99999999999999999999-11"):
            self.ok("put", "n/1", f"a={text}", store=store)
            self.assertEqual(self.object("get", "n/1", store=store)["fields"], {"a": text})
        for text in ("99999999999999999999", "-1e999", "[1, 1e999, {\"x\": 99999999999999999999}]"):
            self.assertIn("quote", self.fails(64, "put", "n/1", f"a={text}", store=store))

    def test_a_line_break_in_data_makes_no_line_of_its_own_in_an_error(self):
        store = self.make()
        message = self.fails(1, "get", "n/x\nsyncline: all is well", store=store)
        self.assertNotIn("\nsyncline:", message)
        self.assertIn("\\u000a", message)

    def test_days_that_no_month_has_are_no_moment(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", store=store)
        for when in ("2021-02-29", "2021-04-31T10:00", "2021-01-01T10:00+25:00"):
            self.fails(64, "get", "n/1", "--at", when, store=store)

    def test_a_record_that_came_later_is_named_so(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", store=store)
        for command in ("get", "show"):
            self.assertIn("not there yet", self.fails(1, command, "n/1", "--at", "#0", store=store))

    def test_a_dry_run_prints_objects(self):
        laptop, _ = self.conflict()
        (draft,) = self.objects("resolve", "--all", "--choose", "laptop", "--dry-run", store=laptop)
        self.assertEqual(
            draft,
            {"collection": "notes", "record": "trip", "set": {"title": "sea"}, "unset": [], "open": [],
             "changes": [{"field": "title", "before": "lake", "after": "sea"}]})
        self.assertEqual(len(self.objects("conflicts", store=laptop)), 1)

    def test_a_command_that_is_none_is_named_whatever_stands_behind_it(self):
        for words in (["frob"], ["frob", "--json"], ["--json", "frob"], ["frob", "get", "n/1"]):
            self.assertIn("“frob”", json.loads(message)["error"] if (message := self.fails(64, *words)).startswith("{") else message)
        self.assertIn("get", self.ok("help", "get"))

    def test_settling_all_of_nothing_says_so(self):
        laptop, _ = self.conflict()
        done = run("resolve", "--all", "--where", "collection=other", "--choose", "laptop", store=laptop)
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertIn(b"no conflict matches", done.stderr)

    def test_a_demo_in_a_place_that_cannot_be_written_is_1(self):
        self.fails(1, "demo", "--keep", self.folder / "none" / "deeper")
        self.fails(1, "demo", "--keep", self.folder)

    def test_threads_are_one_or_two(self):
        for threads in ("1", "2"):
            self.ok("bench", "replay", "--events", "1000", "--runs", "1", "--threads", threads)
        for threads in ("0", "3"):
            self.fails(64, "bench", "replay", "--events", "100", "--threads", threads)


if __name__ == "__main__":
    unittest.main()
