"""Many devices on WebSockets in one process: just enough of RFC 6455 to register, beat, and acknowledge."""
import asyncio
import base64
import json
import os
import time

HEARTBEAT = 5


class Device(asyncio.Protocol):
    def __init__(self, device, token, scene):
        self.device, self.token, self.scene = device, token, scene
        self.buffer, self.is_open, self.beats = b"", False, 0

    def connection_made(self, transport):
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /sync/ws HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Version: 13\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode())

    def data_received(self, data):
        self.buffer += data
        if not self.is_open:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                return self.scene.fail(head.decode())
            self.is_open, self.buffer = True, rest
            self.say(type="register_device", device=self.device, name="visitor")
        while (frame := self.frame()) is not None:
            opcode, payload = frame
            if opcode == 1:
                self.heard(json.loads(payload))
            elif opcode == 8:
                self.scene.fail(f"a socket was closed: {payload[2:].decode()}")

    def frame(self):
        """The next whole frame; those of a hub are not masked."""
        if len(self.buffer) < 2:
            return None
        length, start = self.buffer[1] & 127, 2
        if length == 126:
            length, start = int.from_bytes(self.buffer[2:4]), 4
        elif length == 127:
            length, start = int.from_bytes(self.buffer[2:10]), 10
        if len(self.buffer) < start + length:
            return None
        opcode, payload = self.buffer[0] & 15, self.buffer[start:start + length]
        self.buffer = self.buffer[start + length:]
        return opcode, payload

    def say(self, **message):
        payload = json.dumps(message).encode()
        size = bytes([128 | len(payload)]) if len(payload) < 126 else bytes([128 | 126]) + len(payload).to_bytes(2)
        # A mask of zeros is one.
        self.transport.write(b"\x81" + size + b"\0\0\0\0" + payload)

    def heard(self, message):
        match message["type"]:
            case "registered":
                self.scene.registered += 1
                asyncio.get_running_loop().call_later(HEARTBEAT, self.beat)
            case "critical_event":
                self.scene.delays.append(time.monotonic() - self.scene.pushed)
                self.say(type="acknowledge", delivery=message["delivery"], outcome="done")
            case "error":
                self.scene.fail(str(message))

    def beat(self):
        if not self.transport.is_closing():
            self.beats += 1
            self.say(type="heartbeat", id=self.beats)
            asyncio.get_running_loop().call_later(HEARTBEAT, self.beat)


class Scene:
    def __init__(self):
        self.registered, self.delays, self.pushed, self.failure = 0, [], 0.0, None

    def fail(self, reason):
        self.failure = self.failure or reason

    async def until(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if self.failure or time.monotonic() > end:
                raise SystemExit(self.failure or "the hub does not answer")
            await asyncio.sleep(0.02)


def run(hub, devices, urgent, push):
    """Opens a socket a device; memory a socket, share of a core while they beat, and how long each urgent event was on its way to each."""
    async def main():
        scene, loop = Scene(), asyncio.get_running_loop()
        before = hub.memory()
        for number, (device, token) in enumerate(devices):
            await loop.create_connection(lambda device=device, token=token: Device(device, token, scene), "127.0.0.1", hub.port)
            await scene.until(lambda: scene.registered > number - 50)
        await scene.until(lambda: scene.registered == len(devices))
        cpu, start = hub.cpu(), time.monotonic()
        await asyncio.sleep(2 * HEARTBEAT)
        share = (hub.cpu() - cpu) / (time.monotonic() - start)
        memory = (hub.memory() - before) / len(devices)
        for number in range(1, urgent + 1):
            scene.pushed = time.monotonic()
            await asyncio.to_thread(push, number)
            await scene.until(lambda: len(scene.delays) >= number * len(devices))
            await asyncio.sleep(1)
        if len(scene.delays) != urgent * len(devices):
            raise SystemExit("an urgent event came twice")
        return {"memory": memory, "share": share, "delays": scene.delays}
    return asyncio.run(main())
