"""What must not go wrong between several devices and a hub: who leads, one digest, a hub from a backup, a copied store."""
import asyncio
import json
import os
import shutil
import signal
import unittest

import sockets
from hub import HubTest
from test_hub_watch import Watch


class Leading(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()
        self.first, self.second = self.device("laptop", "--role", "master"), self.device("desk", "--role", "master")
        self.master = self.watch(self.first)
        self.master.see("status", state="connected", role="master")
        self.other = self.watch(self.second)
        self.other.see("status", state="connected", role="client")

    def watch(self, store):
        watch = Watch(store, self.keys)
        self.addCleanup(watch.end)
        return watch

    def token(self, store):
        return json.loads((store / ".syncline" / "sync" / "link").read_text())["token"]

    def leadership(self, store):
        """The master and the epoch, as the hub sees them. On a machine that stood still for a lease the epoch may be a later one than the first or second."""
        status = self.call("GET", "/sync/status", token=self.token(store))
        return status["master"], status["epoch"]

    def test_the_master_is_killed(self):
        before = self.leadership(self.second)[1]
        self.master.process.kill()
        self.other.see("status", role="master")
        second = self.object("status", store=self.second, env=self.keys)["device"]
        master, epoch = self.leadership(self.second)
        self.assertEqual(master, second)
        self.assertGreater(epoch, before)

    def test_the_next_epoch_comes_within_two_heartbeats(self):
        """The other who may lead is a client that is not ours; it says how many heartbeats it sent before it led."""
        self.other.end()
        device, token = self.enrol("--role", "master", name="visitor")

        async def scene():
            async with sockets.connect(self.hub, token) as connection:
                socket = sockets.Socket(connection)
                registered = await socket.register(device, roles=["master"], priority=1)
                self.assertEqual(registered["role"], "client")
                self.master.process.kill()
                beats = 0
                while True:
                    try:
                        change = await socket.hear("role_changed", timeout=registered["limits"]["heartbeatMs"] / 1000)
                        if change["role"] == "master":
                            return beats, registered, change
                    except asyncio.TimeoutError:
                        beats += 1
                        await socket.say(type="heartbeat", id=beats)
        beats, registered, change = sockets.run(scene())
        self.assertLessEqual(beats, 2)
        self.assertEqual(change["master"], device)
        self.assertGreater(change["epoch"], registered["epoch"])

    def test_the_master_is_stopped_and_goes_on(self):
        victim, _ = self.enrol(name="victim")
        before = self.leadership(self.second)[1]
        os.kill(self.master.process.pid, signal.SIGSTOP)
        self.other.see("status", role="master")
        os.kill(self.master.process.pid, signal.SIGCONT)
        self.master.see("status", role="client")
        # Neither its token with the old epoch nor its command does what a master may.
        self.problem(409, "epoch-stale", "DELETE", f"/devices/{victim}?epoch={before}", token=self.token(self.first))
        self.fails(9, "revoke", "victim", store=self.first, env=self.keys)
        master, epoch = self.leadership(self.second)
        self.assertEqual(master, self.object("status", store=self.second, env=self.keys)["device"])
        self.assertGreater(epoch, before)
        self.problem(422, "epoch-never-granted", "DELETE", f"/devices/{victim}?epoch={epoch}", token=self.token(self.first))
        self.call("DELETE", f"/devices/{victim}?epoch={epoch}", token=self.token(self.second))


class Converging(HubTest):
    def agree(self, *stores):
        """Lets all of them sync until nothing is left to travel; returns the digest that all have."""
        for _ in range(2):
            for store in stores:
                self.sync(store)
        digests = {self.digest(store) for store in stores}
        self.assertEqual(len(digests), 1)
        return digests.pop()

    def test_three_devices_resolve_on_one(self):
        self.serve()
        stores = [self.device(name) for name in ("laptop", "phone", "desk")]
        self.ok("put", "notes/trip", "title=start", "days=3", store=stores[0])
        self.agree(*stores)
        for number, store in enumerate(stores):
            for record in ("trip", "list"):
                self.ok("put", f"notes/{record}", f"title=by {number}", f"n{number}={number}", store=store)
        self.ok("delete", "notes/trip", store=stores[2])
        self.agree(*stores)
        open_conflicts = [line["record"] for line in self.objects("conflicts", store=stores[1])]
        self.assertEqual(sorted(open_conflicts), ["list", "trip"])
        # Any one of them resolves, and all see it.
        self.ok("resolve", "notes/list", "--choose", "phone", store=stores[1])
        laptop = self.object("status", store=stores[0], env=self.keys)["device"]
        self.ok("resolve", "notes/trip", "--choose", laptop, store=stores[2])
        for store in stores[1:]:
            self.sync(store)
        self.agree(*stores)
        for store in stores:
            self.assertEqual(self.objects("conflicts", store=store), [])
            self.assertEqual(self.object("get", "notes/list", store=store)["fields"]["title"], "by 1")

    def test_a_hub_from_an_older_copy_is_healed(self):
        self.serve()
        stores = [self.device(name) for name in ("laptop", "phone", "desk")]
        self.ok("put", "notes/a", "x=1", store=stores[0])
        self.agree(*stores)
        port = self.hub.port
        self.hub.stop()
        shutil.copytree(self.data, self.folder / "backup")
        self.serve(port=port)
        for number, store in enumerate(stores):
            self.ok("put", "notes/a", f"x={number + 10}", store=store)
            self.ok("put", f"notes/{number}", "y=1", store=store)
        before = self.agree(*stores)
        head = self.object("status", store=stores[0], env=self.keys)["head"]
        self.hub.kill()
        shutil.rmtree(self.data)
        shutil.copytree(self.folder / "backup", self.data)
        self.serve(port=port)
        # Each that comes notices it, says so once, and gives back what is lost: also what others wrote.
        self.assertIn("again", self.fails(7, "sync", store=stores[2], env=self.keys))
        self.assertEqual(self.object("status", store=stores[2], env=self.keys)["head"], head)
        late = self.device("late")
        self.sync(late)
        self.assertEqual(self.digest(late), before)
        self.ok("put", "notes/a", "x=99", store=stores[0])
        for store in stores[:2]:
            self.fails(7, "sync", store=store, env=self.keys)
        self.agree(*stores, late)

    def test_a_copied_store_loses_nothing(self):
        """Two places write under one identity: the hub takes the first and refuses the second, until that goes on under another."""
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        self.ok("put", "notes/trip", "title=start", store=laptop)
        self.agree(laptop, phone)
        copy = self.folder / "copy"
        shutil.copytree(laptop, copy)
        for number in range(3):
            self.ok("put", f"notes/{number}", "by=laptop", store=laptop)
            self.ok("put", f"notes/{number}", "by=copy", store=copy)
        self.ok("put", "notes/trip", "title=copy", store=copy)
        self.agree(laptop, phone)
        log = self.objects("log", store=copy)
        for _ in range(2):
            self.fails(6, "sync", store=copy, env=self.keys)
            self.fails(6, "push", store=copy, env=self.keys)
        # Being refused costs neither side anything.
        self.assertEqual(self.objects("log", store=copy), log)
        self.ok("verify", "--deep", store=copy)
        self.agree(laptop, phone)
        self.assertEqual(self.object("mend", self.invite(), store=copy, env=self.keys)["reissued"], 4)
        self.agree(copy, laptop, phone)
        for store in (laptop, phone, copy):
            self.assertEqual(self.object("get", "notes/trip", store=store)["fields"]["title"], "copy")
            conflicts = self.objects("conflicts", store=store)
            self.assertEqual(sorted(line["record"] for line in conflicts), [str(n) for n in range(3)])


if __name__ == "__main__":
    unittest.main()
