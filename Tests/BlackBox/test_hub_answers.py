"""What a device does with a hub's answers that are none, too long, without an end, or that tell it to wait."""
import gzip
import json
import random
import subprocess
import unittest

from harness import BINARY, DEVICE, OTHER, event
from hub import HubTest
from network import Network
from standin import StandIn
from test_hub_watch import Watch

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

    def test_a_token_that_is_renewed_waits_its_turn_too(self):
        link = self.laptop / ".syncline" / "sync" / "link"
        kept = json.loads(link.read_text())
        link.write_text(json.dumps({**kept, "token": "main." + "00" * 32}))
        told = {}

        def not_the_first(handler):
            told[handler.path] = told.get(handler.path, 0) + 1
            if told[handler.path] > 1:
                return False
            problem = {"code": "rate-limited", "status": 429, "detail": "too much", "retryable": True, "retryAfterMs": 20}
            return handler.say(429, PROBLEM, json.dumps(problem).encode())
        device = self.object("status", "--offline", store=self.laptop, env=self.keys)["device"]
        calls = [f"/devices/{device}/{call}" for call in ("challenge", "session")]
        self.stand_in({("POST", call): not_the_first for call in calls})
        self.assertEqual(self.sync(self.laptop)["pushed"], 1)
        self.assertEqual(told, {call: 2 for call in calls})

    def large(self, device=OTHER):
        """Takes in more than `most` bytes, in events that are smaller."""
        chance = random.Random(device)
        lines = [event(device, seq, record=f"{device} {seq}", set={"text": chance.randbytes(1000).hex()}) for seq in range(1, 101)]
        self.ok("import", self.lines(lines), store=self.laptop)

    def narrow(self, refuse, most=60_000):
        """A hub behind a line that carries so many bytes of a push and no more; what is larger is answered by `refuse`."""
        sizes = []

        def push(handler):
            sizes.append(int(handler.headers["Content-Length"]))
            return refuse(handler) if sizes[-1] > most else False
        self.stand_in({PUSH: push})
        return sizes

    @staticmethod
    def too_slow(handler):
        problem = {"code": "slow-body", "status": 408, "detail": "too slow", "retryable": True}
        handler.say(408, PROBLEM, json.dumps(problem).encode())

    @staticmethod
    def broken(handler):
        handler.close_connection = True

    def test_a_push_that_is_too_much_for_the_line_is_halved(self):
        """What the hub waited for too long, and what broke off, goes up in smaller pieces; packed blocks and events."""
        for refuse, device, words in (self.too_slow, OTHER, ()), (self.broken, DEVICE, (("checkpoint",),)):
            with self.subTest(refuse=refuse.__name__):
                self.large(device)
                for command in words:
                    self.ok(*command, store=self.laptop)
                sizes = self.narrow(refuse)
                done = self.sync(self.laptop)
                self.assertEqual((done["pending"], done["rejected"], done["parked"]), (0, 0, 0))
                self.assertGreater(sizes[0], 60_000)
                self.assertLessEqual(sizes[-1], 60_000)
        self.sync(self.phone)
        self.sync(self.laptop)
        self.assertEqual(self.digest(self.laptop), self.digest(self.phone))

    def test_a_watch_halves_it_too(self):
        self.large()
        line = Network(self.hub.port)
        self.addCleanup(line.shut)
        line.most = 60_000
        self.ok("hub", line.url, store=self.laptop)
        watch = Watch(self.laptop, self.keys)
        self.addCleanup(watch.end)
        watch.see("status", state="connected", pending=0)
        self.assertIn("too slow", line.seen)
        watch.end()
        self.assertEqual(self.sync(self.phone)["pulled"], 101)

    def test_a_gap_is_filled_from_where_the_hub_is(self):
        """A hub that lost something between its status and a push says what comes next: that is asked anew, once for each gap."""
        gaps = []

        def gap(handler, often):
            gaps.append(handler.path)
            if len(gaps) > often:
                return False
            problem = {"code": "gap", "status": 409, "detail": "missing", "retryable": False, "device": DEVICE, "expected": 1}
            return handler.say(409, PROBLEM, json.dumps(problem).encode())
        self.stand_in({PUSH: lambda handler: gap(handler, 2)})
        self.assertEqual(json.loads(self.fails(1, "sync", "--json", store=self.laptop, env=self.keys))["code"], "gap")
        gaps.clear()
        self.stand_in({PUSH: lambda handler: gap(handler, 1)})
        done = self.sync(self.laptop)
        self.assertEqual((done["pushed"], done["pending"], len(gaps)), (1, 0, 2))

    def test_a_line_that_carries_nothing_is_given_up(self):
        self.large()
        sizes = self.narrow(self.too_slow, most=0)
        said = json.loads(self.fails(1, "sync", "--json", store=self.laptop, env=self.keys))
        self.assertEqual(said["code"], "slow-body")
        self.assertIn("network", said["hint"])
        self.assertGreater(len(sizes), 1)

    def test_but_not_for_ever(self):
        problem = {"code": "rate-limited", "status": 429, "detail": "too much", "retryable": True, "retryAfterMs": 3_600_000}
        stand_in = self.stand_in({STATUS: lambda handler: handler.say(429, PROBLEM, json.dumps(problem).encode())})
        said = json.loads(self.fails(1, "sync", "--json", store=self.laptop, env=self.keys))
        self.assertEqual(said["code"], "rate-limited")
        self.assertEqual(stand_in.calls.count(STATUS), 1)


if __name__ == "__main__":
    unittest.main()
