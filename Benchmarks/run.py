#!/usr/bin/env python3
"""Measures Syncline beside Redis, SQLite, a raw fdatasync loop and a walk of the same bytes, and writes one table from one run.

Python's standard library only. README.md beside this file says how to run it and what is measured how.
"""
import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from runner import machine, picture, readme, report
from runner.session import Session

HERE = Path(__file__).resolve().parent


def main():
    options = arguments()
    scratch = Path(options.scratch or tempfile.mkdtemp(prefix="syncline-bench-"))
    scratch.mkdir(parents=True, exist_ok=True)
    facts = machine.facts(HERE)
    try:
        session = Session(Path(options.binary), scratch, options.rounds)
        session.measure(options.events, options.large, Path(options.bcd) if options.bcd else None)
        curves = session.curves(options.sizes, options.fields, options.devices, options.curve_events) if options.curves else []
    finally:
        if not options.scratch:
            shutil.rmtree(scratch, ignore_errors=True)
    results = {"machine": facts, "rounds": options.rounds, "figures": session.figures, "left out": session.left_out, "curves": curves}
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    table = report.markdown(results)
    if curves:
        (out / "replay.svg").write_text(picture.svg(curves))
    if options.accept:
        readme.fill(HERE / "README.md", table)
    print(table)
    for line in session.left_out:
        print(f"LEFT OUT: {line}", file=sys.stderr)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("SYNCLINE_BINARY", str(HERE.parent / ".build" / "release" / "syncline")))
    parser.add_argument("--events", type=int, default=1_000_000, help="workload W of the table with the peers")
    parser.add_argument("--large", type=int, default=10_000_000, help="workload W of the large store; 0 leaves it out")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured, in turns; the least counts")
    parser.add_argument("--bcd", help="the bcd history as JSON lines or .gz; left out without it")
    parser.add_argument("--scratch", help="keep generated stores in this folder and use them when they are there")
    parser.add_argument("--out", default=str(HERE), help="where results.json and replay.svg go")
    parser.add_argument("--accept", action="store_true", help="fill README.md with this run")
    parser.add_argument("--no-curves", dest="curves", action="store_false", help="leave the picture out")
    parser.add_argument("--sizes", type=numbers, default=[10_000, 100_000, 1_000_000, 10_000_000], help="of the picture: numbers of events")
    parser.add_argument("--fields", type=numbers, default=[8, 16, 32, 64], help="of the picture")
    parser.add_argument("--devices", type=numbers, default=[8, 64, 1000], help="of the picture")
    parser.add_argument("--curve-events", type=int, default=1_000_000, help="of the picture: events where fields and devices differ")
    return parser.parse_args()


def numbers(text):
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    main()
