#!/usr/bin/env python3
"""Measures a hub and devices as processes on this machine: pushes, pulls, open sockets, urgent events; writes one table from one run.

Python's standard library only. README.md beside this file says how to run it and what is measured how.
"""
import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path

from runner import hubs, machine, readme

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- a run of hub.py --accept -->", "<!-- the hub's end -->"


def main():
    options = arguments()
    scratch = Path(options.scratch or tempfile.mkdtemp(prefix="syncline-hub-"))
    scratch.mkdir(parents=True, exist_ok=True)
    facts = machine.facts(HERE)
    session = hubs.Session(Path(options.binary), scratch)
    try:
        session.exchange(options.events, options.rounds)
        session.json(options.json_events, options.rounds)
        session.idle()
        session.sockets(options.sockets, options.urgent)
    finally:
        session.end()
        if not options.scratch:
            shutil.rmtree(scratch, ignore_errors=True)
    results = {"machine": facts, "rounds": options.rounds, "figures": session.figures}
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "hub.json").write_text(json.dumps(results, indent=1) + "\n")
    table = markdown(results)
    if options.accept:
        readme.fill(HERE / "README.md", table, BEGIN, END)
    print(table)


def markdown(results):
    facts, figures = results["machine"], results["figures"]
    lines = [
        f"Commit {facts['commit']} on {facts['cores']} cores of {facts['processor']}, {facts['memory']}, {facts['system']}, Linux {facts['kernel']}. "
        f"Hub and device share them. Rounds: {results['rounds']}; of each figure the best.\n",
        "| what | figure | processor time of the hub |", "|---|---|---|",
    ]
    for name, figure in figures.items():
        lines.append(f"| {name} | {figure['text']} | {figure.get('hub', '')} |")
    return "\n".join(lines) + "\n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("SYNCLINE_BINARY", str(HERE.parent / ".build" / "release" / "syncline")))
    parser.add_argument("--events", type=int, default=1_000_000, help="workload W that is pushed and pulled as packed blocks")
    parser.add_argument("--json-events", type=int, default=200_000, help="the same as JSON")
    parser.add_argument("--sockets", type=int, default=2000, help="devices that are connected at once")
    parser.add_argument("--urgent", type=int, default=5, help="urgent events to all of them")
    parser.add_argument("--rounds", type=int, default=3, help="how often pushes and pulls are measured")
    parser.add_argument("--scratch", help="keep the generated store in this folder and use it when it is there")
    parser.add_argument("--out", default=str(HERE), help="where hub.json goes")
    parser.add_argument("--accept", action="store_true", help="fill README.md with this run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
