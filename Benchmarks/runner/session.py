"""One run of everything, in rounds: each round measures every candidate once, so that what disturbs the machine disturbs all of them alike."""
import statistics
import sys

from . import disk, events, process, redis, sqlite

APPENDED = 200_000
SYNCS = 400


class Session:
    def __init__(self, binary, scratch, rounds):
        if not binary.exists():
            raise SystemExit(f"{binary} is not there: swift build -c release --product syncline")
        self.binary, self.scratch, self.rounds = binary, scratch, rounds
        #: name → {"events", "cpu", "wall", "peak", "bytes", …}: of each the least of all rounds.
        self.figures = {}
        #: What could not be measured here, and why.
        self.left_out = []

    def measure(self, count, large, bcd):
        self.beside_peers(count)
        self.synced(count)
        self.store(f"W {large:,}", self.generated(large)) if large else self.left_out.append("the large store: --large 0")
        if bcd:
            self.real(bcd)
        else:
            self.left_out.append("the bcd history: no --bcd FILE")

    # What is measured

    def beside_peers(self, count):
        words = self.generated(count)
        say(f"generating W of {count:,} events and the peers' files")
        self.bench("import", words, runs=1)
        lines = self.scratch / f"W-{count}-8-8" / "events.jsonl"
        aof = self.file(f"{count}.aof", lambda path: events.write_aof(lines, path))
        database = self.file(f"{count}.sqlite", lambda path: events.write_database(lines, path))
        records = self.bench("replay", words, runs=1)["records"]
        has_redis = redis.is_installed()
        if not has_redis:
            self.left_out.append("Redis: redis-server is not installed (apt-get install redis-server)")
        for number in range(self.rounds):
            say(f"round {number + 1} of {self.rounds}")
            self.add("replay", self.bench("replay", words))
            self.add("walk", self.bench("walk", words))
            self.add("import", self.bench("import", words))
            if has_redis:
                self.add("redis load", {**redis.load(aof, records, self.scratch), "events": count, "bytes": aof.stat().st_size})
            folded = sqlite.fold(database, count)
            if folded["value"][1] != records:
                raise SystemExit(f"sqlite has {folded['value'][1]} records, not {records}: the comparison would be unfair")
            self.add("sqlite fold", {**folded, "events": count, "bytes": database.stat().st_size})
        self.store(f"W {count:,}", words)
        self.lines, self.database = lines, database

    def synced(self, count):
        """Appends that are durable before they are answered: wall time counts, since the disk is what they wait for."""
        limit = min(count, APPENDED)
        has_append = process.has_benchmark(self.binary, "append")
        if not has_append:
            self.left_out.append("append: this binary has no `bench append`")
        batches = redis.batches(self.lines, limit) if redis.is_installed() else None
        for number in range(self.rounds):
            say(f"appends, round {number + 1} of {self.rounds}")
            for name, is_preallocated in (("fdatasync, growing file", False), ("fdatasync, preallocated file", True)):
                seconds = disk.sync_seconds(self.scratch / "sync", SYNCS, is_preallocated)
                self.add(name, {"events": SYNCS, "wall": statistics.median(seconds) * SYNCS})
            if has_append:
                self.add("append", process.syncline(self.binary, "bench", "append", "--events", limit, "--batch", sqlite.BATCH))
                self.add("append, 64 writers", process.syncline(self.binary, "bench", "append", "--events", limit // 10, "--batch", 1, "--writers", 64))
            if batches:
                self.add("redis append", {**redis.append(batches, self.scratch), "events": limit})
            self.add("sqlite append", {**sqlite.append(self.database, self.scratch / "append.sqlite", limit), "events": limit})

    def store(self, name, words):
        """What the size of a store may cost: opening, a whole process, one record's history, replaying all of it."""
        say(f"{name}: open, get, history, replay")
        replay = self.bench("replay", words, runs=min(3, self.rounds))
        self.add(f"{name}: replay", replay)
        opened = self.bench("open", words, runs=max(3, self.rounds))
        if opened["digest"] != replay["digest"]:
            raise SystemExit("the checkpoint and the log give other records")
        self.add(f"{name}: open", opened)
        self.add(f"{name}: history", self.bench("history", words, runs=min(3, self.rounds)))

    def real(self, lines):
        """A real history, called like its file."""
        name = lines.name.split(".")[0]
        folder = self.scratch / name
        if not (folder / ".syncline").exists():
            process.syncline(self.binary, "init", folder)
            process.syncline(self.binary, "--store", folder, "import", lines)
            process.syncline(self.binary, "--store", folder, "checkpoint")
        say(name)
        for benchmark in ("replay", "open", "import"):
            self.add(f"{name}: {benchmark}", self.bench(benchmark, ["--store", folder], runs=self.rounds))

    def curves(self, sizes, fields, devices, count):
        """Replay of W where one thing differs; for the picture."""
        points = [("events", size, self.generated(size)) for size in sizes]
        points += [("fields", number, self.generated(count, fields=number)) for number in fields]
        points += [("devices", number, self.generated(count, devices=number)) for number in devices]
        results = []
        for what, number, words in points:
            say(f"picture: {number:,} {what}")
            result = self.bench("replay", words, runs=self.rounds)
            results.append({"what": what, "number": number, "events": result["events"], "cpu": result["processorSecondsLeast"], "bytesPerEvent": result["bytesPerEvent"]})
        return results

    # How

    def generated(self, count, fields=8, devices=8):
        keep = self.scratch / f"W-{count}-{devices}-{fields}"
        return ["--events", count, "--fields", fields, "--devices", devices, "--keep", keep]

    def bench(self, name, words, runs=1):
        return process.syncline(self.binary, "bench", name, *words, "--runs", runs)

    def file(self, name, write):
        path = self.scratch / name
        if not path.exists():
            unfinished = path.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            write(unfinished)
            unfinished.rename(path)
        return path

    def add(self, name, result):
        """Takes a result in: of times and memory the least counts, all else is the same in each round."""
        result = {key: value for key, value in result.items() if key not in ("value", "digest", "workload")}
        for key, sources in (("cpu", ("processorSecondsLeast", "processorSeconds")), ("wall", ("secondsLeast", "seconds")), ("peak", ("peakMemoryBytes",))):
            for source in sources:
                if source in result:
                    result.setdefault(key, result[source])
        known = self.figures.setdefault(name, result)
        for key in ("cpu", "wall", "peak"):
            if key in result:
                known[key] = min(known[key], result[key])


def say(text):
    print(text, file=sys.stderr, flush=True)
