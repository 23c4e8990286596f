"""How far long work has come: on a terminal, gone when it is done, and nowhere else."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import unittest

from harness import BINARY, DEVICE, StoreTest, event

# Each read of the log takes longer than it would.
SLOW = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pread64", "-e", "inject=pread64:delay_enter=40000", "-e", "signal=none"]
LINE = re.compile(r"(?:\r\x1b\[K(\w[\w ]*) (\d+) % \((\d+) of (\d+) (?:events|records)\))")
CLEAR = "\r\x1b[K"


class Progress(StoreTest):
    def setUp(self):
        super().setUp()
        subprocess.run([BINARY, "bench", "walk", "--events", "60000", "--runs", "1", "--keep", str(self.folder / "kept")], check=True, capture_output=True)
        self.store = next(path.parent for path in self.folder.rglob("log") if path.is_dir())

    def at_terminal(self, *words, columns=80, term="xterm"):
        """Runs slowly with stderr at a terminal and stdout in a pipe; returns what came out of each."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        child = subprocess.Popen([*SLOW, BINARY, *words, "--store", str(self.store)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": term})
        os.close(theirs)
        seen = []

        def read():
            while True:
                try:
                    piece = os.read(ours, 65536)
                except OSError:
                    return
                if not piece:
                    return
                seen.append(piece)

        reader = threading.Thread(target=read)
        reader.start()
        out = child.stdout.read().decode()
        child.stdout.close()
        self.assertEqual(child.wait(), 0)
        reader.join()
        os.close(ours)
        return out, b"".join(seen).decode()

    def test_long_work_says_how_far_it_has_come_and_leaves_nothing_behind(self):
        for words, names in {
            ("conflicts", "--stats"): {"counting"},
            ("verify",): {"reading", "folding"},
            ("verify", "--deep"): {"reading", "hashing"},
            # Here only times are read from the log, those of contested entries.
            ("digest",): {"hashing"},
            ("export", "--csv", str(self.folder / "records.csv")): {"exporting"},
        }.items():
            with self.subTest(words):
                out, shown = self.at_terminal(*words)
                told = LINE.findall(shown)
                self.assertTrue(told, shown)
                self.assertEqual({name for name, *_ in told}, names)
                for name in names:
                    done = [int(count) for own, _, count, _ in told if own == name]
                    self.assertEqual(done, sorted(done))
                for _, percent, count, total in told:
                    self.assertEqual(int(percent), int(count) * 100 // int(total))
                self.assertIn(CLEAR, shown[shown.rindex("%"):])
                # Results are those of a run without a terminal, and nothing of it is said where there is none.
                plain = subprocess.run([*SLOW, BINARY, *words, "--store", str(self.store)], capture_output=True)
                self.assertEqual(plain.returncode, 0)
                self.assertNotIn(b"%", plain.stderr)
                self.assertEqual(plain.stdout.decode(), out)

    def test_it_stays_within_one_line_and_is_not_shown_where_a_line_cannot_be_replaced(self):
        _, shown = self.at_terminal("verify", "--deep", columns=20)
        lines = [line for line in shown.split(CLEAR) if line]
        self.assertTrue(lines)
        self.assertEqual({len(line) for line in lines}, {19}, lines)
        self.assertEqual(self.at_terminal("verify", "--deep", term="dumb")[1], "")

    def test_what_takes_long_before_its_first_step_says_at_once_that_it_has_begun(self):
        _, shown = self.at_terminal("bench", "walk", "--runs", "1")
        self.assertTrue(shown.startswith(CLEAR + "hashing …"), shown)
        self.assertIn(CLEAR + "measuring 0 % (0 of 1)", shown)
        self.assertTrue(shown.endswith(CLEAR), shown)
        self.store, lines = self.make("large"), [json.dumps(event(DEVICE, n, record=f"r{n}", note="x")) for n in range(1, 50_001)]
        self.ok("import", "-", stdin="\n".join(lines).encode(), store=self.store)
        self.ok("put", "notes/1", "a=1", store=self.store)
        _, shown = self.at_terminal("checkpoint")
        self.assertTrue(shown.startswith(CLEAR + "writing the checkpoint …"), shown)
        # With nothing to write nothing is said to be written.
        _, shown = self.at_terminal("checkpoint")
        self.assertNotIn("…", shown)


if __name__ == "__main__":
    unittest.main()
