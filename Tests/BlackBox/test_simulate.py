"""`simulate` from outside: what it prints, its exit statuses, and that a seed is a seed in every process."""
import os
import subprocess
import unittest

import harness

BINARY = os.path.join(os.path.dirname(os.path.abspath(harness.BINARY)), "simulate")


def simulate(*words):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=300)


class SimulateTest(unittest.TestCase):
    def test_a_seed_lives_the_same_life_in_every_process(self):
        for seed in ("2", "5", "11"):
            first, second = (simulate("--kind", "world", "--seed", seed, "--trace") for _ in range(2))
            self.assertEqual(first.stdout, second.stdout)
            self.assertRegex(first.stdout, rf"(?m)^world {seed}: trace [0-9a-f]{{16}} of \d+ lines, \d+ ms$")

    def test_no_violation_is_status_0_and_the_last_line_sums_up(self):
        done = simulate("--seeds", "1..6")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout.splitlines()[-1], r"^6 seeds; stores: .*; worlds: .*: 0 violations$")
        self.assertRegex(simulate("--kind", "store", "--seed", "4").stdout, r"^1 seeds; stores: \d+ steps, [^w]*: 0 violations\n$")

    def test_a_rare_situation_that_was_not_reached_is_status_1(self):
        done = simulate("--kind", "world", "--seeds", "1..1", "--require-reached")
        self.assertEqual(done.returncode, 1)
        self.assertIn("never reached: ", done.stdout)
        self.assertRegex(done.stdout.splitlines()[-1], r"^1 seeds; worlds: .*: 0 violations$")

    def test_a_world_can_be_cut_down(self):
        done = simulate("--kind", "world", "--seed", "2", "--only", "1,2,3", "--without", "loss,power-loss", "--trace")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(len([line for line in done.stdout.splitlines() if " #" in line]), 3)

    def test_what_it_does_not_know_is_refused(self):
        for words in (["--kind", "moon"], ["--seeds", "5..1"], ["--seeds", "x"], ["--without", "rain"], ["--only", "a"]):
            done = simulate(*words)
            self.assertEqual(done.returncode, 64, words)


if __name__ == "__main__":
    unittest.main()
