"""What a device does with a hub's answers that are none, too long, without an end, or that tell it to wait."""
import gzip
import json
import subprocess
import unittest

from harness import BINARY
from hub import HubTest
from standin import StandIn

JSON, PROBLEM, EVENTS = "application/json", "application/problem+json", "application/vnd.syncline.events"
STATUS, DEVICES, PUSH, PULL = ("GET", "/sync/status"), ("GET", "/devices"), ("POST", "/sync/push"), ("GET", "/sync/pull")


class Answers(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()
        self.laptop, self.phone = self.device("laptop"), self.device("phone")
        self.ok("put", "notes/trip", "title=sea", store=self.laptop)

    def stand_in(self, answers, store=None):
        stand_in = StandIn(self.hub.url, answers)
        self.addCleanup(stand_in.close)
        self.ok("hub", stand_in.url, store=store or self.laptop)
        return stand_in

    def strange(self, command="sync"):
        """The command says that this is no answer, and keeps what it has."""
        problem = json.loads(self.fails(1, command, "--json", store=self.laptop, env=self.keys))
        self.assertEqual(problem["code"], "strange-answer", problem)
        self.assertEqual(self.object("get", "notes/trip", store=self.laptop)["fields"], {"title": "sea"})
        return problem["error"]

    def test_too_long(self):
        """A status and a push's verdicts speak of devices and events; a page has events; a problem is short whatever was asked."""
        for call, length, limit in (
            (STATUS, 16 * 1024 * 1024, "16777216"), (PUSH, 16 * 1024 * 1024, "16777216"), (PULL, 24 * 1024 * 1024, "25165824"),
        ):
            with self.subTest(call=call):
                long = b'{"pad":"' + b" " * length + b'"}'
                kind = EVENTS if call == PULL else JSON
                self.stand_in({call: lambda handler, kind=kind, long=long: handler.say(200, kind, long)})
                self.assertIn(limit, self.strange())
                packed = gzip.compress(long)
                self.stand_in({call: lambda handler, kind=kind, packed=packed: handler.say(200, kind, packed, Content_Encoding="gzip")})
                self.assertIn(limit, self.strange())
        for call in (STATUS, PUSH, PULL):
            with self.subTest(problem=call):
                long = json.dumps({"code": "malformed", "status": 400, "detail": "x" * 65536}).encode()
                self.stand_in({call: lambda handler, long=long: handler.say(400, PROBLEM, long)})
                self.assertIn("65536", self.strange())

    def test_without_an_end(self):
        """It is given up where it is too long, and not when the memory or the patience is."""
        for call, status in ((STATUS, 200), (STATUS, 500), (PUSH, 200), (PULL, 200), (PULL, 410)):
            with self.subTest(call=call, status=status):
                self.stand_in({call: lambda handler, status=status: handler.say_without_end(status, EVENTS, b" " * 65536)})
                self.strange()

    def test_while_joining(self):
        store = self.make("desk")
        stand_in = StandIn(self.hub.url, {("POST", "/devices"): lambda handler: handler.say(200, JSON, b" " * 70_000)})
        self.addCleanup(stand_in.close)
        problem = json.loads(self.fails(1, "join", stand_in.url, self.invite(), "--json", store=store, env=self.keys))
        self.assertIn("65536", problem["error"])
        self.ok("join", self.hub.url, self.invite(), store=store, env=self.keys)

    def test_a_watch_goes_on_when_they_are_over(self):
        told = []

        def first(handler):
            told.append(1)
            if len(told) > 2:
                return False
            return handler.say_without_end(200, EVENTS, b" " * 65536)
        self.stand_in({STATUS: first})
        watch = subprocess.Popen(
            [BINARY, "--store", str(self.laptop), "sync", "--watch", "--json"], stdout=subprocess.PIPE, env=self.keys)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        for line in watch.stdout:
            if len(told) > 2:
                break
        self.assertGreater(len(told), 2)

    def test_a_command_waits_for_its_turn(self):
        """Every other call is told to wait, as those are that come in a row: blocks, and once more as events."""
        self.sync(self.laptop)
        for number in range(3):
            self.ok("put", f"notes/{number}", "title=lake", store=self.laptop)
        told = []

        def every_other(handler):
            told.append(handler.path)
            if len(told) % 2 == 0:
                return False
            problem = {"code": "rate-limited", "status": 429, "detail": "too much", "retryable": True, "retryAfterMs": 20}
            return handler.say(429, PROBLEM, json.dumps(problem).encode())
        stand_in = self.stand_in({call: every_other for call in (STATUS, PUSH, PULL)})
        self.ok("put", "notes/trip", "title=hill", store=self.phone)
        self.sync(self.phone)
        done = self.sync(self.laptop)
        self.assertEqual((done["pushed"], done["pulled"], done["pending"]), (3, 1, 0))
        self.assertGreaterEqual(len(told), 6)
        self.assertEqual(len(told) % 2, 0)
        self.assertEqual(sum(call in (STATUS, PUSH, PULL) for call in stand_in.calls), len(told))

    def test_but_not_for_ever(self):
        problem = {"code": "rate-limited", "status": 429, "detail": "too much", "retryable": True, "retryAfterMs": 3_600_000}
        stand_in = self.stand_in({STATUS: lambda handler: handler.say(429, PROBLEM, json.dumps(problem).encode())})
        said = json.loads(self.fails(1, "sync", "--json", store=self.laptop, env=self.keys))
        self.assertEqual(said["code"], "rate-limited")
        self.assertEqual(stand_in.calls.count(STATUS), 1)


if __name__ == "__main__":
    unittest.main()
