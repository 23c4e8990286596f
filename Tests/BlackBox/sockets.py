"""A device on a WebSocket, spoken by Python's `websockets`."""
import asyncio
import json

import websockets


class Socket:
    def __init__(self, connection):
        self.connection = connection
        self.messages = []

    async def say(self, **message):
        await self.connection.send(json.dumps(message))

    async def hear(self, kind, timeout=90):
        """The next message of this type; others before it are kept in `messages`."""
        async def wait():
            while True:
                message = json.loads(await self.connection.recv())
                self.messages.append(message)
                if message["type"] == kind:
                    return message
        return await asyncio.wait_for(wait(), timeout)

    async def hear_any(self, timeout=90):
        """The next message, whatever it is."""
        message = json.loads(await asyncio.wait_for(self.connection.recv(), timeout))
        self.messages.append(message)
        return message

    async def register(self, device, **members):
        await self.say(type="register_device", device=device, name="visitor", **members)
        return await self.hear("registered")


def connect(hub, token, **options):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers.update(options.pop("headers", {}))
    url = hub.url.replace("http", "ws", 1) + "/sync/ws"
    return websockets.connect(url, extra_headers=headers, **options)


def run(scene):
    return asyncio.run(asyncio.wait_for(scene, 240))
