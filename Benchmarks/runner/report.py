"""The table of one run, as markdown."""
from runner import machine


def markdown(results):
    figures = results["figures"]
    parts = [machine.line(results) + "of each figure the least time of all rounds.\n", peers(figures), appends(figures), stores(figures), left_out(results)]
    return "\n".join(part for part in parts if part)


def peers(figures):
    """Rates by processor time, and how Syncline's replay compares."""
    rows = [
        ("replay", "**Syncline**: replay of the log into records", False),
        ("redis load", "Redis: load of its append-only file at start", True),
        ("sqlite fold", "SQLite: read all in order, upsert into a records table in memory", True),
        ("walk", "the limit: read the same log and check its checksums only", True),
        ("import", "Syncline: import of JSON lines, checked and durable", False),
    ]
    own = rate(figures["replay"], "cpu")
    lines = [
        f"Workload W, N = {figures['replay']['events']:,}, one core, processor time of the process:\n",
        "| what | events/s | MB/s | bytes/event | peak MB | replay is |", "|---|---|---|---|---|---|",
    ]
    for name, what, is_compared in rows:
        figure = figures.get(name)
        if figure is None:
            continue
        size = figure["bytesPerEvent"] if "bytesPerEvent" in figure else figure["bytes"] / figure["events"]
        speed = rate(figure, "cpu")
        lines.append(
            f"| {what} | {speed:,.0f} | {speed * size / 1e6:,.0f} | {size:.1f} | {figure['peak'] / 1e6:,.0f} | {times(own / speed) if is_compared else ''} |")
    return "\n".join(lines) + "\n"


def appends(figures):
    rows = [
        ("append", "**Syncline**"), ("sqlite append", "SQLite: WAL, synchronous = FULL"), ("redis append", "Redis: appendfsync always, MULTI and EXEC"),
    ]
    lines = ["Durable appends in batches of 1,000, each synced before it is answered, wall time:\n", "| what | events/s | Syncline is |", "|---|---|---|"]
    for name, what in rows:
        if name in figures:
            ratio = times(rate(figures["append"], "wall") / rate(figures[name], "wall")) if "append" in figures and name != "append" else ""
            lines.append(f"| {what} | {rate(figures[name], 'wall'):,.0f} | {ratio} |")
    if "append, 64 writers" in figures:
        shared = figures["append, 64 writers"]
        lines.append(f"| **Syncline**: single events from 64 writers, {shared['eventsPerSync']:.0f} a sync | {rate(shared, 'wall'):,.0f} | |")
    for name in ("fdatasync, growing file", "fdatasync, preallocated file"):
        lines.append(f"| the disk: 4 KiB and {name} | {figures[name]['wall'] / figures[name]['events'] * 1e6:,.0f} µs a sync | |")
    return "\n".join(lines) + "\n"


def stores(figures):
    names = sorted({name.split(": ")[0] for name in figures if ": " in name and not name.startswith(("redis", "sqlite"))}, key=lambda name: (len(name), name))
    lines = [
        "Stores (processor time for replay and import, wall time for the rest):\n",
        "| store | replay | bytes/event | table bytes/record | open with checkpoint | `get`, whole process | history of about 100 events, p50 · p99 | import |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in names:
        replay, opened, history, imported = (figures.get(f"{name}: {what}") for what in ("replay", "open", "history", "import"))
        cells = [
            f"{rate(replay, 'cpu'):,.0f} events/s ({replay['cpu'] * 1000:,.0f} ms)", f"{replay['bytesPerEvent']:.1f}", f"{replay['tableBytes'] / replay['records']:,.0f}",
            f"{opened['wall'] * 1000:,.2f} ms", f"{opened['microseconds']['get']['p50'] / 1000:,.1f} ms",
            " · ".join(f"{history['microseconds']['history'][key]:,.0f} µs" for key in ("p50", "p99")) if history else "",
            f"{imported['cpu']:,.2f} s, {imported['peak'] / 1e6:,.0f} MB" if imported else "",
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def left_out(results):
    return "Left out: " + "; ".join(results["left out"]) + ".\n" if results["left out"] else ""


def rate(figure, key):
    return figure["events"] / figure[key]


def times(ratio):
    return f"{ratio:,.1f} ×" if ratio >= 1 else f"{ratio:.2f} ×"
