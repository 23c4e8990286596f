"""What the black-box tests share: the built binary, stores in temporary folders, a naive JSON event maker."""
import gzip
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("SYNCLINE_BINARY", str(ROOT / ".build" / "release" / "syncline"))
DATA = ROOT / "Tests" / "Data"

# What `&` or `nohup` has ignored stays ignored in whatever is started; a handler of one's own does not.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda *_: None)

#: Seconds after which nothing more is hoped for: a wait ends when what it waits for is there, so a long one costs a fast machine nothing.
PATIENCE = 240


def run(*words, store=None, stdin=None, cwd=None, env=None, timeout=PATIENCE):
    """Runs the binary; returns the finished process with bytes."""
    environment = {k: v for k, v in os.environ.items() if k != "SYNCLINE_STORE"}
    environment.update(env or {})
    command = [BINARY, *(["--store", str(store)] if store else []), *map(str, words)]
    return subprocess.run(command, capture_output=True, input=stdin, cwd=cwd, env=environment, timeout=timeout)


def lines_of(text):
    """Lines end in \\n only: U+2028 and its like, where Python splits too, may stand inside one."""
    return [line for line in text.split("\n") if line]


class StoreTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="syncline-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def make(self, name="laptop"):
        """A new store."""
        path = self.folder / name
        path.mkdir()
        self.ok("init", "--name", name, store=path)
        return path

    def ok(self, *words, **options):
        """Runs and expects exit 0; returns stdout as text."""
        done = run(*words, **options)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stderr.decode()}")
        return done.stdout.decode()

    def fails(self, status, *words, **options):
        """Runs and expects this exit status and a message; returns stderr as text."""
        done = run(*words, **options)
        self.assertEqual(done.returncode, status, f"{words}: {done.stdout.decode()} {done.stderr.decode()}")
        self.assertTrue(done.stderr.strip(), "an error says what is wrong")
        return done.stderr.decode()

    def objects(self, *words, **options):
        """The lines of --json."""
        return [json.loads(line) for line in lines_of(self.ok(*words, "--json", **options))]

    def object(self, *words, **options):
        lines = self.objects(*words, **options)
        self.assertEqual(len(lines), 1)
        return lines[0]

    def exchange(self, source, target):
        file = self.folder / "events.jsonl"
        self.ok("export", file, store=source)
        return self.object("import", file, store=target)

    def lines(self, events):
        """A file of events, a line each; bytes and text go in as they are."""
        path = self.folder / f"{uuid.uuid4()}.jsonl"
        with open(path, "wb") as file:
            for event in events:
                file.write((event if isinstance(event, bytes) else json.dumps(event).encode()) + b"\n")
        return path

    def conflict(self, field="title", left="sea", right="lake"):
        """Two stores that hold the same open conflict on notes/trip."""
        laptop, phone = self.make("laptop"), self.make("phone")
        self.ok("put", "notes/trip", f"{field}=start", "days=3", store=laptop)
        self.exchange(laptop, phone)
        self.ok("put", "notes/trip", f"{field}={left}", store=laptop)
        self.ok("put", "notes/trip", f"{field}={right}", store=phone)
        self.exchange(laptop, phone)
        self.exchange(phone, laptop)
        return laptop, phone


def event(device, seq, record="trip", context=None, **members):
    body = {} if "delete" in members or "unset" in members or "set" in members else {"set": {"title": f"v{seq}"}}
    return {"device": device, "seq": seq, "time": 1000 + seq, "collection": "notes", "record": record, "context": context or {}, **body, **members}


DEVICE = "467fd1e3-dd18-5468-a980-b6b45d94434a"
OTHER = "4e1fbf6a-1fd9-59f8-b95e-bd86fe849925"


def team():
    """The lines of the team history, and the truth at its end."""
    lines = gzip.open(DATA / "team.jsonl.gz").read().splitlines()
    return lines, json.load(gzip.open(DATA / "team.expected.json.gz"))
