"""bench: the names of its results, what it refuses before it measures, and that it finds a regression."""
import json
import os
import signal
import subprocess
import time
import unittest

from harness import BINARY, PATIENCE, StoreTest, event, run, team

KINDS = {
    "replay": ["--events", "3000"], "open": ["--events", "3000"], "history": ["--events", "3000", "--length", "20"],
    "import": ["--events", "3000"], "walk": ["--events", "3000"],
}
NAMES = "benchmark events seconds eventsPerSecond megabytesPerSecond bytesPerEvent peakMemoryBytes digest".split()


class Results(StoreTest):
    def test_every_benchmark_has_the_stable_names_and_the_same_digest_for_the_same_seed(self):
        for kind, words in KINDS.items():
            first, again = (self.object("bench", kind, *words, "--runs", "2") for _ in range(2))
            self.assertLessEqual(set(NAMES), set(first), kind)
            self.assertEqual((first["benchmark"], first["runs"]), (kind, 2))
            self.assertTrue(first["digest"])
            self.assertEqual((first["digest"], first["events"]), (again["digest"], again["events"]), kind)
            self.assertEqual(first["microseconds"]["run"]["count"], 2)
            self.assertLessEqual(first["secondsLeast"], first["seconds"])
            self.assertLessEqual(first["seconds"], first["secondsMost"])
            other = self.object("bench", kind, *words, "--runs", "1", "--seed", "7")
            self.assertNotEqual(first["digest"], other["digest"], kind)

    def test_replay_opening_and_import_all_come_to_the_records_of_the_store(self):
        kept = self.folder / "kept"
        words = ["--events", "3000", "--runs", "1", "--keep", kept]
        digests = {self.object("bench", kind, *words)["digest"] for kind in ("replay", "open", "import")}
        digests.add(self.object("bench", "open", *words, "--no-checkpoint")["digest"])
        digests.add(self.object("digest", store=kept)["digest"])
        self.assertEqual(len(digests), 1)
        self.assertEqual(self.object("bench", "replay", *words)["events"], 3000)

    def test_opening_folds_nothing_behind_a_checkpoint_and_everything_without_one(self):
        words = ["--events", "3000", "--runs", "1"]
        self.assertEqual(self.object("bench", "open", *words)["foldedAtOpening"], 0)
        self.assertEqual(self.object("bench", "open", *words, "--no-checkpoint")["foldedAtOpening"], 3000)

    def test_the_history_that_is_read_is_as_long_as_was_asked(self):
        result = self.object("bench", "history", "--events", "3000", "--length", "20", "--records", "5", "--runs", "2")
        self.assertEqual(result["records"], 5)
        self.assertTrue(5 * 16 <= result["events"] <= 5 * 24, result["events"])
        self.assertEqual(result["microseconds"]["history"]["count"], 10)
        self.fails(1, "bench", "history", "--events", "100", "--length", "5000", "--runs", "1")

    def test_the_shape_of_the_workload_can_be_chosen(self):
        plain = self.object("bench", "replay", "--events", "3000", "--runs", "1")
        wide = self.object("bench", "replay", "--events", "3000", "--runs", "1", "--fields", "32", "--devices", "100")
        self.assertNotEqual(plain["workload"], wide["workload"])
        self.assertNotEqual(plain["digest"], wide["digest"])

    def test_for_people_it_says_the_same(self):
        text = self.ok("bench", "history", "--events", "3000", "--length", "20", "--runs", "1")
        for word in ("events/s", "MB/s", "bytes/event", "p99", "digest"):
            self.assertIn(word, text)


class OwnStores(StoreTest):
    def store(self):
        laptop = self.make()
        self.ok("import", self.lines(team()[0]), store=laptop)
        self.ok("checkpoint", store=laptop)
        return laptop

    def test_every_benchmark_measures_a_store_and_leaves_it_as_it_was(self):
        laptop = self.store()
        before = {path: path.read_bytes() for path in laptop.rglob("*") if path.is_file()}
        digest = self.object("digest", store=laptop)["digest"]
        for kind in KINDS:
            words = ["--length", "20"] if kind == "history" else []
            result = self.object("bench", kind, *words, "--runs", "1", store=laptop)
            self.assertIn(digest, result["workload"])
            if kind in ("replay", "open", "import"):
                self.assertEqual((result["digest"], result["events"]), (digest, 3748))
        self.assertEqual(before, {path: path.read_bytes() for path in laptop.rglob("*") if path.is_file()})

    def test_what_waits_is_imported_too(self):
        laptop = self.make()
        self.ok("import", self.lines([event("467fd1e3-dd18-5468-a980-b6b45d94434a", seq) for seq in (1, 3)]), store=laptop)
        self.assertEqual(self.object("bench", "import", "--runs", "1", store=laptop)["events"], 2)

    def test_an_empty_store_is_nothing_to_open(self):
        self.fails(1, "bench", "open", "--runs", "1", store=self.make())


class Keeping(StoreTest):
    def test_a_kept_store_is_used_again_and_only_for_the_same_workload(self):
        kept = self.folder / "kept"
        words = ["bench", "replay", "--runs", "1", "--keep", kept]
        first = self.object(*words, "--events", "500")
        before = {path: os.stat(path).st_mtime_ns for path in kept.rglob("*.segment")}
        self.assertEqual(self.object(*words, "--events", "500")["digest"], first["digest"])
        self.assertEqual(before, {path: os.stat(path).st_mtime_ns for path in kept.rglob("*.segment")})
        self.assertIn("holds", self.fails(1, *words, "--events", "600"))
        self.assertIn("holds", self.fails(1, *words, "--events", "500", "--seed", "7"))

    def test_a_store_that_is_no_finished_workload_is_left_alone(self):
        laptop = self.make()
        self.fails(1, "bench", "replay", "--events", "500", "--runs", "1", "--keep", laptop)
        self.assertEqual(self.object("digest", store=laptop)["events"], 0)
        self.fails(64, "bench", "replay", "--runs", "1", "--keep", laptop, store=laptop)

    def test_nothing_is_left_among_the_temporary_files(self):
        for kind, words in KINDS.items():
            self.ok("bench", kind, *words, "--runs", "1", env={"TMPDIR": str(self.folder)})
            self.assertEqual(os.listdir(self.folder), [], kind)


    def test_nothing_is_left_either_by_one_that_a_signal_ends(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            bench = subprocess.Popen(
                [BINARY, "bench", "replay", "--events", "10000000"], env={**os.environ, "TMPDIR": str(self.folder)},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + PATIENCE
            while not list(self.folder.rglob("*.segment")):
                self.assertIsNone(bench.poll())
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            bench.send_signal(number)
            self.assertEqual(bench.wait(timeout=PATIENCE), -number)
            self.assertEqual(os.listdir(self.folder), [], number)


class Compare(StoreTest):
    WORDS = ["bench", "replay", "--events", "3000", "--runs", "3"]

    def base(self, result, **changes):
        path = self.folder / "base.json"
        path.write_text(json.dumps({**result, **changes}))
        return path

    def test_a_slower_result_is_a_regression_and_a_faster_one_is_none(self):
        result = self.object(*self.WORDS)
        for factor, status in ((0.01, 0), (100, 1)):
            done = run(*self.WORDS, "--json", "--compare", self.base(result, eventsPerSecond=result["eventsPerSecond"] * factor))
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertEqual(json.loads(done.stdout)["digest"], result["digest"])
            self.assertEqual(b"a regression" in done.stderr, status == 1)

    def test_what_is_within_the_noise_of_the_other_result_is_no_regression(self):
        result = self.object(*self.WORDS)
        noisy = self.base(result, eventsPerSecond=result["eventsPerSecond"] * 100, noise=10_000.0)
        self.assertEqual(run(*self.WORDS, "--compare", noisy).returncode, 0)

    def test_absurd_numbers_in_the_other_result_are_only_numbers(self):
        absurd = self.base(self.object(*self.WORDS), eventsPerSecond=1e-300, noise=1e300)
        self.assertIn(b"no regression", run(*self.WORDS, "--compare", absurd).stderr)

    def test_another_result_for_the_same_work_is_an_error(self):
        wrong = self.base(self.object(*self.WORDS), digest="0" * 64, eventsPerSecond=1.0)
        self.assertIn("another result", self.fails(1, *self.WORDS, "--compare", wrong))

    def test_a_wrong_file_is_refused_before_anything_is_generated(self):
        result = self.object(*self.WORDS)
        # So many events would take hours.
        never = ["bench", "replay", "--events", "100000000"]
        missing, text = self.folder / "missing.json", self.folder / "text.json"
        text.write_text("replay was fast")
        self.assertIn("no result", self.fails(1, *never, "--compare", missing))
        self.assertIn("no result", self.fails(1, *never, "--compare", text))
        self.assertIn("no result", self.fails(1, *never, "--compare", self.base({"benchmark": "replay"})))
        self.assertIn("bench open", self.fails(1, *never, "--compare", self.base(result, benchmark="open")))
        self.assertIn("measured “W: 3000 events", self.fails(1, *never, "--compare", self.base(result)))
        for other in (["--seed", "7"], ["--fields", "9"], ["--devices", "9"]):
            self.assertIn("not “W: 3000", self.fails(1, *self.WORDS, *other, "--compare", self.base(result)))
        self.assertIn("bench replay", self.fails(1, "bench", "open", "--events", "3000", "--compare", self.base(result)))

    def test_a_result_of_another_store_is_refused(self):
        laptop, phone = self.make("laptop"), self.make("phone")
        for store, title in ((laptop, "sea"), (phone, "lake")):
            self.ok("put", "notes/trip", f"title={title}", store=store)
        base = self.base(self.object("bench", "replay", "--runs", "1", store=laptop), eventsPerSecond=1.0)
        self.ok("bench", "replay", "--runs", "1", "--compare", base, store=laptop)
        self.assertIn("measured “store", self.fails(1, "bench", "replay", "--runs", "1", "--compare", base, store=phone))


class Usage(StoreTest):
    def test_what_goes_wrong_in_a_run_is_said_as_anything_else(self):
        words = ["bench", "history", "--events", "100", "--length", "5000", "--runs", "1"]
        self.assertEqual(json.loads(self.fails(1, *words, "--json"))["code"], "no-such-record")
        self.assertTrue(self.fails(1, *words).startswith("syncline: no record with about 5000 events"))

    def test_numbers_out_of_range_are_wrong_usage(self):
        for words in (["--runs", "0"], ["--events", "0"], ["--fields", "65"], ["--fields", "5"], ["--devices", "1"], ["--seed", "-1"], ["--events", "100000000", "--devices", "10000"]):
            self.fails(64, "bench", "replay", "--events", "100", *words)
        self.fails(64, "bench", "history", "--events", "100", "--length", "0")
        self.fails(64, "bench", "history", "--events", "100", "--records", "0")

    def test_a_folder_without_a_store_is_named(self):
        for kind in KINDS:
            self.assertIn(str(self.folder), self.fails(1, "bench", kind, "--runs", "1", store=self.folder))


if __name__ == "__main__":
    unittest.main()


class Append(StoreTest):
    def test_append_has_the_stable_names_and_the_same_digest_for_the_same_seed(self):
        results = [self.object("bench", "append", "--events", "3050", "--batch", "100") for _ in range(2)]
        for name in ("benchmark events seconds eventsPerSecond megabytesPerSecond bytesPerEvent peakMemoryBytes digest syncs eventsPerSync "
                     "p50Microseconds p90Microseconds p99Microseconds p999Microseconds maxMicroseconds rawSeconds").split():
            self.assertIn(name, results[0])
        self.assertEqual((results[0]["events"], results[0]["syncs"]), (3050, 31))
        self.assertEqual(results[0]["digest"], results[1]["digest"])
        self.assertNotEqual(results[0]["digest"], self.object("bench", "append", "--events", "3050", "--seed", "7")["digest"])

    def test_append_by_many_writers_shares_syncs(self):
        # On a disk that syncs in no time nobody waits, and so nobody shares.
        slow = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=3000", "-e", "signal=none", BINARY]
        done = subprocess.run([*slow, "bench", "append", "--events", "2000", "--batch", "1", "--writers", "32", "--json"], capture_output=True, check=True)
        result = json.loads(done.stdout)
        self.assertEqual(result["events"], 2000)
        self.assertLess(result["syncs"], 1000)
        for factor, status in ((0.001, 0), (1000, 1)):
            base = self.folder / "base.json"
            base.write_text(json.dumps({**result, "eventsPerSecond": result["eventsPerSecond"] * factor, "noise": 0}))
            done = run("bench", "append", "--events", "3000", "--batch", "10", "--compare", base)
            self.assertEqual(done.returncode, status, done.stderr)
