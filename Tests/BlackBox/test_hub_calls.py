"""The hub's REST calls, made with curl: what they answer, and every refusal."""
import gzip
import json
import unittest
import uuid

from harness import PATIENCE, event
from hub import HubTest


class Calls(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()

    def test_ready_line_and_health(self):
        self.assertEqual(self.hub.ready["workspaces"], ["main"])
        self.assertEqual(self.call("GET", "/health/live")["status"], "live")
        self.assertEqual(self.call("GET", "/health/ready")["status"], "ready")

    def test_push_and_pull(self):
        device, token = self.enrol()
        events = [event(device, 1), event(device, 2, context={device: 1})]
        answer = self.call("POST", "/sync/push", token=token, data={"events": events})
        self.assertEqual([e["verdict"] for e in answer["events"]], ["accepted", "accepted"])
        self.assertEqual([e["position"] for e in answer["events"]], [0, 1])
        self.assertEqual(answer["ackedThrough"], {device: 2})
        self.assertEqual(answer["head"], 2)
        again = self.call("POST", "/sync/push", token=token, data={"events": events})
        self.assertEqual([(e["verdict"], e["position"]) for e in again["events"]], [("duplicate", 0), ("duplicate", 1)])
        first = self.call("GET", "/sync/pull?limit=1", token=token)
        self.assertEqual([(e["position"], e["event"]["seq"]) for e in first["events"]], [(0, 1)])
        self.assertTrue(first["more"])
        second = self.call("GET", f"/sync/pull?cursor={first['cursor']}", token=token)
        self.assertEqual([e["event"]["context"] for e in second["events"]], [{device: 1}])
        self.assertFalse(second["more"])
        status = self.call("GET", "/sync/status", token=token)
        self.assertEqual((status["head"], status["caller"]["role"], status["ackedThrough"]), (2, "client", {device: 2}))

    def test_concurrent(self):
        (left, token), (right, other) = self.enrol(), self.enrol()
        self.call("POST", "/sync/push", token=token, data={"events": [event(left, 1, set={"title": "sea"})]})
        answer = self.call("POST", "/sync/push", token=other, data={"events": [event(right, 1, set={"title": "lake"})]})
        self.assertEqual(answer["events"][0]["verdict"], "concurrent")

    def test_gzip_both_ways(self):
        device, token = self.enrol()
        body = gzip.compress(json.dumps({"events": [event(device, n, context={device: n - 1} if n > 1 else {}) for n in range(1, 200)]}).encode())
        answer = self.call("POST", "/sync/push", token=token, data=body, headers=["Content-Encoding: gzip"])
        self.assertEqual(answer["head"], 199)
        _, fields, body = self.curl("GET", "/sync/pull", token=token, headers=["Accept-Encoding: gzip"])
        self.assertEqual(fields["content-encoding"], "gzip")
        self.assertEqual(len(json.loads(gzip.decompress(body))["events"]), 199)

    def test_a_bomb_is_refused(self):
        _, token = self.enrol()
        bomb = gzip.compress(b" " * (64 << 20))
        status, _, _ = self.curl("POST", "/sync/push", token=token, data=bomb, headers=["Content-Encoding: gzip"])
        self.assertIn(status, (400, 413))
        self.call("GET", "/health/live")

    def test_enrolment(self):
        device, code = str(uuid.uuid4()), self.invite()
        body = {"device": device, "code": code, "name": "a", "key": "ab" * 32}
        self.problem(403, "code-invalid", "POST", "/devices", data={**body, "code": "nonsense"})
        self.problem(400, "malformed", "POST", "/devices", data={**body, "key": "ab"})
        self.problem(400, "malformed", "POST", "/devices", data={**body, "name": ""})
        self.problem(400, "malformed", "POST", "/devices", data={**body, "device": "me"})
        self.call("POST", "/devices", data=body)
        # The answer may have been lost: the same device may ask again, nobody else.
        self.call("POST", "/devices", data=body)
        self.problem(403, "code-spent", "POST", "/devices", data={**body, "device": str(uuid.uuid4())})
        self.problem(409, "device-taken", "POST", "/devices", data={**body, "key": "cd" * 32})

    def test_codes_are_not_to_be_guessed(self):
        """At least 128 bits, and as somebody types them."""
        codes = [self.invite() for _ in range(2)]
        self.hub.stop()
        codes.append(self.invite())
        self.serve()
        self.assertEqual(len(set(codes)), 3)
        for code in codes:
            self.assertRegex(code, r"^([A-HJ-NP-Z2-9]{5}-)*[A-HJ-NP-Z2-9]{5}$")
            # Each of 32 characters is as likely as any other.
            self.assertGreaterEqual(5 * len(code.replace("-", "")), 128)
            typed = code.replace("-", " ").lower()
            self.call("POST", "/devices", data={"device": str(uuid.uuid4()), "code": typed, "name": "a", "key": "ab" * 32})

    def test_code_expires(self):
        code = self.invite("--ttl", "1s")
        import time
        time.sleep(1.1)
        self.problem(403, "code-expired", "POST", "/devices", data={"device": str(uuid.uuid4()), "code": code, "name": "a", "key": "ab" * 32})

    def test_tokens(self):
        for path, method in (("/sync/pull", "GET"), ("/sync/status", "GET"), ("/devices", "GET"), ("/sync/push", "POST")):
            self.problem(401, "token-missing", method, path)
            self.problem(401, "token-unknown", method, path, token="main." + "00" * 32)
            self.problem(401, "token-unknown", method, path, token="elsewhere." + "00" * 32)
            self.problem(401, "token-unknown", method, path, token="x")

    def test_challenges(self):
        device, _ = self.enrol()
        self.problem(404, "not-found", "POST", f"/devices/{uuid.uuid4()}/challenge", data={})
        self.problem(404, "not-found", "POST", f"/devices/{device}/challenge", data={"workspace": "other"})
        challenge = self.call("POST", f"/devices/{device}/challenge", data={})
        self.problem(422, "signature-invalid", "POST", f"/devices/{device}/session", data={"nonce": challenge["nonce"], "signature": "00" * 64})
        self.problem(401, "challenge-invalid", "POST", f"/devices/{device}/session", data={"nonce": "00" * 32, "signature": "00" * 64})

    def test_roles(self):
        reader, token = self.enrol("--role", "reader")
        self.problem(403, "not-allowed", "POST", "/sync/push", token=token, data={"events": [event(reader, 1)]})
        self.call("GET", "/sync/pull", token=token)
        client, other = self.enrol()
        self.problem(403, "not-allowed", "DELETE", f"/devices/{reader}", token=other)
        _, master = self.enrol("--role", "master")
        # The role is not enough: the lease is, and its epoch comes with the call.
        self.problem(403, "not-master", "DELETE", f"/devices/{reader}", token=master)
        self.problem(422, "epoch-never-granted", "DELETE", f"/devices/{reader}?epoch=1", token=master)
        lines = {line["device"]: line for line in self.call("GET", "/devices", token=master)["devices"]}
        self.assertEqual([lines[reader]["role"], lines[client]["role"]], ["reader", "client"])

    def test_workspaces_are_apart(self):
        device, token = self.enrol()
        self.call("POST", "/sync/push", token=token, data={"events": [event(device, 1)]})
        other, foreign = self.enrol("--workspace", "other", "--role", "master")
        self.assertEqual(self.call("GET", "/sync/pull", token=foreign)["events"], [])
        self.problem(403, "not-master", "DELETE", f"/devices/{device}", token=foreign)
        cursor = self.call("GET", "/sync/pull", token=token)["cursor"]
        self.problem(410, "cursor-unrecoverable", "GET", f"/sync/pull?cursor={cursor}", token=foreign)
        self.assertEqual([line["device"] for line in self.call("GET", "/devices", token=foreign)["devices"]], [other])

    def test_gap(self):
        device, token = self.enrol()
        problem = self.problem(409, "gap", "POST", "/sync/push", token=token, data={"events": [event(device, 3)]})
        self.assertEqual((problem["device"], problem["expected"]), (device, 1))
        problem = self.problem(409, "gap", "POST", "/sync/push", token=token, data={"events": [event(device, 1), event(device, 3)]})
        self.assertEqual(problem["expected"], 2)
        self.assertEqual(self.call("GET", "/sync/status", token=token)["head"], 0)

    def test_fork(self):
        device, token = self.enrol()
        self.call("POST", "/sync/push", token=token, data={"events": [event(device, 1)]})
        answer = self.call("POST", "/sync/push", token=token, data={"events": [event(device, 1, set={"title": "else"}), event(device, 2)]})
        self.assertEqual([e["verdict"] for e in answer["events"]], ["rejected", "rejected"])
        self.assertEqual(answer["events"][0]["problem"]["code"], "fork")
        self.assertEqual(answer["head"], 1)

    def test_unclosed_context(self):
        device, token = self.enrol()
        events = [event(device, 1), event(device, 2, record="other", context={device: 1}), event(device, 3, record="third")]
        answer = self.call("POST", "/sync/push", token=token, data={"events": events})
        self.assertEqual([e["verdict"] for e in answer["events"]], ["accepted", "rejected", "parked"])
        self.assertEqual(answer["events"][1]["problem"]["code"], "context-unclosed")
        self.assertEqual(answer["ackedThrough"], {device: 1})
        # With the gap filled by an honest event the parked one follows by itself.
        self.call("POST", "/sync/push", token=token, data={"events": [event(device, 2, record="other")]})
        self.assertEqual(self.call("GET", "/sync/status", token=token)["ackedThrough"], {device: 3})

    def test_every_event_has_its_verdict(self):
        device, token = self.enrol()
        others = [str(uuid.uuid4()) for _ in range(60)]
        batch = [event(device, 1)]
        for number, other in enumerate(others):
            # Every other one names an event of another record as if it were of its own.
            batch.append(event(other, 1, record=f"r{number}", context={device: 1} if number % 2 else {}))
            batch.append(event(other, 2, record=f"s{number}"))
        answer = self.call("POST", "/sync/push", token=token, data={"events": batch})
        verdicts = [e["verdict"] for e in answer["events"]]
        self.assertEqual(verdicts, ["accepted"] + 30 * ["accepted", "accepted", "rejected", "parked"])
        codes = {e["problem"]["code"] for e in answer["events"] if e["verdict"] == "rejected"}
        self.assertEqual((codes, answer["head"]), ({"context-unclosed"}, 61))
        # The same again says the same: nothing of a rejected event is kept.
        again = self.call("POST", "/sync/push", token=token, data={"events": batch})
        self.assertEqual([e["verdict"] for e in again["events"]], ["duplicate"] + 30 * ["duplicate", "duplicate", "rejected", "parked"])

    def test_one_name_twice_in_a_push(self):
        device, token = self.enrol()
        batch = [event(device, 1), event(device, 2, record="a"), event(device, 2, record="b"), event(device, 3, record="c")]
        answer = self.call("POST", "/sync/push", token=token, data={"events": batch})
        self.assertEqual([e["verdict"] for e in answer["events"]], ["accepted"] + 3 * ["rejected"])
        self.assertEqual({e["problem"]["code"] for e in answer["events"][1:]}, {"fork"})
        batch = [event(device, 2, record="a"), event(device, 2, record="a")]
        answer = self.call("POST", "/sync/push", token=token, data={"events": batch})
        self.assertEqual([e["verdict"] for e in answer["events"]], ["accepted", "accepted"])

    def test_pushes_share_syncs(self):
        import http.client
        import threading
        devices = [self.enrol() for _ in range(16)]

        def push(device, token):
            connection = http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=PATIENCE)
            for seq in range(1, 16):
                body = json.dumps({"events": [event(device, seq, record=device, context={device: seq - 1} if seq > 1 else {})]})
                connection.request("POST", "/sync/push", body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
                answer = connection.getresponse()
                self.assertEqual(answer.status, 200, answer.read())
                answer.read()
            connection.close()

        threads = [threading.Thread(target=push, args=pair) for pair in devices]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        _, _, body = self.curl("GET", "/metrics")
        samples = dict(line.rsplit(" ", 1) for line in body.decode().splitlines() if not line.startswith("#"))
        pushes, syncs = (int(samples[f'syncline_{name}_total{{workspace="main"}}']) for name in ("pushes", "log_syncs"))
        self.assertEqual(pushes, 16 * 15)
        self.assertLess(syncs, pushes)
        self.assertEqual(self.call("GET", "/sync/status", token=devices[0][1])["head"], pushes)

    def test_malformed(self):
        device, token = self.enrol()
        problem = self.problem(400, "malformed", "POST", "/sync/push", token=token, data=b'{"events":[\n{"device":7}]}')
        self.assertEqual((problem["line"], problem["column"]), (2, 11))
        for body in (b"", b"[]", b"{}", b'{"events":{}}', b'{"events":[]}x', b'{"events":[],"events":[]}', b'{"events":[],"more":1}', b"\xff"):
            status, _, text = self.curl("POST", "/sync/push", token=token, data=body)
            self.assertEqual(status, 400, (body, text))
        self.problem(415, "media-type", "POST", "/sync/push", token=token, data=b"x", headers=["Content-Type: text/plain"])
        self.problem(400, "malformed", "POST", "/sync/push", token=token, data=b"xxxx", headers=["Content-Type: application/vnd.syncline.events"])
        self.problem(415, "content-encoding", "POST", "/sync/push", token=token, data=b"x", headers=["Content-Encoding: br"])

    def test_too_large(self):
        device, token = self.enrol()
        self.problem(413, "too-large", "POST", "/sync/push", token=token, data=b" " * (8 * 1024 * 1024 + 1))
        line = json.dumps(event(device, 1)).encode()
        self.problem(413, "too-many-events", "POST", "/sync/push", token=token, data=b'{"events":[' + b",".join([line] * 10_001) + b"]}")

    def test_what_is_no_request(self):
        import socket
        _, token = self.enrol()
        head = f"POST /sync/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        for text in (
            "nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\x00 HTTP/1.1\r\n\r\n", "\r\n\r\n\x16\x03\x01", head + "Content-Length: 900000000\r\n\r\n{",
            head + "Content-Length: 5\r\n\r\n{", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", head + "X: " + "x" * 200_000 + "\r\n\r\n",
            "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n", "GET /health/live HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
            "GET /sync/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            f"GET /sync/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: Bearer {token}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x02hi",
        ):
            for is_patient in (True, False):
                with socket.create_connection(("127.0.0.1", self.hub.port), timeout=60) as connection:
                    try:
                        connection.sendall(text.encode("latin-1"))
                        if is_patient:
                            connection.settimeout(3)
                            connection.shutdown(socket.SHUT_WR)
                            while connection.recv(65536):
                                pass
                    except OSError:
                        pass
            self.assertIsNone(self.hub.process.poll(), text[:80])
        for _ in range(3):
            self.problem(413, "too-large", "POST", "/sync/push", token=token, data=b" " * (8 * 1024 * 1024 + 1))
        self.call("GET", "/health/live")

    def test_a_body_that_drips(self):
        import socket
        self.hub.stop()
        self.serve("--body-time", "1s")
        _, token = self.enrol()
        head = f"POST /sync/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.hub.port), timeout=90) as connection:
            connection.sendall(head.encode())
            connection.settimeout(0.1)
            answer = b""
            # A byte now and then: what waits for silence waits for ever.
            while not answer:
                try:
                    connection.sendall(b" ")
                except ConnectionError:
                    pass  # It has answered since, and reads no more.
                try:
                    answer = connection.recv(65536)
                    self.assertTrue(answer, "it hung up without an answer")
                except TimeoutError:
                    pass
            connection.settimeout(90)
            try:
                while more := connection.recv(65536):
                    answer += more
            except ConnectionError:
                pass
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertEqual(head.split()[1], b"408")
        self.assertEqual(json.loads(body)["code"], "slow-body")
        # A connection whose requests are quick goes on for longer than that.
        with socket.create_connection(("127.0.0.1", self.hub.port), timeout=90) as connection:
            for _ in range(3):
                connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertIn(b"200", connection.recv(65536).split(b"\r\n")[0])
                __import__("time").sleep(0.6)

    def test_pull_is_refused(self):
        _, token = self.enrol()
        self.problem(400, "malformed", "GET", "/sync/pull?cursor=x", token=token)
        for query in ("limit=0", "limit=10001", "limit=x", "wait=61", "wait=-1"):
            self.problem(400, "malformed", "GET", f"/sync/pull?{query}", token=token)
        log = self.call("GET", "/sync/status", token=token)["log"]
        zero = "0" * 16 + "0" * 64
        for cursor in ("01" + log + "0" * 15 + "7" + "0" * 64, "01" + log + "0" * 16 + "1" * 64, "01" + "0" * 32 + zero, "02" + log + zero, "ab"):
            self.problem(410, "cursor-unrecoverable", "GET", f"/sync/pull?cursor={cursor}", token=token)

    def test_routes(self):
        self.problem(404, "no-such-route", "GET", "/nothing")
        self.problem(404, "no-such-route", "GET", "/")
        self.problem(405, "wrong-method", "PUT", "/sync/push")
        _, fields, _ = self.curl("PUT", "/devices")
        self.assertEqual(fields["allow"], "GET, POST")

    def test_long_poll(self):
        import threading
        import time
        device, token = self.enrol()
        cursor = self.call("GET", "/sync/pull", token=token)["cursor"]
        found = {}
        poll = threading.Thread(target=lambda: found.update(self.call("GET", f"/sync/pull?wait=30&cursor={cursor}", token=token)))
        poll.start()
        time.sleep(0.3)
        self.call("POST", "/sync/push", token=token, data={"events": [event(device, 1)]})
        poll.join(90)
        self.assertEqual(len(found["events"]), 1)


if __name__ == "__main__":
    unittest.main()
