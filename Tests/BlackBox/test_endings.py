"""However a prompt, a watch or a hub is ended: nothing is lost, nobody is kept out, the terminal is as it was, and nothing is left behind."""
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
from test_hub_watch import Watch


class EndingTest(HubTest):
    def setUp(self):
        super().setUp()
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir()
        self.env = {**self.keys, "TMPDIR": str(self.temporary)}

    def nothing_is_left(self, store):
        """No lock, no torn commit, no temporary file."""
        self.ok("put", "notes/after", "x=1", store=store)
        self.assertEqual(self.object("verify", store=store)["result"], "intact")
        self.assertEqual(os.listdir(self.temporary), [])


class PromptEndings(EndingTest):
    """A shell that reads no lines itself runs the prompt, and writes down how the terminal was before and after, as a shell that does would set it right."""

    def begin(self, store):
        script = 'trap : INT; stty -g > before; "$0" --store "$1"; echo $? > status; stty -g > after'
        terminal = Terminal(["/bin/sh", "-c", f"cd {self.folder}; {script}", BINARY, store], **self.env)
        self.addCleanup(terminal.child.close)
        terminal.wait_prompt()
        return terminal

    def process(self, store):
        """The prompt's process, which holds the store."""
        return int((store / ".syncline" / "lock").read_text().split()[0])

    def ended(self, terminal, status, store):
        self.assertEqual(terminal.ended(), 0)
        self.assertEqual((self.folder / "status").read_text().strip(), str(status))
        self.assertEqual((self.folder / "after").read_text(), (self.folder / "before").read_text())
        # What readline asks terminals for around what is pasted is taken back.
        self.assertGreater(terminal.raw.rfind(b"\x1b[?2004l"), terminal.raw.rfind(b"\x1b[?2004h"))
        self.nothing_is_left(store)

    def shared(self):
        """A laptop's store at a prompt that is connected to a hub, and a phone's."""
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        terminal = self.begin(laptop)
        terminal.wait_text("● synced")
        return terminal, laptop, phone

    def test_a_signal_at_the_prompt(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number.name):
                self.setUp()
                terminal, laptop, phone = self.shared()
                terminal.enter("put notes/trip title=sea")
                terminal.type("put notes/other title=unfinished")
                os.kill(self.process(laptop), number)
                self.ended(terminal, 128 + number, laptop)
                self.assertEqual([line["record"] for line in self.objects("list", store=laptop)], ["after", "trip"])
                self.sync(laptop)
                self.sync(phone)
                self.assertEqual(self.digest(phone), self.digest(laptop))

    def test_a_signal_while_a_command_waits(self):
        terminal, laptop, _ = self.shared()
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        terminal.enter("put notes/trip title=sea")
        terminal.type(f"import {pipe}")
        terminal.send("\r")
        with open(pipe, "wb"):
            # It reads by now.
            os.kill(self.process(laptop), signal.SIGTERM)
            self.ended(terminal, 128 + signal.SIGTERM, laptop)
        self.assertEqual(len(self.objects("list", store=laptop)), 2)

    def test_leaving_behind_an_interrupted_line(self):
        terminal, laptop, phone = self.shared()
        terminal.type("put notes/trip title=unfinished")
        terminal.send("\x03")
        terminal.wait(terminal.at_prompt, "an empty line")
        terminal.enter("put notes/trip title=sea")
        terminal.wait_prompt()
        terminal.send("\x04")
        self.ended(terminal, 0, laptop)
        self.sync(laptop)
        self.sync(phone)
        self.assertEqual(self.object("get", "notes/trip", store=phone)["fields"], {"title": "sea"})

    def test_a_signal_inside_a_conflict_writes_nothing_of_it(self):
        laptop, _ = self.conflict()
        before = [line["sides"] for line in self.objects("conflicts", store=laptop)]
        terminal = self.begin(laptop)
        for line in ("1", "a"):
            terminal.enter(line)
        terminal.type("done")
        os.kill(self.process(laptop), signal.SIGTERM)
        self.ended(terminal, 128 + signal.SIGTERM, laptop)
        self.assertEqual([line["sides"] for line in self.objects("conflicts", store=laptop)], before)


class WatchEndings(EndingTest):
    def test_by_a_signal(self):
        """It ends as programs do that nobody asks to stay: by the signal; the hub knows at once that the device is away."""
        self.serve()
        laptop, phone = self.device("laptop"), self.device("phone")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                watch = Watch(laptop, self.env)
                self.addCleanup(watch.end)
                watch.see("status", state="connected")
                self.ok("put", "notes/trip", f"title={number.name}", store=laptop)
                watch.process.send_signal(number)
                self.assertEqual(watch.process.wait(timeout=PATIENCE), -number)
                self.nothing_is_left(laptop)
                self.sync(laptop)
                self.sync(phone)
                self.assertEqual(self.digest(phone), self.digest(laptop))
                self.assertEqual(self.object("get", "notes/trip", store=phone)["fields"], {"title": number.name})
                other = next(line for line in self.objects("devices", store=phone, env=self.keys) if line["name"] == "laptop")
                self.assertFalse(other["connected"])


class HubEndings(EndingTest):
    def test_by_a_signal_it_tells_everybody_and_keeps_what_it_took(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                self.setUp()
                self.serve()
                laptop = self.device("laptop")
                self.ok("put", "notes/trip", "title=sea", store=laptop)
                devices = [self.enrol(name=f"visitor-{index}") for index in range(3)]

                async def scene():
                    open_sockets = [sockets.connect(self.hub, token) for _, token in devices]
                    connections = [await each for each in open_sockets]
                    for (device, _), connection in zip(devices, connections):
                        await sockets.Socket(connection).register(device)
                    self.sync(laptop)
                    self.hub.process.send_signal(number)
                    for connection in connections:
                        with self.assertRaises(websockets.ConnectionClosed) as closed:
                            while True:
                                await connection.recv()
                        self.assertEqual(closed.exception.rcvd.code, 1001)
                sockets.run(scene())
                self.assertEqual(self.hub.end(), 0)
                with self.assertRaises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", self.hub.port))
                self.assertFalse((self.data / "private").exists())
                # Nobody has its data any more.
                self.invite()
                self.serve()
                phone = self.device("phone")
                self.sync(phone)
                self.assertEqual(self.digest(phone), self.digest(laptop))
                self.assertEqual(self.hub.stop(), 0)

    def test_while_devices_push(self):
        """Whatever it had acknowledged it has, and what it had not the device hands over again: in the end each event is there once."""
        self.serve()
        port, stores = self.hub.port, [self.device(f"device-{index}") for index in range(3)]
        for index, store in enumerate(stores):
            for number in range(20):
                self.ok("put", f"notes/{index}-{number}", "x=1", store=store)
        pushes = [
            subprocess.Popen([BINARY, "--store", str(store), "sync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **self.keys})
            for store in stores]
        self.hub.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.hub.end(), 0)
        # One that came too late could not reach it.
        self.assertLessEqual({push.wait(timeout=PATIENCE) for push in pushes}, {0, 8})
        self.serve(port=port)
        for store in stores + stores:
            self.sync(store)
        self.assertEqual(len({self.digest(store) for store in stores}), 1)
        self.assertEqual(self.object("verify", store=stores[0])["events"], 60)


if __name__ == "__main__":
    unittest.main()
