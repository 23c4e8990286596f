"""Power loss under the real binary: an ext4 file system on a loop device that is shut down (EXT4_IOC_SHUTDOWN) while stores on it are written, then mounted again."""
import ctypes
import fcntl
import json
import os
import random
import struct
import subprocess
import sys
import threading
import time
import unittest

from harness import BINARY, PATIENCE, run
from hub import HubTest

SHUTDOWN = 0x8004587D
#: Nothing more reaches the device, not even the journal.
WITHOUT_FLUSH = 2
EATMYDATA = "/usr/lib/{}-linux-gnu/libeatmydata.so".format(os.uname().machine)
SEED = 5
PER_RECORD = 7
MEGABYTES = 48


class Disk:
    """A file system of its own, whose power can fail."""

    def __init__(self, folder):
        self.image, self.path = folder / "disk.img", folder / "disk"
        self.path.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(MEGABYTES << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True)
        self.mount()

    def mount(self):
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.path)], check=True, capture_output=True)

    def unmount(self):
        subprocess.run(["umount", str(self.path)], check=True, capture_output=True)

    def fail(self):
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", WITHOUT_FLUSH))
        finally:
            os.close(descriptor)


def forbidden():
    """Why this machine has no such disk; None where it has."""
    if os.geteuid() != 0:
        return "only root mounts file systems"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x00020000) != 0:
        return "this machine forbids mounting"
    # A name space of its own: what is mounted here nobody else sees, and it is gone with this process.
    if subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True).returncode != 0:
        return "this machine forbids mounting"
    return None


class Power(HubTest):
    def setUp(self):
        super().setUp()
        reason = forbidden()
        try:
            self.disk = None if reason else Disk(self.folder)
        except (OSError, subprocess.CalledProcessError) as error:
            reason = f"no file system on a loop device: {error}"
        if reason:
            print(f"\nNOT TESTED: power loss on a real file system: {reason}", file=sys.stderr)
            self.skipTest(reason)
        self.addCleanup(lambda: subprocess.run(["umount", "-l", str(self.disk.path)], capture_output=True))

    def failing(self, store, seconds, preload=None):
        """Puts, one after the other in one process, until the power fails; returns how many of them were acknowledged."""
        env = {**os.environ, "SWIFT_BACKTRACE": "enable=no", **({"LD_PRELOAD": preload} if preload else {})}
        puts = self.folder / "puts"
        puts.write_text("".join(f"put n/{number % PER_RECORD} f{number}={number}\n" for number in range(20000)))
        with open(puts) as script:
            child = subprocess.Popen([BINARY, "--store", store], stdin=script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, bufsize=0)
        # It counts from the first one: a slow machine takes a while to begin.
        begun = child.stdout.readline()
        time.sleep(seconds)
        self.disk.fail()
        acknowledged = (begun + child.communicate(timeout=PATIENCE)[0]).count(b"\n")
        self.assertNotEqual(child.returncode, 0)
        self.disk.unmount()
        self.disk.mount()
        return acknowledged

    def there(self, store):
        """The numbers of the puts that are in the store; none when it is gone."""
        listed = run("list", "--json", store=store)
        return {n for line in listed.stdout.splitlines() for n in json.loads(line)["fields"].values()} if listed.returncode == 0 else set()

    def test_what_was_acknowledged_is_there_after_a_power_loss(self):
        r = random.Random(SEED)
        for turn in range(8):
            store = self.disk.path / f"store-{turn}"
            store.mkdir()
            self.ok("init", store=store)
            acknowledged = self.failing(store, 0.05 + r.random() * 0.3)
            there = self.there(store)
            # The writes are one after the other: what is there is a beginning, and it reaches as far as was said.
            self.assertEqual(there, set(range(len(there))))
            self.assertGreaterEqual(len(there), acknowledged)
            self.assertGreater(acknowledged, 0)
            self.assertIn(run("verify", store=store).returncode, (0, 2))
            self.ok("put", "n/next", "a=1", store=store)
            self.ok("verify", "--deep", store=store)

    def test_where_nothing_is_synced_a_power_loss_is_noticed_by_this_test(self):
        self.assertTrue(os.path.exists(EATMYDATA), "libeatmydata1 is not installed")
        store = self.disk.path / "store"
        store.mkdir()
        self.ok("init", store=store)
        acknowledged = self.failing(store, 0.3, preload=EATMYDATA)
        self.assertGreater(acknowledged, len(self.there(store)))

    def test_what_a_hub_acknowledged_is_there_after_its_power_loss(self):
        r = random.Random(SEED)
        for turn in range(4):
            self.data = self.disk.path / f"hub-{turn}"
            port = self.serve().port
            device = self.device(f"device-{turn}")
            pushed, failing = 0, threading.Timer(0.2 + r.random() * 0.5, self.disk.fail)
            failing.start()
            while True:
                self.ok("put", "n/1", f"f{pushed}={pushed}", store=device)
                if run("push", store=device, env=self.keys).returncode != 0:
                    break
                pushed += 1
            failing.join()
            self.hub.kill()
            self.disk.unmount()
            self.disk.mount()
            self.serve(port=port)
            other = self.device(f"other-{turn}")
            self.sync(other)
            self.assertGreaterEqual(self.there(other), set(range(pushed)))
            # The device goes on with the hub as if nothing had happened.
            self.sync(device)
            self.sync(other)
            self.assertEqual(self.digest(device), self.digest(other))
            self.hub.stop()


if __name__ == "__main__":
    unittest.main()
