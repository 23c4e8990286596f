"""Plants each bug of the catalogue and sees whether what should find it does: run.py [NUMBER ...] [--table]

One build of the sources with all bugs in them, in a scratch path of its own (.build-planted); the environment names the one that is switched on. A bug that survives, a finder that fails
without a bug, or a table in Tests/README.md that is not the catalogue's: exit 1.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from catalogue import BUGS

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / ".build-planted"
SOURCE, BUILD = SCRATCH / "source", SCRATCH / "build"
TARGETS = ("CChecksum", "CFiles", "CMemory", "EventCore", "LogStore", "SyncCore", "ReplicaEngine", "HubStore", "PromptLine", "Workload", "Simulation", "simulate", "EventSamples", "EventCoreTests", "LogStoreTests",
           "ReplicaEngineTests", "SyncCoreTests", "HubStoreTests")
PACKAGES = ("swift-argument-parser", "swift-crypto")
SWITCH = '''internal import Glibc

private let plantedBug = getenv("SYNCLINE_PLANTED").flatMap { Int(String(cString: $0)) } ?? 0

/// Whether a bug of the catalogue is switched on.
package func planted(_ number: Int) -> Bool { plantedBug == number }
'''
MINIMUM = {"durability": 12, "merge": 10, "access": 8}
SECONDS = 300


def entry(manifest, start):
    """The call that begins at `start`, up to its closing parenthesis."""
    depth = 0
    for end in range(start, len(manifest)):
        depth += {"(": 1, ")": -1}.get(manifest[end], 0)
        if depth == 0 and manifest[end] == ")":
            return manifest[start:end + 1]
    raise SystemExit("Package.swift does not close its parentheses")


def manifest():
    """Package.swift with the targets that need no network, and their tests."""
    whole = (ROOT / "Package.swift").read_text()
    entries = [entry(whole, m.start()) for m in re.finditer(r"\.(target|testTarget|executableTarget)\(", whole)]
    kept = [e for e in entries if re.search(r'name:\s*"(\w+)"', e)[1] in TARGETS]
    packages = [e for e in (entry(whole, m.start()) for m in re.finditer(r"\.package\(", whole)) if any(f"/{name}\"" in e for name in PACKAGES)]
    settings = whole[:whole.index("let argumentParser")]
    lets = [line for line in whole.splitlines() if line.startswith(("let argumentParser", "let crypto"))]
    return settings + "\n".join(lets) + '\nlet package = Package(name: "syncline", dependencies: [\n' + ",\n".join(packages) + "\n], targets: [\n" + ",\n".join(kept) + "\n])\n"


def write(path, text):
    """Writes a file unless it is so already: what has not changed is not built again."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def plant():
    texts = {}
    for number, bug in enumerate(BUGS, 1):
        text = texts.get(bug.path) or (ROOT / "Sources" / bug.path).read_text()
        if text.count(bug.snippet) != 1:
            raise SystemExit(f"bug {number}, {bug.title}: its snippet stands {text.count(bug.snippet)} times in {bug.path}; the catalogue has to follow the product")
        texts[bug.path] = text.replace(bug.snippet, bug.replacement.replace("PLANTED", f"planted({number})"))
    texts["EventCore/Planted.swift"] = SWITCH
    known = set()
    for folder, names in (("Sources", TARGETS), ("Tests", [*TARGETS, "Data"])):
        for name in names:
            for file in (f for f in (ROOT / folder / name).rglob("*") if f.is_file()):
                relative = file.relative_to(ROOT)
                known.add(relative)
                key = str(file.relative_to(ROOT / "Sources")) if folder == "Sources" else None
                if key in texts:
                    text = texts.pop(key)
                    write(SOURCE / relative, text if "import EventCore" in text or key.startswith("EventCore/") else "internal import EventCore\n" + text)
                elif not (SOURCE / relative).exists() or (SOURCE / relative).read_bytes() != file.read_bytes():
                    (SOURCE / relative).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, SOURCE / relative)
    for key, text in texts.items():
        write(SOURCE / "Sources" / key, text)
        known.add(Path("Sources") / key)
    for file in [f for f in SOURCE.rglob("*") if f.is_file()]:
        if file.relative_to(SOURCE) not in known and file.name not in ("Package.swift", "Package.resolved"):
            file.unlink()
    write(SOURCE / "Package.swift", manifest())


def build():
    command = ["swift", "build", "-c", "release", "--build-tests", "-Xswiftc", "-enable-testing", "--package-path", str(SOURCE), "--scratch-path", str(BUILD)]
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        raise SystemExit("the planted bugs do not build")


def run(finder, number):
    """Whether the finder fails with this bug (0: none), and in how many seconds."""
    if finder.startswith("simulate "):
        command = [str(BUILD / "release" / "simulate"), *finder.split()[1:]]
    else:
        command = [str(BUILD / "release" / "synclinePackageTests.xctest"), "--testing-library", "swift-testing", "--filter", finder]
    begin = time.monotonic()
    env = {**os.environ, "SYNCLINE_PLANTED": str(number), "SWIFT_BACKTRACE": "enable=no"}
    try:
        done = subprocess.run(command, capture_output=True, env=env, timeout=SECONDS)
        failed = done.returncode != 0
        if number == 0 and (failed or not finder.startswith("simulate ") and b" 0 tests" in done.stdout + done.stderr):
            sys.stderr.write((done.stdout + done.stderr).decode(errors="replace")[-3000:])
            failed = True
    except subprocess.TimeoutExpired:
        failed = True
    return failed, time.monotonic() - begin


def table():
    lines = ["| # | kind | bug | found by |", "|---|---|---|---|"]
    return "\n".join(lines + [f"| {n} | {bug.kind} | {bug.title} | `{bug.finder}` |".replace("|ReplicaEngineTests", "\\|ReplicaEngineTests") for n, bug in enumerate(BUGS, 1)]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, help="of the bugs; all of them when left out")
    parser.add_argument("--table", action="store_true", help="print the table for Tests/README.md, and do nothing else")
    parser.add_argument("--finder", help="another finder for the given bugs")
    options = parser.parse_args()
    if options.table:
        print(table(), end="")
        return 0
    if len(BUGS) < 40 or any(sum(b.kind == kind for b in BUGS) < least for kind, least in MINIMUM.items()):
        raise SystemExit("the catalogue has too few bugs")
    if table() not in (ROOT / "Tests" / "README.md").read_text():
        raise SystemExit("Tests/README.md does not show the catalogue: put there what `run.py --table` prints")
    plant()
    build()
    bad = 0
    chosen = [(n, options.finder or bug.finder) for n, bug in enumerate(BUGS, 1) if not options.numbers or n in options.numbers]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        finders = sorted({finder for _, finder in chosen})
        for finder, (failed, seconds) in zip(finders, pool.map(lambda f: run(f, 0), finders)):
            if failed:
                print(f"FAILS WITHOUT A BUG: {finder}")
                bad += 1
            else:
                print(f"without a bug {finder} passes ({seconds:.1f} s)", flush=True)
        for (number, finder), (found, seconds) in zip(chosen, pool.map(lambda c: run(c[1], c[0]), chosen)):
            print(f"{'found' if found else 'SURVIVED'}  {number:2}  {BUGS[number - 1].kind}: {BUGS[number - 1].title}  ({finder}, {seconds:.1f} s)", flush=True)
            bad += not found
    print(f"{len(chosen)} planted bugs, {bad} problems")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
