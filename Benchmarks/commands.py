#!/usr/bin/env python3
"""Measures every command on a store of a million records, as whole processes; writes one table from one run.

Python's standard library only. README.md beside this file says how to run it and what is measured how.
"""
import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path

from runner import machine, readme
from runner.commands import Commands

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- a run of commands.py --accept -->", "<!-- the commands' end -->"


def main():
    options = arguments()
    scratch = Path(options.scratch or tempfile.mkdtemp(prefix="syncline-commands-"))
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        commands = Commands(options.binary, scratch / f"w-{options.events}", options.events)
        figures = run(commands, options)
    finally:
        if not options.scratch:
            shutil.rmtree(scratch, ignore_errors=True)
    results = {"machine": machine.facts(HERE), "rounds": options.rounds, "events": options.events, "hotEvents": commands.hot_events, "figures": figures}
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "commands.json").write_text(json.dumps(results, indent=1) + "\n")
    table = markdown(results)
    if options.accept:
        readme.fill(HERE / "README.md", table, BEGIN, END)
    print(table)


def run(commands, options):
    """By command the least of all rounds."""
    figures = {}

    def note(name, words, given, first_line):
        processor, wall = commands.measure(words, given, first_line)
        least = figures.setdefault(name, {"processor": processor, "wall": wall, "firstLine": first_line})
        least["processor"], least["wall"] = min(least["processor"], processor), min(least["wall"], wall)

    for _ in range(options.rounds):
        for each in commands.reading():
            if options.only in each[0]:
                note(*each)
    if not options.only:
        for _ in range(options.rounds):
            for each in commands.writing():
                note(*each)
        for each in commands.resolving():
            note(*each)
    return figures


def markdown(results):
    facts = results["machine"]
    lines = [
        f"Commit {facts['commit']} on {facts['cores']} cores of {facts['processor']}, {facts['memory']}, {facts['system']}, Linux {facts['kernel']}. Rounds: {results['rounds']}; of each "
        f"figure the least. Workload W of {results['events']:,} events; R has {results['hotEvents']:,} of them, C is in conflict, HALF is the middle of the log.\n",
        "| command | processor | wall |", "|---|---|---|",
    ]
    for name, figure in results["figures"].items():
        until = ", first line" if figure["firstLine"] else ""
        lines.append(f"| `{name}`{until} | {figure['processor']:.0f} ms | {figure['wall']:.0f} ms |")
    return "\n".join(lines) + "\n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("SYNCLINE_BINARY", str(HERE.parent / ".build" / "release" / "syncline")))
    parser.add_argument("--events", type=int, default=10_000_000, help="workload W; a tenth as many records")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="only reading commands whose words hold this")
    parser.add_argument("--scratch", help="a folder to work in and to keep")
    parser.add_argument("--out", default=str(HERE), help="where commands.json is written")
    parser.add_argument("--accept", action="store_true", help="put the table into README.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
