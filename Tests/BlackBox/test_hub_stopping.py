"""A hub that is asked to stop does so, whoever is connected."""
import asyncio
import os
import signal
import socket
import subprocess
import unittest

import sockets
import websockets
from harness import BINARY, PATIENCE
from hub import HubTest
from terminal import Terminal


class Stopping(HubTest):
    def stops(self):
        self.hub.process.send_signal(signal.SIGTERM)
        try:
            self.assertEqual(self.hub.process.wait(timeout=PATIENCE), 0)
        except subprocess.TimeoutExpired:
            self.fail("the hub does not stop")

    def connected(self, request):
        connection = socket.create_connection(("127.0.0.1", self.hub.port))
        self.addCleanup(connection.close)
        connection.sendall(request)
        return connection

    def test_with_a_connection_that_has_asked_nothing(self):
        self.serve()
        self.connected(b"")
        # It has been taken when another one is answered.
        self.call("GET", "/health/ready")
        self.stops()

    def test_with_a_connection_that_was_answered(self):
        self.serve()
        connection = self.connected(b"GET /health/live HTTP/1.1\r\nHost: hub\r\n\r\n")
        self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 200"))
        self.stops()

    def test_with_a_pull_that_waits(self):
        self.serve()
        _, token = self.enrol()
        connection = self.connected(f"GET /sync/pull?wait=60 HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        self.call("GET", "/health/ready")
        self.stops()
        try:
            self.assertIn(connection.recv(4096)[:12], (b"HTTP/1.1 503", b""))
        except ConnectionResetError:
            pass  # It has stopped before it read the request.

    def test_with_an_open_socket_which_is_told(self):
        self.serve()
        device, token = self.enrol()

        async def scene():
            async with sockets.connect(self.hub, token) as connection:
                await sockets.Socket(connection).register(device)
                stopped = asyncio.create_task(asyncio.to_thread(self.stops))
                with self.assertRaises(websockets.ConnectionClosed) as closed:
                    while True:
                        await connection.recv()
                self.assertEqual(closed.exception.rcvd.code, 1001)
                await stopped
        sockets.run(scene())

    def test_with_a_watch_and_a_prompt_which_come_again(self):
        self.serve()
        port, laptop, phone = self.hub.port, self.device("laptop"), self.device("phone")
        watch = subprocess.Popen([BINARY, "--store", phone, "sync", "--watch"], env={**os.environ, **self.keys}, stdout=subprocess.PIPE)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        prompt = Terminal([BINARY, "--store", laptop], **self.keys)
        self.addCleanup(prompt.child.close)
        prompt.wait_text("● synced")
        self.stops()
        prompt.wait_text("cannot be reached")
        self.serve(port=port)
        prompt.wait_text("the hub is back")
        self.stops()


if __name__ == "__main__":
    unittest.main()
