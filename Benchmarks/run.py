#!/usr/bin/env python3
"""Measures Syncline beside Redis, SQLite, a raw fdatasync loop and a walk of the same bytes, and writes one table from one run.

Python's standard library only. README.md beside this file says how to run it and what is measured how.
"""
import sys
from pathlib import Path

from runner import machine, output, picture, report
from runner.session import Session


def main():
    options = arguments()
    facts = machine.facts(output.HERE)
    with output.scratch(options.scratch, "bench") as scratch:
        session = Session(Path(options.binary), scratch, options.rounds)
        session.measure(options.events, options.large, Path(options.bcd) if options.bcd else None)
        curves = session.curves(options.sizes, options.fields, options.devices, options.curve_events) if options.curves else []
    results = {"machine": facts, "rounds": options.rounds, "figures": session.figures, "left out": session.left_out, "curves": curves}
    output.publish(results, "results.json", report.markdown(results), options)
    if curves:
        (Path(options.out) / "replay.svg").write_text(picture.svg(curves))
    for line in session.left_out:
        print(f"LEFT OUT: {line}", file=sys.stderr)


def arguments():
    parser = output.parser(__doc__, "results.json, and replay.svg beside it,")
    parser.add_argument("--events", type=int, default=1_000_000, help="workload W of the table with the peers")
    parser.add_argument("--large", type=int, default=10_000_000, help="workload W of the large store; 0 leaves it out")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured, in turns; the least counts")
    parser.add_argument("--bcd", help="the bcd history as JSON lines or .gz; left out without it")
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
