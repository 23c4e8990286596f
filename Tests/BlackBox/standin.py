"""A stand-in for a hub: it passes calls on to a real one, but for those that a test answers itself."""
import base64
import hashlib
import http.client
import http.server
import threading
import urllib.parse


def take_socket(handler):
    """Upgrades the call to a WebSocket (RFC 6455, section 4.2.2)."""
    key = handler.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    handler.send_response(101)
    handler.send_header("Upgrade", "websocket")
    handler.send_header("Connection", "Upgrade")
    handler.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
    handler.end_headers()


class StandIn:
    """`answers` maps (method, path) to a function that gets the handler and may answer; where it returns false the call is passed on."""

    def __init__(self, url, answers):
        stand_in = self
        behind = urllib.parse.urlsplit(url)
        self.calls = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self):
                call = (self.command, self.path.partition("?")[0])
                stand_in.calls.append(call)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = answers.get(call)
                try:
                    if not answer or answer(self) is False:
                        self.pass_on(body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def pass_on(self, body):
                connection = http.client.HTTPConnection(behind.hostname, behind.port, timeout=60)
                kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "accept-encoding")}
                connection.request(self.command, self.path, body=body or None, headers=kept)
                answer = connection.getresponse()
                data = answer.read()
                connection.close()
                self.say(answer.status, answer.headers["Content-Type"], data)

            def say(self, status, kind, data, **headers):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(data)

            def say_without_end(self, status, kind, chunk):
                """Sends until nobody reads any more."""
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                piece = b"%x\r\n%s\r\n" % (len(chunk), chunk)
                while True:
                    self.wfile.write(piece)

            do_GET = do_POST = do_DELETE = serve

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
