"""A workspace's quota: a push beyond it is refused whole, nothing is lost, pulls go on, and it is said why and what to do."""
import json
import unittest

from harness import event
from hub import HubTest
from test_hub_watch import Watch


class Quota(HubTest):
    room = 4000

    def setUp(self):
        super().setUp()
        self.serve()
        self.laptop, self.phone = self.device("laptop"), self.device("phone")
        self.ok("put", "notes/trip", "title=sea", store=self.phone)
        self.sync(self.phone)
        _, self.token = self.enrol()
        self.used = self.status()["logBytes"]
        self.serve_anew(self.used + self.room)

    def status(self):
        return self.call("GET", "/sync/status", token=self.token)

    def serve_anew(self, quota=None):
        port = self.hub.port
        self.hub.stop()
        self.serve(*(["--quota", quota] if quota else []), port=port)

    def metric(self, name):
        _, _, body = self.curl("GET", "/metrics")
        return next(line.split()[1] for line in body.decode().splitlines() if line.startswith(name + '{workspace="main"}'))

    def fill(self):
        """Writes more than there is room for."""
        self.ok("put", "notes/long", "text=" + "word " * 1500, store=self.laptop)

    def refused(self, command):
        problem = json.loads(self.fails(1, command, "--json", store=self.laptop, env=self.keys))
        self.assertEqual(problem["code"], "quota-exceeded", problem)
        self.assertIn("--quota", problem["hint"])

    def test_it_is_shown(self):
        status = self.status()
        self.assertEqual((status["logBytes"], status["limits"]["quotaBytes"]), (self.used, self.used + self.room))
        self.assertEqual((int(self.metric("syncline_log_bytes")), int(self.metric("syncline_quota_bytes"))), (self.used, self.used + self.room))
        self.serve_anew()
        self.assertIsNone(self.status()["limits"]["quotaBytes"])
        self.assertEqual(self.metric("syncline_quota_bytes"), "+Inf")
        self.fails(64, "serve", "--data", self.data, "--quota", "much")

    def test_a_push_beyond_it_is_refused_whole_and_a_smaller_one_is_not(self):
        device, token = self.enrol()
        long = [event(device, 1, record="a"), event(device, 2, record="b", set={"text": "word " * 1500})]
        problem = self.problem(507, "quota-exceeded", "POST", "/sync/push", token=token, data={"events": long})
        self.assertTrue(problem["retryable"])
        self.assertGreater(problem["retryAfterMs"], 0)
        status = self.status()
        self.assertEqual((status["logBytes"], status["head"], status["waiting"]), (self.used, 1, 0))
        self.assertEqual(self.call("POST", "/sync/push", token=token, data={"events": long[:1]})["head"], 2)
        self.assertEqual(self.call("POST", "/sync/push", token=token, data={"events": []})["ackedThrough"][device], 1)
        self.assertLessEqual(self.status()["logBytes"], self.used + self.room)

    def test_a_device_keeps_what_it_has_and_takes_in_what_is_new(self):
        self.fill()
        self.refused("push")
        self.refused("sync")
        self.assertEqual(self.object("get", "notes/trip", store=self.laptop)["fields"], {"title": "sea"})
        self.assertEqual(self.object("status", store=self.laptop, env=self.keys)["pending"], 1)
        self.ok("pull", store=self.laptop, env=self.keys)
        self.serve_anew("1GB")
        self.assertEqual(self.sync(self.laptop)["pushed"], 1)
        self.sync(self.phone)
        self.assertEqual(self.digest(self.laptop), self.digest(self.phone))

    def test_a_watch_says_so_and_pulls_on(self):
        watch = Watch(self.laptop, self.keys)
        self.addCleanup(watch.end)
        watch.see("status", state="connected", pending=0)
        self.fill()
        told = watch.see("status", state="error quota-exceeded", pending=1)
        self.assertEqual((told["why"], told["advice"]), ("the workspace at the hub is full", "make-room"))
        self.ok("put", "notes/trip", "days=1", store=self.phone)
        self.assertEqual(self.sync(self.phone)["pushed"], 1)
        watch.see("pulled", events=1)
        self.assertEqual(self.object("get", "notes/trip", store=self.laptop)["fields"], {"days": 1, "title": "sea"})
        # It goes up by itself.
        self.serve_anew("1GB")
        watch.see("status", timeout=90, state="connected", pending=0)
        watch.end()
        self.sync(self.phone)
        self.assertEqual(self.digest(self.laptop), self.digest(self.phone))


if __name__ == "__main__":
    unittest.main()
