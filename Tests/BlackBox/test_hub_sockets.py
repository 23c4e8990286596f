"""The hub's WebSocket, spoken to by a client that is not ours."""
import asyncio
import unittest
import uuid

import websockets

import sockets
from harness import event
from hub import HubTest


class Sockets(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()

    def push(self, token, *events):
        return self.call("POST", "/sync/push", token=token, data={"events": list(events)})

    def refused(self, status, token, **options):
        async def scene():
            with self.assertRaises(websockets.exceptions.InvalidStatusCode) as caught:
                async with sockets.connect(self.hub, token, **options):
                    pass
            self.assertEqual(caught.exception.status_code, status)
        sockets.run(scene())

    def test_who_may_open_one(self):
        _, token = self.enrol()
        self.refused(401, None)
        self.refused(401, "main." + "00" * 32)
        self.refused(403, token, origin="https://evil.example")
        self.problem(426, "upgrade-required", "GET", "/sync/ws", token=token)

    def test_an_allowed_origin(self):
        self.hub.stop()
        self.serve("--origin", "https://app.example")
        device, token = self.enrol()

        async def scene():
            async with sockets.connect(self.hub, token, origin="https://app.example") as connection:
                await sockets.Socket(connection).register(device)
        sockets.run(scene())

    def test_register_heartbeat_changes(self):
        device, token = self.enrol()

        async def scene():
            async with sockets.connect(self.hub, token) as connection:
                socket = sockets.Socket(connection)
                await socket.say(type="heartbeat", id=1)
                self.assertEqual((await socket.hear("error"))["code"], "not-registered")
                registered = await socket.register(device)
                self.assertEqual((registered["role"], registered["head"], registered["master"]), ("client", 0, None))
                self.assertGreater(registered["limits"]["heartbeatMs"], 0)
                await socket.say(type="heartbeat", id=7, lag=3, pending=2)
                beat = await socket.hear("heartbeat")
                self.assertEqual((beat["ref"], beat["head"]), (7, 0))
                self.assertGreater(beat["tokenExpiresInMs"], 3_000_000)
                await asyncio.to_thread(self.push, token, event(device, 1))
                self.assertEqual((await socket.hear("changes"))["head"], 1)
                lines = await asyncio.to_thread(self.call, "GET", "/devices", token=token)
                self.assertEqual([(d["connected"], d["lag"], d["pending"]) for d in lines["devices"]], [(True, 3, 2)])
                pong = await connection.ping()
                await asyncio.wait_for(pong, 90)
        sockets.run(scene())

    def test_malformed_messages(self):
        device, token = self.enrol()

        async def scene():
            async with sockets.connect(self.hub, token) as connection:
                socket = sockets.Socket(connection)
                for text in ("", "{", "[]", '{"type":"nonsense"}', '{"type":"register_device"}', "\ud7ff" * 10):
                    await connection.send(text)
                    self.assertEqual((await socket.hear("error"))["code"], "malformed")
                await socket.say(type="register_device", device=str(uuid.uuid4()), name="x")
                self.assertEqual((await socket.hear("error"))["code"], "not-allowed")
                await connection.send(["{\"type\":\"register_device\",\"device\":\"", device, "\",\"name\":\"in pieces\"}"])
                await socket.hear("registered")
        sockets.run(scene())

    def test_too_large_a_message(self):
        _, token = self.enrol()

        async def scene():
            async with sockets.connect(self.hub, token) as connection:
                with self.assertRaises(websockets.exceptions.ConnectionClosed):
                    await connection.send("x" * (600 * 1024))
                    await asyncio.wait_for(connection.recv(), 90)
        sockets.run(scene())

    def test_revoked_while_connected(self):
        device, token = self.enrol()
        master, leading = self.enrol("--role", "master")

        async def scene():
            async with sockets.connect(self.hub, leading) as one, sockets.connect(self.hub, token) as other:
                registered = await sockets.Socket(one).register(master, roles=["master", "client"])
                self.assertEqual((registered["role"], registered["master"], registered["epoch"]), ("master", master, 1))
                await sockets.Socket(other).register(device)
                answer = await asyncio.to_thread(
                    self.call, "DELETE", f"/devices/{device}?epoch={registered['epoch']}", token=leading)
                self.assertEqual(answer["revokedAt"], 0)
                with self.assertRaises(websockets.exceptions.ConnectionClosed) as closed:
                    await asyncio.wait_for(other.recv(), 90)
                self.assertEqual(closed.exception.reason, "revoked")
        sockets.run(scene())
        self.problem(403, "revoked", "GET", "/sync/pull", token=token)
        self.problem(403, "revoked", "POST", f"/devices/{device}/challenge", data={})
        self.problem(404, "not-found", "DELETE", f"/devices/{uuid.uuid4()}?epoch=1", token=leading)

    def test_failover(self):
        (first, token), (second, other) = self.enrol("--role", "master"), self.enrol("--role", "master")

        async def scene():
            async with sockets.connect(self.hub, other) as standby:
                socket = sockets.Socket(standby)
                async with sockets.connect(self.hub, token) as connection:
                    registered = await sockets.Socket(connection).register(first, roles=["master"], priority=5)
                    self.assertEqual(registered["role"], "master")
                    self.assertEqual((await socket.register(second, roles=["master"]))["role"], "client")
                for beat in range(1, 12):
                    await socket.say(type="heartbeat", id=beat)
                    if (await socket.hear("heartbeat"))["role"] == "master":
                        break
                    await asyncio.sleep(2)
                changed = [m for m in socket.messages if m["type"] == "role_changed" and m["role"] == "master"]
                self.assertEqual([(m["master"], m["epoch"]) for m in changed], [(second, 2)])
        sockets.run(scene())
        # The old master's epoch is worth nothing any more.
        self.problem(409, "epoch-stale", "DELETE", f"/devices/{second}?epoch=1", token=token)

    def test_critical_events(self):
        (writer, token), (reader, other) = self.enrol(), self.enrol("--role", "reader")

        async def scene():
            async with sockets.connect(self.hub, token) as one, sockets.connect(self.hub, other) as two:
                mine, theirs = sockets.Socket(one), sockets.Socket(two)
                await mine.register(writer)
                await theirs.register(reader)
                await asyncio.to_thread(self.push, token, event(writer, 1, critical=True))
                first = await theirs.hear("critical_event")
                self.assertEqual((first["attempt"], first["event"]["seq"], first["position"]), (1, 1, 0))
                self.assertEqual((await theirs.hear("critical_event"))["attempt"], 2)
                await theirs.say(type="acknowledge", delivery=first["delivery"], outcome="done")
                while True:
                    told = await mine.hear("acknowledged")
                    if not told["missing"]:
                        break
                self.assertEqual((told["dot"], told["by"]), (f"{writer}:1", [reader]))
        sockets.run(scene())
        status = self.call("GET", "/sync/status", token=token)
        self.assertEqual(status["caller"]["unacknowledgedCritical"], [])

    def test_critical_events_outlive_the_hub(self):
        (writer, token), (reader, other) = self.enrol(), self.enrol()
        self.push(token, event(writer, 1, critical=True))
        port = self.hub.port
        self.hub.kill()
        self.serve(port=port)
        self.assertEqual(self.call("GET", "/sync/status", token=other)["caller"]["pendingCritical"], [0])

        async def scene(outcome, expected):
            async with sockets.connect(self.hub, other) as connection:
                socket = sockets.Socket(connection)
                await socket.register(reader)
                if not expected:
                    await socket.say(type="heartbeat", id=1)
                    await socket.hear("heartbeat")
                    self.assertNotIn("critical_event", [m["type"] for m in socket.messages])
                    return
                delivery = (await socket.hear("critical_event"))["delivery"]
                await socket.say(type="acknowledge", delivery=delivery, outcome=outcome)
                await socket.say(type="heartbeat", id=1)
                await socket.hear("heartbeat")
        sockets.run(scene("later", True))
        sockets.run(scene("done", True))
        sockets.run(scene(None, False))
        self.hub.kill()
        self.serve(port=port)
        sockets.run(scene(None, False))
        self.assertEqual(self.call("GET", "/sync/status", token=token)["caller"]["unacknowledgedCritical"], [])

    def test_going_down_closes_sockets(self):
        device, token = self.enrol()

        async def scene():
            async with sockets.connect(self.hub, token) as connection:
                await sockets.Socket(connection).register(device)
                stopped = asyncio.create_task(asyncio.to_thread(self.hub.stop))
                with self.assertRaises(websockets.exceptions.ConnectionClosed):
                    await asyncio.wait_for(connection.recv(), 90)
                self.assertEqual(await stopped, 0)
        sockets.run(scene())


if __name__ == "__main__":
    unittest.main()
