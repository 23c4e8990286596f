"""SQLite through Python's module, with no Python in the loop that is measured: each step is one statement a table or a transaction."""
import sqlite3
import time

from . import events
from .process import in_child

BATCH = 1000


def version():
    return sqlite3.sqlite_version


def fold(database, count):
    """Reads all events in order and upserts each into a table of records in memory."""
    columns = ["record", *events.FIELDS, "clock", "time"]
    kept = [f"{field} = coalesce(excluded.{field}, {field})" for field in events.FIELDS]
    statement = f"""
        INSERT INTO state.records ({", ".join(columns)}) SELECT {", ".join(columns)} FROM events WHERE true ORDER BY position
        ON CONFLICT (record) DO UPDATE SET {", ".join(kept)}, clock = excluded.clock, time = excluded.time"""

    def work():
        connection = sqlite3.connect(database)
        connection.execute("ATTACH ':memory:' AS state")
        connection.execute(f"CREATE TABLE state.records (record TEXT PRIMARY KEY, {', '.join(events.FIELDS)}, clock BLOB, time INTEGER) WITHOUT ROWID")
        changed = connection.execute(statement).rowcount
        records = connection.execute("SELECT count(*) FROM state.records WHERE record NOT LIKE '%#s'").fetchone()[0]
        return [changed, records]

    used = in_child(work)
    if used["value"][0] != count:
        raise SystemExit(f"sqlite folded {used['value'][0]} of {count} events")
    return used


def append(source, target, count):
    """Appends events in transactions of a thousand, each synced before it returns; they come from a table in memory."""
    target.unlink(missing_ok=True)

    def work():
        connection = sqlite3.connect(target, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"CREATE TABLE events ({events.EVENT_COLUMNS})")
        connection.execute("ATTACH ':memory:' AS source")
        connection.execute(f"CREATE TABLE source.events ({events.EVENT_COLUMNS})")
        connection.execute("ATTACH ? AS file", (str(source),))
        connection.execute("INSERT INTO source.events SELECT * FROM file.events WHERE position <= ?", (count,))
        return timed(connection)

    def timed(connection):
        wall, cpu = time.monotonic(), time.process_time()
        for first in range(1, count + 1, BATCH):
            connection.execute("INSERT INTO main.events SELECT * FROM source.events WHERE position BETWEEN ? AND ?", (first, first + BATCH - 1))
        return {"wall": time.monotonic() - wall, "cpu": time.process_time() - cpu}

    used = in_child(work)
    size = target.stat().st_size
    for suffix in ("", "-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    return {**used["value"], "peak": used["peak"], "bytes": size}
