"""Who may do what at a hub: every route and every message of a socket, by every kind of caller."""
import asyncio
import json
import time
import unittest
import uuid

import websockets

import sockets
from harness import event
from hub import HubTest

# What a caller is told, in this order of callers.
CALLERS = ("nobody", "unknown", "expired", "revoked", "elsewhere", "reader", "client", "master", "leader")
OPEN = {name: "yes" for name in CALLERS}


def row(*, known, **others):
    """A row for what wants a token; `known` is what devices are told, others differ by name."""
    return {
        "nobody": "token-missing", "unknown": "token-unknown", "expired": "token-expired", "revoked": "revoked",
        "elsewhere": known, "reader": known, "client": known, "master": known, "leader": known, **others}


ROUTES = {
    ("GET", "/health/live"): OPEN,
    ("GET", "/health/ready"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/openapi.json"): OPEN,
    # A code decides, and a signature; no token does.
    ("POST", "/devices"): {name: "code-invalid" for name in CALLERS},
    ("POST", "/devices/{id}/challenge"): {**OPEN, "nobody": "not-found", "unknown": "not-found", "elsewhere": "not-found", "revoked": "revoked"},
    ("POST", "/devices/{id}/session"): {
        **{name: "challenge-invalid" for name in CALLERS}, "nobody": "not-found", "unknown": "not-found", "elsewhere": "not-found", "revoked": "revoked"},
    ("GET", "/devices"): row(known="yes"),
    # A device of another workspace is to its own what anybody is who does not lead there.
    ("DELETE", "/devices/{id}"): row(known="not-allowed", master="epoch-never-granted", leader="yes"),
    ("POST", "/sync/push"): row(known="yes", reader="not-allowed"),
    ("GET", "/sync/pull"): row(known="yes"),
    ("GET", "/sync/status"): row(known="yes"),
    ("GET", "/sync/ws"): row(known="yes"),
}

# A policy, pushed without an epoch and under the leader's newest one. Whose word it is counts, not who hands it on.
POLICIES = {
    "none": row(known="lease-missing", reader="not-allowed"),
    "newest": row(known="epoch-never-granted", reader="not-allowed", leader="accepted"),
}

# Messages by registered devices, and before they register.
MESSAGES = {
    "register_device": ("registered", "registered"),
    "heartbeat": ("heartbeat", "not-registered"),
    "acknowledge": (None, "not-registered"),
}


class Access(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()
        self.callers = {"nobody": (str(uuid.uuid4()), None), "unknown": (str(uuid.uuid4()), "main." + "00" * 32)}
        for name, words in (
            ("elsewhere", ("--workspace", "other")), ("reader", ("--role", "reader")), ("client", ()), ("revoked", ()),
            ("master", ("--role", "master")), ("leader", ("--role", "master")),
        ):
            self.callers[name] = self.enrol(*words, name=name)
        port = self.hub.port
        self.hub.stop()
        # Tokens that were given before live on as long as they were given for.
        self.serve("--token-ttl", "1s", port=port)
        self.callers["expired"] = self.enrol(name="expired")
        time.sleep(1.1)
        sockets.run(self.lead())

    async def lead(self):
        """Takes the lease, and revokes under it who is to be revoked."""
        device, token = self.callers["leader"]
        async with sockets.connect(self.hub, token) as connection:
            self.epoch = (await sockets.Socket(connection).register(device, roles=["master"]))["epoch"]
        self.call("DELETE", f"/devices/{self.callers['revoked'][0]}?epoch={self.epoch}", token=token)

    def told(self, name, method, path):
        """What a caller is told by a route: "yes", or a problem's code."""
        device, token = self.callers[name]
        data = {"POST": {}}.get(method)
        if path == "/devices":
            data = {"device": device, "code": "none", "name": name, "key": "ab" * 32} if method == "POST" else None
        elif path == "/sync/push":
            data = {"events": [event(device, 1)]}
        elif path.endswith("/session"):
            data = {"nonce": "00" * 32, "signature": "00" * 64}
        elif path == "/sync/ws":
            return sockets.run(self.opened(token))
        target = path.replace("{id}", device)
        if method == "DELETE":
            # Each the same victim, and with the epoch that is the leader's.
            target = f"/devices/{self.callers['client'][0]}?epoch={self.epoch}"
        status, _, body = self.curl(method, target, token=token, data=data)
        if status < 300:
            return "yes"
        return json.loads(body)["code"]

    async def opened(self, token):
        try:
            async with sockets.connect(self.hub, token):
                return "yes"
        except websockets.exceptions.InvalidStatusCode:
            upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
            _, _, body = await asyncio.to_thread(self.curl, "GET", "/sync/ws", token=token, headers=upgrade)
            return json.loads(body)["code"]

    def test_the_table_has_every_route_and_message(self):
        document = self.call("GET", "/openapi.json")
        served = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
        self.assertEqual(served, set(ROUTES))
        self.assertEqual(set(document["paths"]["/sync/ws"]["get"]["x-messages"]), set(MESSAGES))
        for told in ROUTES.values():
            self.assertEqual(set(told), set(CALLERS))

    def test_routes(self):
        # Last what ends the others' victim.
        for (method, path), row in sorted(ROUTES.items(), key=lambda item: item[0][0] == "DELETE"):
            for name in CALLERS:
                with self.subTest(method=method, path=path, caller=name):
                    self.assertEqual(self.told(name, method, path), row[name])

    def test_policies(self):
        for claim, told in POLICIES.items():
            for name in CALLERS:
                with self.subTest(epoch=claim, caller=name):
                    device, token = self.callers[name]
                    policy = event(device, 1, collection="_policy", record=name, **({"epoch": self.epoch} if claim == "newest" else {}))
                    status, _, body = self.curl("POST", "/sync/push", token=token, data={"events": [policy]})
                    answer = json.loads(body)
                    verdict = answer["events"][0] if status < 300 else answer
                    self.assertEqual(verdict["code"] if status >= 300 else verdict.get("problem", {}).get("code", verdict["verdict"]), told[name])

    def test_what_others_are_told_of_is_not_there(self):
        """A workspace is to another what is not there at all."""
        inside, _ = self.callers["client"]
        device, token = self.callers["elsewhere"]
        self.call("POST", "/sync/push", token=self.callers["client"][1], data={"events": [event(inside, 1)]})
        self.assertEqual(self.call("GET", "/sync/pull", token=token)["events"], [])
        self.assertEqual([line["device"] for line in self.call("GET", "/devices", token=token)["devices"]], [device])
        self.assertEqual(self.call("GET", "/sync/status", token=token)["head"], 0)
        _, leading = self.enrol("--workspace", "other", "--role", "master")
        self.problem(422, "epoch-never-granted", "DELETE", f"/devices/{inside}?epoch={self.epoch}", token=leading)

    def test_messages(self):
        async def answer(socket, device, kind):
            """The type of the hub's answer to a message, or its problem's code; None when it says nothing."""
            members = {"register_device": {"device": device, "name": "x"}, "heartbeat": {"id": 7}, "acknowledge": {"delivery": 0, "outcome": "done"}}
            await socket.say(type=kind, **members[kind])
            # Behind it one whose answer is known: what comes before that is this one's.
            await socket.say(type="nonsense")
            said = []
            while True:
                message = await socket.hear_any()
                if message.get("code") == "malformed":
                    return said[0] if said else None
                # The leader has gone: when its lease runs out everybody is told, which answers nothing.
                if message["type"] == "role_changed":
                    continue
                said.append(message["code"] if message["type"] == "error" else message["type"])

        async def scene(name):
            device, token = self.callers[name]
            for kind, (after, before) in MESSAGES.items():
                async with sockets.connect(self.hub, token) as connection:
                    socket = sockets.Socket(connection)
                    with self.subTest(caller=name, message=kind):
                        self.assertEqual(await answer(socket, device, kind), before)
                async with sockets.connect(self.hub, token) as connection:
                    socket = sockets.Socket(connection)
                    await socket.register(device)
                    with self.subTest(caller=name, message=kind, registered=True):
                        self.assertEqual(await answer(socket, device, kind), after)

        async def stranger(name):
            """A socket is the token's device's, and nobody else's."""
            async with sockets.connect(self.hub, self.callers[name][1]) as connection:
                await sockets.Socket(connection).say(type="register_device", device=self.callers["leader"][0], name="x", roles=["master"])
                self.assertEqual((await sockets.Socket(connection).hear("error"))["code"], "not-allowed")

        for name in ("elsewhere", "reader", "client", "master", "leader"):
            sockets.run(scene(name))
        for name in ("elsewhere", "reader", "client", "master"):
            sockets.run(stranger(name))

    def test_a_token_expires_on_an_open_socket(self):
        async def is_expired_while_open(device, token):
            try:
                async with sockets.connect(self.hub, token) as connection:
                    await sockets.Socket(connection).register(device)
                    with self.assertRaises(websockets.exceptions.ConnectionClosed) as closed:
                        while True:
                            await asyncio.wait_for(connection.recv(), 90)
                    self.assertEqual(closed.exception.reason, "token-expired")
                    return True
            except (websockets.exceptions.InvalidStatusCode, websockets.exceptions.ConnectionClosed):
                return False

        # On a slow machine a token of a second is over before the socket is open.
        for seconds in (1, 5, 25):
            port = self.hub.port
            self.hub.stop()
            self.serve("--token-ttl", f"{seconds}s", port=port)
            device, token = self.enrol()
            if is_done := sockets.run(is_expired_while_open(device, token)):
                break
        self.assertTrue(is_done)
        self.problem(401, "token-expired", "GET", "/sync/status", token=token)

    def test_a_device_renews_what_expires(self):
        store = self.device("laptop")
        time.sleep(1.1)
        self.ok("put", "notes/trip", "title=sea", store=store)
        self.assertEqual(self.sync(store)["pushed"], 1)

    def test_how_long_a_token_lives(self):
        self.assertIn("no time", self.fails(64, "serve", "--data", self.data, "--token-ttl", "soon"))


if __name__ == "__main__":
    unittest.main()
