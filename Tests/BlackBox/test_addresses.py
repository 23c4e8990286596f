"""Several addresses of one hub: the next one is tried when one does not answer."""
import http.server
import json
import socket
import threading
import unittest

from hub import HubTest
from test_hub_watch import Watch


class Passage:
    """Another address of a hub: passes every connection on, until it is shut."""

    def __init__(self, port):
        self.port_behind = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = [self.listener]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port_behind))
            self.open += [near, far]
            for source, target in (near, far), (far, near):
                threading.Thread(target=self.carry, args=(source, target), daemon=True).start()

    def carry(self, source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in source, target:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def shut(self):
        for end in self.open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


class Busy(http.server.BaseHTTPRequestHandler):
    """Answers every call as a hub does that is going down."""

    def do_GET(self):
        body = json.dumps({"status": 503, "code": "unavailable", "detail": "going down", "retryable": True}).encode()
        self.send_response(503)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *words):
        pass


class Addresses(HubTest):
    def setUp(self):
        super().setUp()
        self.serve()
        # Bound, so that nobody else gets it, and not listened at.
        nobody = socket.socket()
        self.addCleanup(nobody.close)
        nobody.bind(("127.0.0.1", 0))
        self.dead = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        self.passage = Passage(self.hub.port)
        self.addCleanup(self.passage.shut)

    def joined(self, *hubs):
        store = self.make("laptop")
        self.ok("join", ",".join(hubs), self.invite(), store=store, env=self.keys)
        return store

    def test_a_dead_one_is_passed_over(self):
        store = self.joined(self.dead, self.hub.url)
        self.ok("put", "notes/trip", "title=sea", store=store)
        self.assertEqual(self.sync(store)["pending"], 0)
        self.assertEqual(self.object("status", store=store, env=self.keys)["hub"], self.hub.url)

    def test_one_that_is_too_busy_is_passed_over(self):
        busy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy)
        threading.Thread(target=busy.serve_forever, daemon=True).start()
        self.addCleanup(busy.server_close)
        self.addCleanup(busy.shutdown)
        url = f"http://127.0.0.1:{busy.server_address[1]}"
        store = self.joined(url, self.hub.url)
        self.ok("put", "notes/trip", "title=sea", store=store)
        self.assertEqual(self.sync(store)["pending"], 0)
        self.hub.kill()
        self.assertIn("going down", self.fails(8, "sync", store=store, env=self.keys))

    def test_one_that_goes_away_is_left(self):
        store = self.joined(self.passage.url, self.hub.url)
        self.assertEqual(self.object("status", store=store, env=self.keys)["hub"], self.passage.url)
        self.passage.shut()
        self.ok("put", "notes/trip", "title=sea", store=store)
        self.assertEqual(self.sync(store)["pending"], 0)
        self.hub.kill()
        said = self.fails(8, "sync", store=store, env=self.keys)
        self.assertIn(self.passage.url, said)
        self.assertIn(self.hub.url, said)

    def test_a_watch_goes_on_by_the_other_one(self):
        store = self.joined(self.passage.url, self.hub.url)
        watch = Watch(store, self.keys)
        self.addCleanup(watch.end)
        watch.see("status", state="connected")
        self.passage.shut()
        watch.see("status", state="connecting")
        watch.see("status", state="connected")
        self.ok("put", "notes/trip", "title=sea", store=store)
        watch.see("status", state="connected", pending=0)

    def test_a_hub_that_has_moved(self):
        store = self.joined(self.passage.url)
        self.passage.shut()
        self.fails(8, "sync", store=store, env=self.keys)
        self.assertEqual(self.object("hub", self.hub.url + "/", self.dead, store=store)["hubs"], [self.hub.url, self.dead])
        self.sync(store)
        self.assertEqual(self.ok("hub", store=store).split(), [self.hub.url, self.dead])
        self.fails(64, "hub", "ftp://x", store=store)
        self.assertEqual(json.loads((store / ".syncline" / "sync" / "link").read_text())["hubs"], [self.hub.url, self.dead])

    def test_without_a_hub_there_is_nothing_to_change(self):
        self.fails(1, "hub", self.hub.url, store=self.make("alone"))


if __name__ == "__main__":
    unittest.main()
