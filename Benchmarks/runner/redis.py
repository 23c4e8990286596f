"""Redis from Debian's package, started here on a socket of its own and stopped again."""
import itertools
import os
import shutil
import socket
import subprocess
import time

from . import events
from .process import cpu_seconds, peak_memory

BINARY = "redis-server"
BATCH = 1000


def is_installed():
    return shutil.which(BINARY) is not None


class Server:
    """A server with its append-only file in `folder`; it answers when the constructor returns."""

    def __init__(self, folder, sync="no"):
        self.folder = folder
        path = folder / "socket"
        settings = {
            "port": "0", "unixsocket": path, "dir": folder, "save": "", "appendonly": "yes", "appendfsync": sync, "aof-use-rdb-preamble": "no",
            "auto-aof-rewrite-percentage": "0", "daemonize": "no", "logfile": folder / "log",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
        self.process = subprocess.Popen([BINARY, *words], stdout=subprocess.DEVNULL)
        try:
            self.socket = self.connect(str(path))
            while self.ask(b"PING") != b"+PONG":
                time.sleep(0.005)
        except BaseException:
            self.stop()
            raise

    def connect(self, path):
        deadline = time.monotonic() + 30
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(path)
                return connection
            except OSError:
                connection.close()
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise SystemExit(f"redis-server does not answer: {self.folder / 'log'}")
                time.sleep(0.005)

    def ask(self, *parts):
        """The first line of a short answer; "-LOADING" while the file is read."""
        self.socket.sendall(events.command(*parts))
        answer = b""
        while not answer.endswith(b"\r\n"):
            answer += self.socket.recv(1 << 16)
        return answer.split(b"\r\n")[0]

    def send(self, commands, lines):
        """Sends a transaction and waits until so many lines have been answered."""
        self.socket.sendall(commands)
        while lines > 0:
            lines -= self.socket.recv(1 << 20).count(b"\n")

    def used(self):
        return {"cpu": cpu_seconds(self.process.pid), "peak": peak_memory(self.process.pid)}

    def stop(self):
        self.process.terminate()
        self.process.wait()


def load(aof, records, scratch):
    """Loads an append-only file at the start; the time of the server's process up to its first answer."""
    folder = fresh(scratch / "redis")
    (folder / "appendonlydir").mkdir()
    os.link(aof, folder / "appendonlydir" / "appendonly.aof.1.incr.aof")
    (folder / "appendonlydir" / "appendonly.aof.manifest").write_text("file appendonly.aof.1.incr.aof seq 1 type i\n")
    server = Server(folder)
    try:
        used = server.used()
        found = int(server.ask(b"DBSIZE")[1:])
    finally:
        server.stop()
        shutil.rmtree(folder)
    if found < records:
        raise SystemExit(f"redis has {found} keys, which is less than {records} records: the comparison would be unfair")
    return used


def append(batches, scratch):
    """Appends batches as transactions, each synced before it is answered; wall and processor time of all of them."""
    folder = fresh(scratch / "redis")
    server = Server(folder, sync="always")
    try:
        before, start = server.used(), time.monotonic()
        for commands, lines in batches:
            server.send(commands, lines)
        wall = time.monotonic() - start
        used = server.used()
    finally:
        server.stop()
        shutil.rmtree(folder)
    return {"wall": wall, "cpu": used["cpu"] - before["cpu"], "peak": used["peak"]}


def batches(lines, limit):
    """The first `limit` events as transactions of a thousand, each with how many lines its answers have."""
    joined, held, count = [], [], 0

    def close():
        # +OK, then +QUEUED for each command, then the array's head and a number for each.
        joined.append((events.command(b"MULTI") + b"".join(held) + events.command(b"EXEC"), 2 + 2 * count))
        held.clear()

    for commands in itertools.islice(events.redis_commands(lines), limit):
        held.append(commands)
        count += 1 + commands.startswith(b"*2\r\n$3\r\nDEL")
        if len(held) == BATCH:
            close()
            count = 0
    if held:
        close()
    return joined


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder
