"""Wall clocks that jump under the real binary (libfaketime)."""
import json
import subprocess
import unittest

from harness import BINARY, PATIENCE
from hub import HubTest
from terminal import environment
from test_hub_watch import Watch


class Clocks(HubTest):
    def at(self, offset, *words, store, status=0):
        """Runs the binary with a clock that is off by this; returns stdout."""
        # The program starts under a shell that has the library already: loaded first by the program itself it would lose its arguments.
        done = subprocess.run(["faketime", "-f", offset, BINARY, "--store", store, *words], capture_output=True, env=environment(**self.keys), timeout=PATIENCE)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout.decode()

    def times(self, store):
        return [e["time"] for e in self.objects("log", "n/1", store=store)]

    def test_own_times_never_go_back_and_nobody_else_is_pulled_along(self):
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        for number, offset in enumerate(("+0", "-3d", "+3d", "-10d", "+2h", "-1y")):
            self.at(offset, "put", "n/1", f"f{number}=1", store=laptop)
        log = self.objects("log", "n/1", store=laptop)
        self.assertEqual(log, sorted(log, key=lambda e: e["time"]))
        # Two days ahead: phone takes it in, writes on by its own clock, and both agree.
        self.sync(laptop)
        self.sync(phone)
        self.ok("put", "n/1", "f1=2", store=phone)
        self.assertLess(self.times(phone)[-1], self.times(laptop)[-1])
        self.sync(phone)
        self.sync(laptop)
        self.assertEqual(self.digest(laptop), self.digest(phone))
        self.assertEqual(self.object("get", "n/1", store=laptop)["fields"]["f1"], 2)

    def test_a_clock_that_is_not_the_hubs_is_said(self):
        self.serve()
        laptop = self.device("laptop")
        self.assertLess(json.loads(self.at("+2h", "status", "--json", store=laptop))["clockSkewMs"], -5_400_000)
        self.assertIn("ahead of the hub's", self.at("+2h", "status", store=laptop))
        self.assertIsNone(self.object("status", store=laptop, env=self.keys)["clockSkewMs"])
        watch = Watch(laptop, self.keys, under=("faketime", "-f", "-3h"))
        self.addCleanup(watch.end)
        told = watch.see("warning")
        self.assertEqual((told["warning"], told["advice"]), ("clock-skew", "set-clock"))
        self.assertIn("behind the hub's", told["why"])

    def test_status_says_that_a_clock_is_wrong_and_how_to_find_it(self):
        store = self.make()
        self.ok("put", "n/1", "a=1", store=store)
        self.assertIsNone(self.object("status", store=store)["latestAhead"])
        self.at("+23h", "put", "n/1", "a=2", store=store)
        self.assertIsNone(self.object("status", store=store)["latestAhead"])
        dot = self.at("+3d", "put", "n/1", "a=3", store=store).split()[0]
        ahead = self.object("status", store=store)["latestAhead"]
        self.assertEqual(ahead, self.times(store)[-1])
        text = self.ok("status", store=store)
        self.assertIn("a clock is wrong", text)
        words = text.split("`")[1].split()[1:]
        self.assertIn(dot, [e["dot"] for e in self.objects(*words, store=store)])

    def test_a_device_with_a_wrong_clock_syncs_all_the_same(self):
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        for offset in ("-400d", "+400d"):
            self.at(offset, "put", "n/1", f"a={offset}", store=laptop)
            self.at(offset, "sync", store=laptop)
        self.sync(phone)
        self.assertEqual(self.digest(laptop), self.digest(phone))


if __name__ == "__main__":
    unittest.main()
