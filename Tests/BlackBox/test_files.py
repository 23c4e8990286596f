"""Files that go in and out: order, members, pipes, who may read them."""
import gzip
import random
import unittest

from harness import DEVICE, StoreTest, event


class Files(StoreTest):
    def history(self, count):
        """Events of one device over a few records, oldest first, each of which has seen its record's last one."""
        return [event(DEVICE, n, record=f"r{n % 7}", context={DEVICE: n - 7} if n > 7 else {}) for n in range(1, count + 1)]

    def digest(self, store):
        return self.ok("digest", store=store).split()[-1]

    def test_the_order_of_lines_does_not_matter(self):
        events = self.history(5000)
        store = self.make("ordered")
        self.ok("import", self.lines(events), store=store)
        seed = 11
        shuffled = random.Random(seed).sample(events, len(events))
        for name, order in (("reversed", events[::-1]), ("shuffled", shuffled)):
            other = self.make(name)
            report = self.object("import", self.lines(order), store=other)
            self.assertEqual((report["applied"], report["waiting"]), (5000, 0), f"{name}, seed {seed}")
            self.assertEqual(self.digest(other), self.digest(store), f"{name}, seed {seed}")

    def test_members_one_behind_the_other_go_in_from_a_pipe(self):
        lines = self.lines(self.history(300)).read_bytes().splitlines(keepends=True)
        members = b"".join(gzip.compress(b"".join(lines[at : at + 10])) for at in range(0, len(lines), 10))
        store = self.make()
        self.assertEqual(self.object("import", "-", store=store, stdin=members)["applied"], 300)

    def test_a_private_file_stays_private_when_it_is_replaced(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", store=store)
        for name in ("events.jsonl", "events.jsonl.gz"):
            file = self.folder / name
            file.write_bytes(b"old")
            file.chmod(0o600)
            self.ok("export", file, store=store)
            self.assertEqual(file.stat().st_mode & 0o777, 0o600, name)


if __name__ == "__main__":
    unittest.main()
