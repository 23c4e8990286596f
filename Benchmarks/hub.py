#!/usr/bin/env python3
"""Measures a hub and devices as processes on this machine: pushes, pulls, open sockets, urgent events; writes one table from one run.

Python's standard library only. README.md beside this file says how to run it and what is measured how.
"""
from pathlib import Path

from runner import hubs, machine, output

BEGIN, END = "<!-- a run of hub.py --accept -->", "<!-- the hub's end -->"


def main():
    options = arguments()
    facts = machine.facts(output.HERE)
    with output.scratch(options.scratch, "hub") as scratch:
        session = hubs.Session(Path(options.binary), scratch)
        try:
            session.exchange(options.events, options.rounds)
            session.starts(options.start_events, options.rounds)
            session.json(options.json_events, options.rounds)
            session.idle()
            session.sockets(options.sockets, options.urgent)
        finally:
            session.end()
    results = {"machine": facts, "rounds": options.rounds, "figures": session.figures}
    output.publish(results, "hub.json", markdown(results), options, BEGIN, END)


def markdown(results):
    lines = [
        machine.line(results) + "of each figure the best. Hub and device share the cores.\n",
        "| what | figure | processor time of the hub |", "|---|---|---|",
    ]
    for name, figure in results["figures"].items():
        lines.append(f"| {name} | {figure['text']} | {figure.get('hub', '')} |")
    return "\n".join(lines) + "\n"


def arguments():
    parser = output.parser(__doc__, "hub.json")
    parser.add_argument("--events", type=int, default=1_000_000, help="workload W that is pushed and pulled as packed blocks")
    parser.add_argument("--start-events", type=int, default=1_000_000, help="how many a hub has that is started again")
    parser.add_argument("--json-events", type=int, default=200_000, help="the same as JSON")
    parser.add_argument("--sockets", type=int, default=2000, help="devices that are connected at once")
    parser.add_argument("--urgent", type=int, default=5, help="urgent events to all of them")
    parser.add_argument("--rounds", type=int, default=3, help="how often pushes and pulls are measured")
    return parser.parse_args()


if __name__ == "__main__":
    main()
