"""How far long work has come: on a terminal, gone when it is done, and nowhere else."""
import os
import pty
import re
import subprocess
import threading
import unittest

from harness import BINARY, StoreTest

# Each read of the log takes longer than it would.
SLOW = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pread64", "-e", "inject=pread64:delay_enter=400000", "-e", "signal=none"]
LINE = re.compile(r"(?:\r\x1b\[K(\w[\w ]*) (\d+) % \((\d+) of (\d+) (?:events|records)\))")
CLEAR = "\r\x1b[K"


class Progress(StoreTest):
    def setUp(self):
        super().setUp()
        subprocess.run([BINARY, "bench", "walk", "--events", "60000", "--runs", "1", "--keep", str(self.folder / "kept")], check=True, capture_output=True)
        self.store = next(path.parent for path in self.folder.rglob("log") if path.is_dir())

    def at_terminal(self, *words):
        """Runs slowly with stderr at a terminal and stdout in a pipe; returns what came out of each."""
        ours, theirs = pty.openpty()
        child = subprocess.Popen([*SLOW, BINARY, *words, "--store", str(self.store)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs)
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
        words = ("conflicts", "--stats")
        out, shown = self.at_terminal(*words)
        told = LINE.findall(shown)
        self.assertTrue(told, shown)
        self.assertEqual({name for name, *_ in told}, {"counting"})
        done = [int(count) for _, _, count, _ in told]
        self.assertEqual(done, sorted(done))
        for _, percent, count, total in told:
            self.assertEqual(int(percent), int(count) * 100 // int(total))
        self.assertTrue(shown.endswith(CLEAR), shown[-80:])
        # Results are those of a run without a terminal, and nothing of it is said where there is none.
        plain = subprocess.run([*SLOW, BINARY, *words, "--store", str(self.store)], capture_output=True)
        self.assertEqual((plain.returncode, plain.stderr), (0, b""))
        self.assertEqual(plain.stdout.decode(), out)
        self.assertTrue(out)


if __name__ == "__main__":
    unittest.main()
