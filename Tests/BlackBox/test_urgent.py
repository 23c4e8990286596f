"""Who has an urgent event: what its writer is told, online and offline, before it is sent and when everybody has it."""
import json
import time
import unittest

from hub import HubTest
from test_hub_watch import Watch


class Urgent(HubTest):
    def status(self, store, *words):
        return self.object("status", *words, store=store, env=self.keys)

    def log(self, store):
        return [line for line in self.objects("log", store=store) if line["critical"]]

    def device_id(self, store):
        return self.status(store)["device"]

    def acknowledged(self, store, writer):
        """Stays connected until the writer's store hears that the critical events have come."""
        device = self.device_id(store)
        watch = Watch(store, self.keys)
        self.addCleanup(watch.end)
        watch.see("critical")
        end = time.monotonic() + 90
        while any(device in c["missing"] for c in self.status(writer)["critical"]):
            self.assertLess(time.monotonic(), end, "it is never acknowledged")
        watch.end()

    def test_from_the_first_line_to_the_last_receipt(self):
        self.serve()
        laptop, phone, tablet = self.device("laptop"), self.device("phone"), self.device("tablet")
        self.sync(laptop)
        self.ok("put", "notes/trip", "title=now", "--critical", store=laptop)
        status = self.status(laptop)
        self.assertEqual((status["unacknowledgedCritical"], status["critical"][0]["sent"]), (1, False))
        self.assertIn("urgent laptop:1: the hub does not have it yet", self.ok("status", store=laptop, env=self.keys))
        self.sync(laptop)
        ids = sorted([self.device_id(phone), self.device_id(tablet)])
        self.assertEqual(self.status(laptop)["critical"], [{"dot": f"{self.device_id(laptop)}:1", "sent": True, "by": [], "missing": ids}])
        text = self.ok("status", store=laptop, env=self.keys)
        self.assertRegex(text, r"urgent laptop:1: (phone and tablet|tablet and phone) do not have it yet")
        self.acknowledged(phone, laptop)
        text = self.ok("status", store=laptop, env=self.keys)
        self.assertIn("urgent laptop:1: phone has it; tablet does not yet", text)
        self.assertIn("urgent: phone has it; tablet does not yet", self.ok("log", store=laptop))
        self.assertIn("urgent laptop:1: phone has it; tablet does not yet", self.ok("show", "notes/trip", store=laptop))
        self.acknowledged(tablet, laptop)
        status = self.status(laptop)
        self.assertEqual((status["unacknowledgedCritical"], status["critical"]), (0, []))
        entry = self.log(laptop)[0]
        self.assertEqual((entry["acknowledgedBy"], entry["missing"]), (ids, []))
        # Whoever did not write it has nothing to say of it.
        self.assertNotIn("missing", self.log(phone)[0] if self.log(phone) else {})

    def test_what_was_known_is_said_without_the_hub(self):
        self.serve()
        laptop = self.device("laptop")
        self.device("phone")
        self.ok("put", "notes/trip", "title=now", "--critical", store=laptop)
        self.sync(laptop)
        self.hub.kill()
        self.ok("put", "notes/trip", "title=then", "--critical", store=laptop)
        for words in [], ["--offline"]:
            self.assertEqual([c["sent"] for c in self.status(laptop, *words)["critical"]], [True, False])
        (laptop / ".syncline" / "sync" / "critical").write_text("{")
        self.assertEqual([c["sent"] for c in self.status(laptop, "--offline")["critical"]], [False])

    def test_a_watching_writer_keeps_what_it_is_told(self):
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        watch = Watch(laptop, self.keys)
        self.addCleanup(watch.end)
        watch.see("status", state="connected")
        self.ok("put", "notes/trip", "title=now", "--critical", store=laptop)
        watch.see("acknowledged", missing=1)
        self.acknowledged(phone, laptop)
        watch.see("acknowledged", missing=0)
        watch.end()
        self.hub.kill()
        self.assertEqual(self.status(laptop, "--offline")["unacknowledgedCritical"], 0)
        self.assertIn("urgent: phone has it", self.ok("log", store=laptop))
        self.assertNotIn("does not yet", self.ok("log", store=laptop))

    def test_a_store_that_has_joined_nothing(self):
        store = self.make("alone")
        self.ok("put", "notes/trip", "title=now", "--critical", store=store)
        self.assertEqual(self.status(store)["unacknowledgedCritical"], 0)
        self.assertNotIn("urgent", self.ok("log", store=store))
        self.assertTrue(json.loads(self.ok("show", "notes/trip", "--json", store=store)))


if __name__ == "__main__":
    unittest.main()
