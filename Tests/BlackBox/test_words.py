"""What is typed, what is printed, and where it goes."""
import datetime
import json
import os
import subprocess
import unittest

from canonical import canonical
from harness import BINARY, DEVICE, OTHER, StoreTest, event, run


class Typed(StoreTest):
    def test_a_value_is_json_if_it_parses_and_else_a_string(self):
        store = self.make()
        cases = [
            ("a=", ""), ("a==b", "=b"), ("a=1", 1), ("a= 1 ", 1), ("a=1 2", "1 2"), ("a=01", "01"), ("a=+1", "+1"), ("a=.5", ".5"), ("a=True", "True"), ("a=nul", "nul"),
            ("a=NaN", "NaN"), ("a=Infinity", "Infinity"), ("a='x'", "'x'"), ('a="1"', "1"), ('a="\\u00e9"', "é"), ("a=[1,]", "[1,]"), ("a={}", {}), ('a={"b":[null]}', {"b": [None]}),
            ("a=e\u0301", "e\u0301"), ('a="', '"'), ("a=1e5", 100000.0), ("a=-0", 0)]
        for typed, value in cases:
            self.ok("put", "n/1", typed, store=store)
            self.assertEqual(canonical(self.object("get", "n/1", store=store)["fields"]["a"]), canonical(value), typed)

    def test_a_number_beyond_the_limits_is_64_and_quoted_it_is_text(self):
        store = self.make()
        for number in ("18446744073709551616", "-9223372036854775809", "1e999", "[1,18446744073709551616]"):
            self.assertIn("quote", self.fails(64, "put", "n/1", f"a={number}", store=store))
        self.ok("put", "n/1", 'a="18446744073709551616"', store=store)
        self.assertEqual(self.object("get", "n/1", store=store)["fields"], {"a": "18446744073709551616"})

    def test_names_are_bytes_not_characters(self):
        store = self.make()
        self.ok("put", "n/é", "é=1", store=store)
        self.ok("put", "n/e\u0301", "é=1", "e\u0301=2", store=store)
        self.assertEqual([r["record"] for r in self.objects("list", store=store)], ["e\u0301", "é"])
        self.assertEqual(self.object("get", "n/e\u0301", store=store)["fields"], {"é": 1, "e\u0301": 2})

    def test_names_reach_255_bytes_and_no_further(self):
        store = self.make()
        self.ok("put", f"{'c' * 255}/{'r' * 255}", f"{'f' * 255}=1", store=store)
        for words in ([f"{'c' * 256}/r", "f=1"], [f"c/{'é' * 128}", "f=1"], ["c/r", f"{'f' * 256}=1"], ["c/", "f=1"], ["c/r", "=1"]):
            self.fails(64, "put", *words, store=store)
        self.assertEqual(self.object("verify", store=store)["events"], 1)

    def test_percent_signs_count_in_the_collection_only(self):
        store = self.make()
        self.ok("put", "a%2fb/100%/x", "f=1", store=store)
        self.assertEqual([(r["collection"], r["record"]) for r in self.objects("list", store=store)], [("a/b", "100%/x")])
        self.assertEqual(len(self.objects("list", "a%2Fb", store=store)), 1)
        for bad in ("a%20b/x", "a%/x", "a%2/x"):
            self.fails(64, "get", bad, store=store)

    def test_arguments_that_are_not_utf8_are_refused_and_never_mended_in_silence(self):
        store = self.make()
        for words in ([b"n/\xff", b"a=1"], [b"n/1", b"a=\xff"], [b"n/1", b"\xc3=1"]):
            done = subprocess.run([BINARY.encode(), b"--store", os.fsencode(store), b"put", *words], capture_output=True)
            self.assertEqual(done.returncode, 64, (words, done.stderr))
        self.assertEqual(self.object("verify", store=store)["events"], 0)

    def test_fields_and_words_do_not_write_one_field_twice(self):
        store = self.make()
        self.fails(64, "put", "n/1", "a=1", "--fields", '{"a":2}', store=store)
        self.fails(64, "put", "n/1", "--fields", '{"a":2', store=store)
        self.fails(64, "unset", "n/1", "a", "a", store=store)
        self.assertEqual(self.object("verify", store=store)["events"], 0)

    def test_behind_two_dashes_all_is_data(self):
        store = self.make()
        self.ok("put", "n/1", "--", "--json=1", store=store)
        self.assertEqual(self.object("get", "n/1", store=store)["fields"], {"--json": 1})

    def test_store_and_json_stand_before_or_after_the_subcommand(self):
        store = self.make()
        for words in (["--json", "put", "n/1", "a=1"], ["put", "n/1", "a=1", "--json"], ["put", "--json", "n/1", "a=1"]):
            self.assertIn("dot", json.loads(self.ok(*words, store=store)))
        self.assertIn("dot", json.loads(self.ok("put", "n/1", "a=1", "--json", f"--store={store}")))

    def test_what_fits_several_devices_is_refused_with_all_that_it_fits(self):
        store = self.make()
        twin = DEVICE[:-1] + "b"
        self.ok("import", self.lines([event(DEVICE, 1), event(twin, 1, record="x"), event(OTHER, 1, record="y")]), store=store)
        for words in (["get", "notes/trip", "--at", f"{DEVICE[:8]}:1"], ["log", "--device", DEVICE[:8]]):
            message = self.fails(64, *words, store=store)
            self.assertIn(DEVICE, message)
            self.assertIn(twin, message)
        self.assertEqual(self.object("get", "notes/trip", "--at", f"{DEVICE}:1", store=store)["fields"], {"title": "v1"})
        self.assertEqual(len(self.objects("log", "--device", OTHER[:12], store=store)), 1)
        self.fails(1, "log", "--device", "no", store=store)

    def test_times_are_read_with_and_without_zone_and_fraction(self):
        store = self.make()
        at = int(datetime.datetime(2021, 11, 22, 16, 52, 20, tzinfo=datetime.timezone.utc).timestamp() * 1000)
        self.ok("import", self.lines([{**event(DEVICE, 1), "time": at}, {**event(DEVICE, 2, context={DEVICE: 1}), "time": at + 500}]), store=store)
        for when, title in (
            ("2021-11-22T16:52:20Z", "v1"), ("2021-11-22T16:52:20.499Z", "v1"), ("2021-11-22T16:52:20.5Z", "v2"), ("2021-11-22T18:52:20+02:00", "v1"), ("2021-11-23", "v2")):
            self.assertEqual(self.object("get", "notes/trip", "--at", when, store=store)["fields"], {"title": title}, when)
        self.fails(1, "get", "notes/trip", "--at", "2021-11-22T16:52:19.999Z", store=store)
        for bad in ("2021-13-01", "2021-02-30", "2021-11-22T25:00:00Z", "#", "#-1", "#x", f"{DEVICE}:0", f"{DEVICE}:x"):
            self.fails(64, "get", "notes/trip", "--at", bad, store=store)
        self.fails(1, "get", "notes/trip", "--at", "#3", store=store)
        self.fails(1, "get", "notes/trip", "--at", f"{DEVICE}:3", store=store)


class Printed(StoreTest):
    def filled(self):
        store = self.make()
        self.ok("import", self.lines([event(DEVICE, n, record=f"r{n}", set={"text": "x" * 200}) for n in range(1, 3001)]), store=store)
        return store

    def test_every_reader_that_goes_away_ends_quietly(self):
        store = self.filled()
        for words in (["list"], ["list", "--json"], ["log"], ["log", "--json"], ["dump", "--canonical"], ["export"], ["export", "-"]):
            child = subprocess.Popen([BINARY, "--store", str(store), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            child.stdout.read(10)
            child.stdout.close()
            errors = child.stderr.read()
            child.stderr.close()
            self.assertEqual((child.wait(timeout=90), errors), (0, b""), words)

    def test_output_that_is_not_written_is_never_success(self):
        store = self.filled()
        for words in (["list"], ["export"], ["dump", "--canonical"], ["get", "notes/r1", "--json"], ["digest"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([BINARY, "--store", str(store), *words], stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 1, words)
            self.assertRegex(done.stderr, b"full|No space left")

    def test_reading_commands_change_no_byte(self):
        store = self.filled()
        self.ok("checkpoint", store=store)
        self.ok("put", "n/1", "a=1", store=store)

        def state():
            return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted((store / ".syncline").rglob("*")) if p.is_file()}

        before = state()
        for words in (
            ["get", "n/1"], ["list"], ["log"], ["conflicts"], ["show", "n/1"], ["export"], ["verify"], ["dump", "--canonical"], ["digest"], ["get", "n/1", "--at", "#3001"],
            ["bench", "replay", "--runs", "1"]):
            self.ok(*words, store=store)
        self.assertEqual(state(), before)

    def test_a_failed_command_prints_nothing_on_stdout(self):
        store = self.make()
        for status, words in ((1, ["get", "n/1"]), (64, ["get"]), (1, ["import", "nofile"]), (1, ["show", "n/1"])):
            done = run(*words, store=store)
            self.assertEqual((done.returncode, done.stdout), (status, b""), words)

    def test_errors_with_json_are_one_object_whatever_went_wrong(self):
        store = self.make()
        (store / ".syncline" / "device").write_text("syncline device 2\n")
        bad = self.lines([b'{"device":1}'])
        cases = [(64, ["nonsense"]), (64, ["put", "n/1", "a=1", "--note", "x" * 2000]), (1, ["import", bad])]
        for status, words in cases:
            other = self.folder / "other"
            if not other.exists():
                other.mkdir()
                self.ok("init", store=other)
            error = json.loads(self.fails(status, "--json", *words, store=other))
            self.assertEqual(set(error), {"error", "code", "hint"}, words)
        done = run("list", "--json", store=store)
        self.assertIn(done.returncode, (3, 5))
        self.assertEqual(set(json.loads(done.stderr)), {"error", "code", "hint"})

    def test_export_to_a_gz_file_comes_back_and_a_failed_one_leaves_the_old_file(self):
        store, target = self.filled(), self.folder / "out.jsonl.gz"
        self.ok("export", target, store=store)
        other = self.make("other")
        self.assertEqual(self.object("import", target, store=other)["applied"], 3000)
        self.assertEqual(self.ok("digest", store=other), self.ok("digest", store=store))
        self.assertEqual(self.object("import", "-", store=other, stdin=target.read_bytes())["duplicates"], 3000)
        self.fails(1, "export", self.folder / "nofolder" / "x", store=store)
        self.assertEqual([p.name for p in self.folder.iterdir() if p.is_file() and p.name.startswith("out")], ["out.jsonl.gz"])


if __name__ == "__main__":
    unittest.main()
