"""The disk alone: what a synced write costs at least."""
import os
import time

SIZE = 4096


def sync_seconds(path, count, is_preallocated):
    """Seconds of each write of 4 KiB with its fdatasync, in a file that grows or one whose blocks were written before."""
    block = os.urandom(SIZE)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if is_preallocated:
            os.pwrite(file, bytes(SIZE * count), 0)
            os.fsync(file)
        seconds = []
        for index in range(count):
            start = time.monotonic()
            os.pwrite(file, block, SIZE * index)
            os.fdatasync(file)
            seconds.append(time.monotonic() - start)
        return seconds
    finally:
        os.close(file)
        os.unlink(path)
