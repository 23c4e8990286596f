"""What every command takes on one large store, as whole processes: processor time and wall time, the least of some rounds."""
import json
import os
import pty
import select
import signal
import subprocess
import time
from collections import Counter

# How much of a command is waited for: what it prints first, what somebody at a terminal sees first, be it how far it has come, or all.
FIRST_LINE, FIRST_SIGN, END = "first line", "first sign at a terminal", ""
# A moment behind everything.
LAST = "2200-01-01T00:00:00Z"


class Commands:
    """The store, what is asked about in it, and the commands."""

    def __init__(self, binary, store, events):
        self.binary, self.store, self.events = binary, store, events
        self.exported = str(store) + "-exported"
        if not (store / "workload").exists():
            subprocess.run([binary, "bench", "open", "--events", str(events), "--keep", store, "--runs", "1"], check=True, stdout=subprocess.DEVNULL)
        # Makes what a checkpoint by that command has beside it.
        subprocess.run([binary, "checkpoint", "--store", store], check=True, stdout=subprocess.DEVNULL)
        newest = self.lines("log", "--limit", "3000")
        self.hot = Counter(event["collection"] + "/" + event["record"] for event in newest).most_common(1)[0][0]
        history = self.lines("log", self.hot)
        self.hot_events = len(history)
        self.middle = history[len(history) // 2]
        self.early, self.late = history[min(30, len(history) - 1)], history[-min(30, len(history))]
        self.field = next(iter(self.record(self.hot)["fields"]))
        self.contested = self.lines("conflicts", "--limit", "4")
        self.records = [conflict["collection"] + "/" + conflict["record"] for conflict in self.contested]
        self.device = newest[-1]["device"]
        self.side = self.contested[0]["sides"][0]["device"]

    def lines(self, *words):
        done = subprocess.run([self.binary, *words, "--json", "--store", self.store], check=True, capture_output=True, text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def record(self, key):
        return self.lines("get", key)[0]

    def reading(self):
        """What leaves the store as it is: the words that stand in the table, and how much of the output is waited for."""
        hot, field, contested = self.hot, self.field, self.records[0]
        position, dot, moment = f"#{self.events // 2}", self.middle["dot"], self.middle["time"]
        late = self.late["dot"]
        everything = [
            ["get", hot], ["get", hot, "--who"], ["get", hot, "--at", late], ["get", hot, "--at", position], ["get", hot, "--at", dot], ["get", hot, "--at", moment],
            ["show", hot], ["show", contested], ["show", hot, "--at", position], ["show", hot, "--at", moment],
            ["why", hot, field], ["why", hot, field, "--at", position], ["why", hot, field, "--at", moment],
            ["log", hot, "--limit", "20"], ["log", hot, "--limit", "500"], ["log", hot, "--reverse", "--limit", "500"], ["log", "--limit", "20"], ["log", "--kind", "resolve", "--limit", "20"], ["log", "--kind", "import", "--limit", "20"], ["log", "--field", "nobody writes this", "--limit", "20"], ["log", "--until", self.early["time"], "--limit", "20"], ["log", "--device", self.device, "--limit", "20"],
            ["log", "--collection", "nobody writes this", "--limit", "20"], ["log", "--critical", "--limit", "20"], ["log", "--device", self.device, "--kind", "resolve", "--limit", "20"],
            ["log", hot, "--kind", "import", "--limit", "20"], ["log", hot, "--kind", "resolve", "--limit", "20"], ["log", hot, "--field", "nobody writes this", "--limit", "20"], ["log", hot, "--critical", "--limit", "20"], ["log", hot, "--since", moment, "--until", moment],
            ["log", hot, "--until", self.early["time"], "--limit", "20"],
            ["list", "--where", f"{field}=nothing has this"], ["list", "notes", "--where", f"{field}=nothing has this"],
            ["list", "--where", f"{field}=nothing has this", "--at", position], ["list", "--where", f"{field}=nothing has this", "--at", moment], ["list", "--where", f"{field}=nothing has this", "--at", LAST], ["list", "--where", "nobody writes this=1", "--at", moment],
            ["conflicts", "--limit", "10"], ["conflicts", "--stats"], ["conflicts", "--stats", "--field", field], ["conflicts", "--field", "nobody writes this"],
            ["resolve", contested, "--choose", "a", "--dry-run"], ["undo", self.middle["dot"], "--force", "--dry-run"],
            ["policy"], ["status", "--offline"], ["digest"], ["checkpoint"],
        ]
        first = [
            ["list"], ["list", "notes"], ["list", "--at", position], ["list", "--at", moment], ["log"], ["log", "--since", self.late["time"]], ["log", "--reverse"], ["log", hot], ["log", hot, "--reverse"],
            ["log", "--json"], ["log", "--csv"], ["log", "--limit", "20000"], ["log", "--limit", str(self.events // 2)], ["log", "--kind", "edit", "--limit", str(self.events // 10)], ["log", "--since", self.early["time"]], ["log", "--device", self.device], ["log", "--field", "nobody writes this"],
            ["log", "--kind", "resolve", "--limit", "20000"], ["log", "--reverse", "--kind", "resolve"], ["log", hot, "--limit", "20000"], ["log", hot, "--since", moment], ["log", hot, "--reverse", "--kind", "resolve"],
            ["conflicts"], ["conflicts", "--device", self.device], ["conflicts", "--at", position], ["conflicts", "--at", moment], ["export"], ["export", "--csv"], ["inspect", self.segment()], ["dump", "--canonical"],
            ["resolve", "--all", "--where", "collection=notes", "--choose", self.side, "--dry-run"], ["resolve", "--all", "--where", f"{field}=nothing has this", "--choose", self.side, "--dry-run"],
        ]
        whole = [
            ["verify"], ["verify", "--deep"], ["export", self.exported], ["export", "--csv", self.exported],
        ]
        for words in everything:
            yield self.named(words), words, None, END
        for words in first:
            yield self.named(words), words, None, FIRST_LINE
        for words in whole:
            yield self.named(words), words, None, FIRST_SIGN
        yield "verify", ["verify"], None, END
        yield "the prompt, left at once", ["repl"], b"", END

    def writing(self):
        """What changes the store; each round is another write."""
        hot, made = self.hot, f"made/{time.time_ns()}"
        yield "put R f=v", ["put", hot, f"{self.field}=written"], None, END
        yield "put of a new record", ["put", made, "title=new"], None, END
        yield "unset R f", ["unset", hot, self.field], None, END
        yield "undo --dry-run", ["undo", "--dry-run", "--force"], None, END
        yield "undo", ["undo", "--force"], None, END
        yield "redo", ["redo", "--force"], None, END
        yield "delete R", ["delete", made], None, END
        yield "import of one event", ["import", "-"], self.event(), END
        yield "conflicts --stats, behind these writes", ["conflicts", "--stats"], None, END
        yield "list --where, behind these writes", ["list", "--where", f"{self.field}=nothing has this"], None, END
        for policy in ("latest", "union", "text"):
            yield f"policy notes --field f {policy}", ["policy", "notes", "--field", self.field, policy], None, FIRST_LINE
            yield f"policy notes --field f {policy}, to the end of deciding", ["policy", "notes", "--field", self.field, policy], None, END
            yield f"conflicts --stats, under {policy}", ["conflicts", "--stats"], None, END
            yield f"status --offline, under {policy}", ["status", "--offline"], None, END
            yield f"conflicts --field f, under {policy}", ["conflicts", "--field", self.field], None, FIRST_LINE
            yield f"conflicts --device D, under {policy}", ["conflicts", "--device", self.device], None, FIRST_LINE
            yield f"list --where, under {policy}", ["list", "--where", f"{self.field}=nothing has this"], None, END
            yield f"list --where --at the end, under {policy}", ["list", "--where", f"{self.field}=nothing has this", "--at", LAST], None, END
        yield "policy notes --field f manual", ["policy", "notes", "--field", self.field, "manual"], None, FIRST_LINE
        for words in (["digest"], ["checkpoint"]):
            yield f"{words[0]}, behind these writes", words, None, FIRST_SIGN
            yield f"{words[0]}, behind these writes", words, None, END

    def resolving(self):
        for key in self.records:
            yield "resolve R --choose a", ["resolve", key, "--choose", "a"], None, END

    def event(self):
        """One event of a device that nobody has met."""
        device = f"{time.time_ns():032x}"
        device = "-".join([device[:8], device[8:12], device[12:16], device[16:20], device[20:]])
        event = {"collection": "made", "device": device, "record": f"by-{device}", "seq": 1, "set": {"title": "x"}, "time": 1_760_000_000_000}
        return json.dumps(event).encode() + b"\n"

    def segment(self):
        """The largest segment."""
        return str(max((self.store / ".syncline" / "log").iterdir(), key=lambda file: file.stat().st_size))

    def named(self, words):
        """The command as the table has it."""
        names = {
            self.hot: "R", self.records[0]: "C", self.field: "f", self.middle["dot"]: "DOT", self.middle["time"]: "TIME", self.late["dot"]: "a late DOT", self.late["time"]: "a late TIME",
            self.early["time"]: "an early TIME", LAST: "the end", self.exported: "FILE", "nobody writes this": "g", "nobody writes this=1": "g=v",
            f"#{self.events // 2}": "#HALF", f"{self.field}=nothing has this": "f=v", self.device: "D", self.side: "SIDE", self.segment(): "SEGMENT",
        }
        return " ".join([words[0], *(names.get(word, word) for word in words[1:])])

    def measure(self, words, given=None, until=END):
        """Runs the command once: milliseconds on processors and on the wall."""
        ours, theirs = pty.openpty() if until == FIRST_SIGN else (None, subprocess.DEVNULL)
        start = time.perf_counter()
        process = subprocess.Popen(
            [self.binary, *words, "--store", self.store], stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=theirs, env={**os.environ, "TERM": "xterm"})
        if given:
            process.stdin.write(given)
        if given is not None:
            process.stdin.close()
        if until == FIRST_LINE:
            process.stdout.readline()
        elif until == FIRST_SIGN:
            select.select([process.stdout, ours], [], [])
        else:
            process.stdout.read()
        wall = time.perf_counter() - start
        if until != END:
            os.kill(process.pid, signal.SIGKILL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if until == END:
            wall = time.perf_counter() - start
        process.stdout.close()
        if until == FIRST_SIGN:
            os.close(ours)
            os.close(theirs)
        if process.returncode not in (0, -9):
            raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
        return (usage.ru_utime + usage.ru_stime) * 1000, wall * 1000
