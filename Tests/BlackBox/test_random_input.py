"""Random and mutated input where strangers' bytes come in: lines at the prompt, requests and frames at the hub. Nothing traps, everything is answered, and the store or hub is whole afterwards."""
import asyncio
import gzip
import json
import random
import socket
import subprocess
import unittest
import uuid

import websockets

from harness import BINARY, event, team
from hub import HubTest
import sockets
from prompts import LAPTOP, PHONE, PromptTest, apart
from terminal import environment

SEEDS = range(4)
PIECES = ["'", '"', "\\", " ", "\t", "#", "=", "/", "%2F", "%", "--json", "--", "--at", "#1", "#0", "#99999999999999999999", "é", "e\u0301", "日本", "\u202e", "\x1b[31m", "\x07", "\u2028",
          "notes/trip", "notes/", "/", "title", "title=", "title=1e999", "title={", "title=[[[[", "a", "b", "a*", "z", "title=\"", f"{LAPTOP}:1", f"{PHONE}:2", "laptop", "phone", "-1", "0",
          "2026-02-31", "--where", "--limit", "--dry-run", "--choose", "--set", "--note", "--all", "--collection", "--field", "x" * 300]
COMMANDS = ["put", "unset", "delete", "get", "list", "log", "why", "conflicts", "show", "resolve", "undo", "redo", "policy", "status", "devices", "verify", "digest", "dump", "export", "help",
            "1", "2", "99", "merge", "base", "both", "later", "back", "done", "clear", "set", "answer", "all", "quitt", "checkpoint"]


class Lines(PromptTest):
    def test_no_line_at_the_prompt_traps_or_harms_the_store(self):
        for seed in SEEDS:
            r = random.Random(seed)
            store = self.store(*apart("notes/trip", {"title": "a\nb"}, {"title": "c"}, {"title": "d"}), name=f"desk-{seed}")
            lines = []
            for _ in range(500):
                words = [r.choice(COMMANDS)] if r.random() < 0.9 else []
                words += [r.choice(PIECES) for _ in range(r.randrange(5))]
                line = (" " if r.random() < 0.8 else "").join(words).encode()
                if r.random() < 0.1:
                    line += bytes(r.choices(range(1, 256), k=r.randrange(1, 8))).replace(b"\n", b"")
                # Files of that name would be made where the test runs.
                lines.append(b"#" if line.startswith(b"export") and len(line.split()) > 1 else line)
            done = subprocess.run(
                [BINARY, "--store", store, "--keep-going"], input=b"\n".join(lines) + b"\n", capture_output=True, env=environment(EDITOR="true"), timeout=240,
                cwd=self.folder)
            self.assertIn(done.returncode, (0, 1, 64), f"seed {seed}: {done.stderr[-2000:]}")
            self.assertNotIn(b"Fatal error", done.stderr)
            self.ok("verify", "--deep", store=store)


class Requests(HubTest):
    METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "\x01", "GET GET"]
    PATHS = ["/sync/push", "/sync/pull", "/sync/pull?cursor=%00&limit=-1", "/sync/pull?limit=99999999999999999999", "/sync/status", "/devices", f"/devices/{uuid.UUID(int=0)}/challenge",
             "/devices/x/session", "/health/ready", "/metrics", "/openapi.json", "/", "/" + "a" * 9000, "/sync/%zz", "*"]

    def bodies(self, r, token):
        """A body that may have been good before a few of its bytes were changed."""
        good = r.choice([
            json.dumps({"events": [event(str(uuid.UUID(int=r.getrandbits(128))), n + 1) for n in range(r.randrange(3))]}).encode(), b"{}", b"[]", b"null",
            json.dumps({"device": str(uuid.UUID(int=1)), "code": "x", "name": "n", "key": "ab" * 32}).encode(), b"[" * 5000, team()[0][r.randrange(100)], b'{"events":' + b"9" * 400 + b"}"])
        changed = bytearray(good)
        for _ in range(r.randrange(4)):
            if changed:
                changed[r.randrange(len(changed))] = r.randrange(256)
        body = bytes(changed)
        return gzip.compress(body) if r.random() < 0.2 else body

    def test_no_request_ends_the_hub_and_each_that_is_one_is_answered(self):
        self.serve()
        _, token = self.enrol()
        for seed in SEEDS:
            r = random.Random(seed)
            for turn in range(80):
                body = self.bodies(r, token)
                lines = [f"{r.choice(self.METHODS) if r.random() < 0.3 else 'POST'} {r.choice(self.PATHS)} HTTP/{r.choice(['1.1', '1.1', '1.1', '1.0', '9.9'])}", "Host: hub",
                         "Connection: close"]
                if r.random() < 0.8:
                    lines.append(f"Authorization: Bearer {token if r.random() < 0.8 else r.choice(['', 'é', token[:-1], 'x' * 5000])}")
                lines.append(f"Content-Type: {r.choice(['application/json', 'application/json', 'text/plain', 'application/vnd.syncline.blocks', ''])}")
                lines.append(f"Content-Encoding: {r.choice(['gzip', 'identity', 'br'])}" if r.random() < 0.3 else "X-Some: thing")
                lines.append(r.choice([f"Content-Length: {len(body)}"] * 5 + ["Content-Length: -1", "Content-Length: 9", "Transfer-Encoding: chunked"]))
                with socket.create_connection(("127.0.0.1", self.hub.port), timeout=90) as connection:
                    try:
                        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
                        connection.shutdown(socket.SHUT_WR)
                        answer = connection.recv(65536)
                    except (BrokenPipeError, ConnectionResetError):
                        continue
                    if answer:
                        self.assertRegex(answer, rb"^HTTP/1\.[01] [1-4]\d\d ", f"seed {seed}, turn {turn}: {lines}")
            self.call("GET", "/health/ready")
        self.assertIsNone(self.hub.process.poll())
        self.assertEqual(self.hub.stop(), 0)

    def test_no_frame_ends_the_hub(self):
        self.serve()
        device, token = self.enrol()
        good = [json.dumps({"type": "register_device", "device": device, "name": "n"}), json.dumps({"type": "heartbeat", "id": 1, "epoch": 0}),
                json.dumps({"type": "acknowledge", "delivery": 0, "outcome": "done"})]

        async def visit(r):
            try:
                async with sockets.connect(self.hub, token) as connection:
                    for _ in range(r.randrange(1, 8)):
                        text = bytearray(r.choice(good).encode())
                        for _ in range(r.randrange(3)):
                            text[r.randrange(len(text))] = r.randrange(256)
                        frame = bytes(text)
                        await connection.send(frame if r.random() < 0.2 else frame.decode(errors="replace"))
            except (websockets.ConnectionClosed, websockets.InvalidStatusCode):
                pass

        async def visits(r):
            for _ in range(25):
                await visit(r)

        for seed in SEEDS:
            asyncio.run(visits(random.Random(seed)))
            self.call("GET", "/health/ready")
        self.assertIsNone(self.hub.process.poll())


if __name__ == "__main__":
    unittest.main()
