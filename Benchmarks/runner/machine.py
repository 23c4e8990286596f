"""Facts about the machine and the commit, for the page of accepted numbers."""
import os
import platform
import subprocess


def facts(folder):
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory": f"{round(os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30)} GiB",
        "kernel": platform.release(),
        "system": system(),
        "swift": first_line("swift", "--version"),
        "redis": first_line("redis-server", "--version"),
        "commit": commit(folder),
    }


def line(results):
    """The sentences above a table: what was measured, on what, how often."""
    facts = results["machine"]
    return (
        f"Commit {facts['commit']} on {facts['cores']} cores of {facts['processor']}, {facts['memory']}, {facts['system']}, Linux {facts['kernel']}; {facts['swift']}. "
        f"Rounds: {results['rounds']}; ")


def processor():
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def system():
    return platform.freedesktop_os_release().get("PRETTY_NAME", "")


def commit(folder):
    """The commit that was measured, and whether files differ from it."""
    def git(*words):
        return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True).stdout.strip()

    changed = git("status", "--porcelain", "--", "../Sources", "../Package.swift")
    return git("rev-parse", "--short=12", "HEAD") + (" with changes" if changed else "")


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return (done.stdout.splitlines() or [""])[0]
