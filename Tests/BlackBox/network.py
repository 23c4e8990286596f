"""A bad network between devices and a hub: a proxy that delays, cuts, repeats, swallows and lets bytes trickle, under a seed.

It understands just as much HTTP as it needs to cut in the middle of a request or of an answer, to send a whole request twice, and to know where a socket's frames begin.
"""
import http.client
import random
import socket
import threading
import time

#: What may happen to a call, and how often it does beside the others.
FAULTS = {
    "pass": 12,
    "delay": 3,
    "refuse": 1,
    "cut the request": 2,
    "lose the answer": 2,
    "cut the answer": 3,
    "repeat": 4,
    "trickle": 2,
    "stall": 1,
}
#: What may happen to a socket once it is one.
SOCKET_FAULTS = {"pass": 3, "cut": 3, "trickle": 2}


class Cut(Exception):
    """The connection ends here."""


class Network:
    """An address of the hub behind `port`. It is good until `faults` says what may happen; of what `swallows` names, calls or sockets, it takes everything and gives nothing. Calls of more than
    `most` bytes are too slow for it, as the hub would say.

    Each connection draws from a stream of its own, so that what befalls one does not hang on how fast another is.
    """

    def __init__(self, port, seed=0):
        self.port_behind, self.seed = port, seed
        self.faults, self.socket_faults = {"pass": 1}, {"pass": 1}
        self.swallows = ()
        self.most = None
        #: Which requests are held back until `release` is set; `holding` says that one is, `risen` that a socket has carried something up since.
        self.holds = lambda request: False
        self.holding, self.risen, self.release = threading.Event(), threading.Event(), threading.Event()
        self.seen = {}
        self.lock = threading.Lock()
        self.ends = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def turn_bad(self):
        self.faults, self.socket_faults = FAULTS, SOCKET_FAULTS

    def turn_good(self):
        """What is open ends, and what comes passes."""
        self.faults, self.socket_faults, self.swallows = {"pass": 1}, {"pass": 1}, ()
        self.break_off()

    def break_off(self):
        """Ends every open connection."""
        with self.lock:
            ends, self.ends = self.ends, []
        for end in ends:
            close(end)

    def shut(self):
        close(self.listener)
        self.thread.join(10)
        self.break_off()

    def note(self, what):
        with self.lock:
            self.seen[what] = self.seen.get(what, 0) + 1

    def accept(self):
        number = 0
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            number += 1
            self.keep(near)
            chance = random.Random(f"{self.seed}/{number}")
            threading.Thread(target=self.serve, args=(near, chance), daemon=True).start()

    def keep(self, end):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock:
            self.ends.append(end)
        return end

    def reach(self):
        return self.keep(socket.create_connection(("127.0.0.1", self.port_behind), timeout=60))

    # Calls

    def serve(self, near, chance):
        """Carries one connection's calls, one after the other."""
        far = None
        try:
            while True:
                request = Request(near)
                if ("sockets" if request.is_upgrade else "calls") in self.swallows:
                    self.note("swallow")
                    while near.recv(65536):
                        pass
                    raise Cut
                far = far or self.reach()
                if request.is_upgrade:
                    far.sendall(request.bytes)
                    return self.carry_socket(near, far, chance)
                self.carry(request, near, far, chance)
        except (Cut, OSError, http.client.HTTPException):
            pass
        finally:
            close(near)
            if far:
                close(far)

    def carry(self, request, near, far, chance):
        if self.most is not None and len(request.bytes) > self.most:
            self.note("too slow")
            problem = b'{"code":"slow-body","status":408,"detail":"too slow","retryable":true}'
            near.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(problem), problem))
            raise Cut
        if self.holds(request):
            self.risen.clear()
            self.holding.set()
            self.release.wait(60)
        fault = draw(self.faults, chance)
        self.note(fault)
        if fault == "repeat":
            self.note(f"repeat {request.method} {request.path.split('?')[0].split('/')[1]}")
        if fault == "refuse":
            raise Cut
        if fault == "cut the request":
            far.sendall(request.bytes[:chance.randrange(len(request.bytes))])
            raise Cut
        if fault == "stall":
            # It goes nowhere for a while, and then it is over.
            time.sleep(chance.uniform(0, 0.3))
            raise Cut
        if fault == "delay":
            time.sleep(chance.uniform(0, 0.1))
        if fault == "repeat" and chance.random() < 0.5:
            self.send_twin(request)
        send(far, request.bytes, chance if fault == "trickle" else None)
        answer = read_answer(far, request.method)
        if fault == "repeat":
            # The answer to the second one says all that the first one's did.
            self.send_twin(request)
        if fault == "lose the answer":
            raise Cut
        if fault == "cut the answer":
            near.sendall(answer[:chance.randrange(len(answer))])
            raise Cut
        send(near, answer, chance if fault == "trickle" else None)

    def send_twin(self, request):
        """The same request once more, by another way."""
        with socket.create_connection(("127.0.0.1", self.port_behind), timeout=60) as far:
            far.sendall(request.bytes)
            read_answer(far, request.method)

    # Sockets

    def carry_socket(self, near, far, chance):
        fault = draw(self.socket_faults, chance)
        self.note(f"socket: {fault}")
        way = {"up": chance.randrange(20, 2000), "down": chance.randrange(200, 4000)} if fault == "cut" else {}
        trickles = fault == "trickle"
        upward = threading.Thread(target=self.pour, args=(near, far, way.get("up"), random.Random(chance.random()) if trickles else None, self.risen.set), daemon=True)
        upward.start()
        self.pour(far, near, way.get("down"), chance if trickles else None)
        upward.join()

    def pour(self, source, target, left, chance, seen=lambda: None):
        """Carries bytes from one end to the other, until so many have passed; both ends are over then, wherever in a frame that is."""
        try:
            while data := source.recv(65536):
                seen()
                if "sockets" in self.swallows:
                    continue
                if left is not None:
                    data, left = data[:left], left - len(data)
                send(target, data, chance)
                if left is not None and left <= 0:
                    break
        except OSError:
            pass
        close(source)
        close(target)


class Request:
    """A whole request as it came, read to its end."""

    def __init__(self, end):
        data = b""
        while b"\r\n\r\n" not in data:
            data += receive(end)
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.method, self.path, _ = lines[0].split(" ")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        self.is_upgrade = "upgrade" in fields
        while len(body) < int(fields.get("content-length", 0)):
            more = receive(end)
            data += more
            body += more
        self.bytes = data


def receive(end):
    data = end.recv(65536)
    if not data:
        raise Cut
    return data


def read_answer(end, method):
    """A whole answer, with its length instead of its chunks."""
    answer = http.client.HTTPResponse(end, method=method)
    answer.begin()
    body = answer.read()
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
    lines += [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() not in ("content-length", "transfer-encoding")]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


def send(end, data, chance=None):
    """Sends at once, or in small pieces with small pauses between the first of them."""
    while chance and data:
        size = chance.randrange(1, max(2, len(data) // 8))
        end.sendall(data[:size])
        data = data[size:]
        time.sleep(chance.uniform(0, 0.01))
    end.sendall(data)


def draw(weights, chance):
    return chance.choices(list(weights), list(weights.values()))[0]


def close(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
