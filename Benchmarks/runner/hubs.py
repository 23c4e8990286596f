"""A hub as a process, devices that are the binary, and devices that are Python."""
import http.client
import json
import os
import resource
import select
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

from . import process, sockets
from .session import say

PAGE = 5000
STATUS_RUNS = 10


class Hub:
    """A running hub on a port of its own."""

    def __init__(self, binary, data):
        self.data = Path(data)
        self.log = open(str(data) + ".log", "ab")
        command = [str(binary), "serve", "--data", str(data), "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        ready, _, _ = select.select([self.process.stdout], [], [], 600)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.end()
            raise SystemExit("the hub did not start: see " + self.log.name)
        self.url = json.loads(line)["listening"]
        self.port = int(self.url.rsplit(":", 1)[1])

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.process.stdout.close()
        self.log.close()

    def kill(self):
        self.process.kill()
        self.end()

    def cpu(self):
        return process.cpu_seconds(self.process.pid)

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))

    def invite(self):
        """A one-time code, by the admin socket."""
        place = self.data / (self.data / "admin").read_text().strip()
        # A socket's path has at most 107 bytes.
        folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(f"/proc/self/fd/{folder}/{place.name}")
            os.close(folder)
            connection.sendall(b'{"invite":{"workspace":"main","role":"client","ttlMs":3600000}}\n')
            answer = b""
            while piece := connection.recv(4096):
                answer += piece
        return json.loads(answer)["code"]

    def call(self, connection, method, path, body=None, token=None):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status == 429:
            time.sleep(json.loads(text)["retryAfterMs"] / 1000)
            return self.call(connection, method, path, body, token)
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def enrol(self, connection):
        """Enrols a device; its id and token. A hub lets in some twenty strangers a second."""
        device = str(uuid.uuid4())
        body = json.dumps({"device": device, "code": self.invite(), "name": "visitor", "key": "ab" * 32})
        return device, self.call(connection, "POST", "/devices", body)["token"]


class Session:
    def __init__(self, binary, scratch):
        if not binary.exists():
            raise SystemExit(f"{binary} is not there: swift build -c release --product syncline")
        self.binary, self.scratch = binary, scratch
        self.keys = scratch / "keys"
        self.figures = {}
        self.hub = None
        self.hubs = 0
        #: A process of Python's own and the hub hold a descriptor a socket.
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def serve(self):
        self.end()
        self.hubs += 1
        self.hub = Hub(self.binary, self.scratch / f"hub{self.hubs}")
        return self.hub

    def end(self):
        if self.hub:
            self.hub.end()
            shutil.rmtree(self.hub.data, ignore_errors=True)
            self.hub = None

    def syncline(self, *words, store):
        """One call of the binary; what it prints, and how long it took."""
        environment = {**os.environ, "SYNCLINE_KEYS": str(self.keys)}
        start = time.monotonic()
        done = subprocess.run([str(self.binary), "--store", str(store), *map(str, words), "--json"], stdout=subprocess.PIPE, env=environment)
        seconds = time.monotonic() - start
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, words))} ended with {done.returncode}")
        return json.loads(done.stdout.splitlines()[-1]), seconds

    def device(self, name, copied=None):
        """A store that has joined the hub."""
        store = self.scratch / f"{name}{self.hubs}"
        shutil.rmtree(store, ignore_errors=True)
        if copied:
            shutil.copytree(copied, store)
        else:
            store.mkdir()
            self.syncline("init", "--name", name, store=store)
        self.syncline("join", self.hub.url, self.hub.invite(), store=store)
        return store

    def generated(self, count):
        """A store of workload W, closed."""
        keep = self.scratch / f"W-{count}-8-8"
        process.syncline(self.binary, "bench", "replay", "--events", count, "--keep", keep, "--runs", 1)
        return keep

    def best(self, name, seconds, hub_seconds, events, unit="events/s"):
        known = self.figures.get(name)
        if known and known["seconds"] <= seconds:
            return
        self.figures[name] = {
            "seconds": seconds, "events": events, "hubSeconds": hub_seconds, "text": f"{events / seconds:,.0f} {unit} ({seconds:,.2f} s)",
            "hub": f"{hub_seconds:,.2f} s"}

    # What is measured

    def exchange(self, count, rounds):
        """Packed blocks, by whole processes of the binary: start, store, and durable at the end included."""
        source = self.generated(count)
        for number in range(rounds):
            say(f"push and pull of {count:,} events, round {number + 1} of {rounds}")
            hub = self.serve()
            pusher, puller = self.device("pusher", source), self.device("puller")
            for name, command, store in (("push", "push", pusher), ("pull by a device that has nothing", "pull", puller)):
                before = hub.cpu()
                done, seconds = self.syncline(command, store=store)
                if (done.get("pushed") or 0) + (done.get("pulled") or 0) != count:
                    raise SystemExit(f"{command} says {done}")
                self.best(f"{name}, W of {count:,} as packed blocks", seconds, hub.cpu() - before, count)
            digests = {self.syncline("digest", store=store)[0]["digest"] for store in (pusher, puller)}
            if len(digests) != 1:
                raise SystemExit("both stores hold the same events, and show other records")
            for store in (pusher, puller):
                shutil.rmtree(store)

    def starts(self, count, rounds):
        """A hub is ended and started again: from its start to its ready line."""
        hub = self.serve()
        pusher = self.device("pusher", self.generated(count))
        if self.syncline("push", store=pusher)[0]["pushed"] != count:
            raise SystemExit("not everything was pushed")
        shutil.rmtree(pusher)
        marks = hub.data / "workspaces" / "main" / "marks"
        for number in range(rounds):
            say(f"start of a hub with {count:,} events, round {number + 1} of {rounds}")
            for how, end in (("after kill -9", Hub.kill), ("after a clean stop", Hub.end), ("without `marks`", lambda hub: (hub.kill(), marks.unlink()))):
                end(self.hub)
                start = time.monotonic()
                self.hub = Hub(self.binary, hub.data)
                seconds, cpu = time.monotonic() - start, self.hub.cpu()
                name = f"start of a hub with {count:,} events, {how}"
                known = self.figures.get(name)
                if not known or seconds < known["seconds"]:
                    self.figures[name] = {"seconds": seconds, "hubSeconds": cpu, "text": f"{seconds * 1000:,.0f} ms", "hub": f"{cpu:,.2f} s"}

    def json(self, count, rounds):
        """The same as JSON, by a client in Python whose bodies are ready before."""
        source, lines = self.generated(count), self.scratch / "events.jsonl"
        self.syncline("export", lines, store=source)
        events = lines.read_text().splitlines()
        bodies = ['{"events":[' + ",".join(events[start:start + PAGE]) + "]}" for start in range(0, count, PAGE)]
        lines.unlink()
        for number in range(rounds):
            say(f"the same of {count:,} as JSON, round {number + 1} of {rounds}")
            hub = self.serve()
            connection = hub.connect()
            _, token = hub.enrol(connection)
            before, start = hub.cpu(), time.monotonic()
            for body in bodies:
                answer = hub.call(connection, "POST", "/sync/push", body, token)
            if answer["head"] != count:
                raise SystemExit(f"{answer['head']} of {count} events were accepted")
            self.best(f"push, W of {count:,} as JSON", time.monotonic() - start, hub.cpu() - before, count)
            before, start, cursor, more, found = hub.cpu(), time.monotonic(), "", True, 0
            while more:
                page = hub.call(connection, "GET", f"/sync/pull?limit={PAGE}&cursor={cursor}", token=token)
                cursor, more, found = page["cursor"], page["more"], found + len(page["events"])
            if found != count:
                raise SystemExit(f"{found} of {count} events were pulled")
            self.best(f"pull, W of {count:,} as JSON", time.monotonic() - start, hub.cpu() - before, count)
            connection.close()

    def idle(self):
        say("a hub that does nothing, and one-shot status")
        hub = self.serve()
        store = self.device("idle")
        seconds = min(self.syncline("status", store=store)[1] for _ in range(STATUS_RUNS))
        self.figures["one-shot `status`, whole process"] = {"seconds": seconds, "text": f"{seconds * 1000:,.0f} ms"}
        shutil.rmtree(store)
        hub = self.serve()
        time.sleep(1)
        self.figures["memory of a hub that does nothing"] = {"bytes": hub.memory(), "text": f"{hub.memory() / 1e6:,.1f} MB"}

    def sockets(self, count, urgent):
        say(f"{count:,} devices enrol, some twenty a second")
        hub = self.serve()
        connection = hub.connect()
        writer, token = hub.enrol(connection)
        devices = [hub.enrol(connection) for _ in range(count)]
        say(f"{count:,} open sockets, {urgent} urgent events to all")
        found = sockets.run(hub, devices, urgent, lambda number: hub.call(
            connection, "POST", "/sync/push", json.dumps({"events": [self.urgent(writer, number)]}), token))
        self.figures[f"memory of a socket, {count:,} open"] = {"bytes": found["memory"], "text": f"{found['memory'] / 1024:,.1f} KiB"}
        self.figures[f"heartbeats of {count:,} devices"] = {
            "share": found["share"], "text": "every 5 s", "hub": f"{found['share'] * 100:,.1f} % of one core"}
        delays = sorted(found["delays"])
        p50, p99 = (delays[min(len(delays) - 1, int(len(delays) * part))] * 1000 for part in (0.5, 0.99))
        self.figures[f"urgent event to {count:,} devices, from the push on"] = {
            "milliseconds": {"p50": p50, "p99": p99, "max": delays[-1] * 1000}, "text": f"p50 {p50:,.0f} ms · p99 {p99:,.0f} ms · all {delays[-1] * 1000:,.0f} ms"}

    @staticmethod
    def urgent(device, seq):
        return {
            "device": device, "seq": seq, "time": 1_760_000_000_000 + seq, "collection": "notes", "record": f"urgent{seq}", "critical": True,
            "set": {"title": "now"}}
