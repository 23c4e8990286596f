"""A hub as a process of its own, and clients for it that are not ours: curl, and Python's sockets."""
import json
import os
import select
import signal
import subprocess
import time
import uuid
from pathlib import Path

from harness import BINARY, PATIENCE, StoreTest


class HubProcess:
    """A running hub. It is the test's: `stop` or `kill` ends it."""

    def __init__(self, data, *words, port=0, under=()):
        command = [*map(str, under), BINARY, "serve", "--data", str(data), "--listen", f"127.0.0.1:{port}", *map(str, words)]
        self.log = open(str(data) + ".log", "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.kill()
            raise AssertionError("the hub did not start: " + Path(f"{data}.log").read_text())
        self.ready = json.loads(line)
        self.url = self.ready["listening"]
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self):
        """Ends it in order; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def kill(self):
        self.process.kill()
        return self.end()

    def end(self):
        status = self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()
        self.log.close()
        return status


class HubTest(StoreTest):
    """A test with a hub and devices whose keys lie in the test's folder."""

    def setUp(self):
        super().setUp()
        self.data = self.folder / "hub"
        self.hub = None
        self.keys = {"SYNCLINE_KEYS": str(self.folder / "keys")}

    def serve(self, *words, port=0):
        self.hub = HubProcess(self.data, *words, port=port)
        self.addCleanup(self.end, self.hub)
        return self.hub

    def end(self, hub):
        if hub.process.poll() is None:
            hub.kill()

    def invite(self, *words):
        return self.ok("invite", "--data", self.data, *words).split()[-1]

    def device(self, name, *words):
        """A store that has joined the hub."""
        store = self.make(name)
        self.ok("join", self.hub.url, self.invite(*words), store=store, env=self.keys)
        return store

    def sync(self, store, command="sync"):
        return self.object(command, store=store, env=self.keys)

    def digest(self, store):
        return self.ok("digest", store=store).split()[-1]

    def curl(self, method, path, *words, token=None, data=None, headers=()):
        """A call by curl; returns the status, the headers in lower case, and the body as bytes."""
        command = ["curl", "-sS", "--max-time", str(PATIENCE), "-i", "-X", method, self.hub.url + path, "-H", "Expect:", *map(str, words)]
        for header in headers:
            command += ["-H", header]
        if token:
            command += ["-H", f"Authorization: Bearer {token}"]
        stdin = None
        if data is not None:
            stdin = data if isinstance(data, bytes) else json.dumps(data).encode()
            command += ["--data-binary", "@-"]
            if not any(header.lower().startswith("content-type") for header in headers):
                command += ["-H", "Content-Type: application/json"]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if ": " in line)}
        return int(lines[0].split()[1]), fields, body

    def call(self, method, path, **options):
        """A call by curl that must succeed; returns its object."""
        status, _, body = self.curl(method, path, **options)
        self.assertLess(status, 300, body)
        return json.loads(body)

    def problem(self, status, code, method, path, **options):
        """A call by curl that must be refused with this status and code; returns the problem."""
        got, fields, body = self.curl(method, path, **options)
        self.assertEqual(got, status, body)
        self.assertEqual(fields["content-type"], "application/problem+json")
        problem = json.loads(body)
        self.assertEqual((problem["status"], problem["code"]), (status, code), body)
        self.assertTrue(problem["detail"])
        self.assertIn("retryable", problem)
        return problem

    def enrol(self, *words, device=None, name="visitor", key="ab" * 32):
        """Enrols a device by curl alone; returns its id and token."""
        device = device or str(uuid.uuid4())
        answer = self.call("POST", "/devices", data={"device": device, "code": self.invite(*words), "name": name, "key": key})
        return device, answer["token"]
