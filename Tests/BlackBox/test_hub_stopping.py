"""A hub that is asked to stop does so, whoever is connected."""
import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import unittest

import sockets
import websockets
from harness import BINARY, PATIENCE, run
from hub import HubProcess, HubTest
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


class AdminSocket(HubTest):
    """The socket by which `invite` speaks with a running hub leaves nothing behind that piles up."""

    def place(self):
        """Where the hub's admin socket lies."""
        return self.data / (self.data / "admin").read_text().strip()

    def killed(self):
        """A hub that kill -9 has ended; returns where its socket is."""
        self.serve()
        self.invite()
        place = self.place()
        self.assertEqual((stat.S_IMODE(place.stat().st_mode), stat.S_IMODE(place.parent.stat().st_mode)), (0o600, 0o700))
        self.assertEqual(os.listdir(place.parent), ["admin"])
        self.hub.kill()
        return place

    def test_a_killed_hub_leaves_nothing_outside_of_its_data(self):
        place = self.killed()
        self.assertTrue(place.is_relative_to(self.data))
        self.assertTrue(place.exists())
        self.serve()
        self.invite()
        self.assertEqual(self.hub.stop(), 0)
        self.assertFalse(place.exists())
        # In its files, as nobody listens.
        self.invite()

    def test_a_data_folder_may_have_a_long_path_and_be_named_from_anywhere(self):
        deep = self.folder / ("long" * 40) / ("longer" * 30)
        deep.mkdir(parents=True)
        self.data = deep / "hub"
        self.assertTrue(self.killed().is_relative_to(self.data))
        self.serve()
        self.invite()
        self.assertIn("may join", self.ok("invite", "--data", "hub", cwd=deep))

    def without_sockets(self):
        """Nothing can be made in the data folder for a socket, as on file systems that have none."""
        self.data.mkdir()
        (self.data / "private").write_text("no folder")

    def test_where_no_socket_can_lie_the_next_start_removes_what_is_left(self):
        self.without_sockets()
        place = self.killed()
        self.assertFalse(place.is_relative_to(self.data))
        self.assertTrue(place.exists())
        self.serve()
        self.assertFalse(place.parent.exists())
        self.invite()
        self.assertEqual(self.hub.stop(), 0)
        self.assertFalse(self.place().parent.exists())

    def test_a_copy_of_a_hubs_data_leaves_that_ones_socket_alone(self):
        self.without_sockets()
        self.serve()
        place, copy = self.place(), self.folder / "copy"
        shutil.copytree(self.data, copy)
        other = HubProcess(copy)
        self.addCleanup(other.kill)
        self.assertTrue(place.exists())
        self.invite()


class DataFolder(HubTest):
    def test_one_that_nobody_can_write_to_is_not_called_another_hubs(self):
        self.data.mkdir()
        (self.data / "workspaces").mkdir()
        # A folder where the lock's file would be, as root may write everywhere.
        (self.data / "lock").mkdir()
        for words in (["serve", "--listen", "127.0.0.1:0"], ["invite"]):
            message = self.fails(1, *words, "--data", self.data)
            self.assertNotIn("another hub", message)
            self.assertIn("lock", message)

    def test_an_invitation_to_a_folder_that_is_none_yet_says_so(self):
        done = run("invite", "--data", self.data)
        self.assertEqual(done.returncode, 0)
        self.assertIn("new hub's folder", done.stderr.decode())
        code = done.stdout.decode().split()[-1]
        self.serve()
        self.ok("join", self.hub.url, code, store=self.make(), env=self.keys)
        self.assertEqual(run("invite", "--data", self.data).stderr, b"")

    def test_who_joins_a_hub_that_does_not_run_is_not_told_that_something_is_queued(self):
        self.serve()
        url, code = self.hub.url, self.invite()
        self.hub.stop()
        store = self.make()
        message = self.fails(8, "join", url, code, store=store, env=self.keys)
        self.assertNotIn("queued", message)
        self.assertIn("does it run", message)


if __name__ == "__main__":
    unittest.main()
