#!/usr/bin/env python3
"""Measures every command on a store of a million records, as whole processes; writes one table from one run.

Python's standard library only. README.md beside this file says how to run it and what is measured how.
"""
from runner import machine, output
from runner.commands import Commands

BEGIN, END = "<!-- a run of commands.py --accept -->", "<!-- the commands' end -->"


def main():
    options = arguments()
    facts = machine.facts(output.HERE)
    with output.scratch(options.scratch, "commands") as scratch:
        commands = Commands(options.binary, scratch / f"w-{options.events}", options.events)
        figures = run(commands, options)
    results = {"machine": facts, "rounds": options.rounds, "events": options.events, "hotEvents": commands.hot_events, "figures": figures}
    if options.only:
        # Some of the figures are shown, and replace nobody's.
        return print(markdown(results))
    output.publish(results, "commands.json", markdown(results), options, BEGIN, END)


def run(commands, options):
    """By command the least of all rounds."""
    figures = {}

    def note(name, words, given, until):
        processor, wall = commands.measure(words, given, until)
        least = figures.setdefault(f"{name}, {until}" if until else name, {"command": name, "until": until, "processor": processor, "wall": wall})
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
    lines = [
        machine.line(results) + f"of each figure the least. Workload W of {results['events']:,} events; R has {results['hotEvents']:,} of them, C is in conflict, HALF is the middle of the log.\n",
        "| command | processor | wall |", "|---|---|---|",
    ]
    for figure in results["figures"].values():
        until = f", {figure['until']}" if figure["until"] else ""
        lines.append(f"| `{figure['command']}`{until} | {figure['processor']:.0f} ms | {figure['wall']:.0f} ms |")
    return "\n".join(lines) + "\n"


def arguments():
    parser = output.parser(__doc__, "commands.json")
    parser.add_argument("--events", type=int, default=10_000_000, help="workload W; a tenth as many records")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="only reading commands whose words hold this; shown, and written nowhere")
    return parser.parse_args()


if __name__ == "__main__":
    main()
