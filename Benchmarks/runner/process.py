"""Running things as processes of their own, and what they used."""
import json
import os
import subprocess
import sys
import time


def syncline(binary, *words):
    """One call of the binary with --json; what it prints as an object."""
    command = [str(binary), *map(str, words), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def has_benchmark(binary, name):
    """Whether the binary has this benchmark: the help of one that is not there is that of `bench`."""
    done = subprocess.run([str(binary), "bench", name, "--help"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return f"syncline bench {name}".encode() in done.stdout


def in_child(work):
    """Calls `work` in a forked process, whose memory and time are its own; {"wall", "cpu", "peak", "value"}."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            wall, cpu = time.monotonic(), time.process_time()
            value = work()
            used = {"wall": time.monotonic() - wall, "cpu": time.process_time() - cpu, "peak": peak_memory(), "value": value}
            os.write(writing, json.dumps(used).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with open(reading, "rb") as results:
        text = results.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise SystemExit("a measured process failed")
    return json.loads(text)


def cpu_seconds(pid):
    """User and system time of a running process."""
    with open(f"/proc/{pid}/stat") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid="self"):
    with open(f"/proc/{pid}/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
