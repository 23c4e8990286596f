"""The same events in the peers' own forms.

Each peer keeps of an event: the record's id, the three fields, the record's version vector after it, and its time. An event that is concurrent with
the newest one of its record goes beside it under the id with "#s"; Redis drops that entry again when it is resolved.
"""
import json
import sqlite3

FIELDS = ["title", "body", "tags", "author", "color", "status", "rank", "size"]


def peer_rows(lines):
    """(record, writes, clock, time, resolves) of each line of JSON."""
    devices, newest = {}, {}
    with open(lines, "rb") as source:
        for line in source:
            event = json.loads(line)
            record, context = event["record"], dict(event.get("context", {}))
            last = newest.get(record)
            is_concurrent = last is not None and context.get(last[0], 0) < last[1]
            newest[record] = (event["device"], event["seq"])
            context[event["device"]] = event["seq"]
            clock = b"".join(bytes([devices.setdefault(device, len(devices))]) + varint(seq) for device, seq in context.items())
            yield record + ("#s" if is_concurrent else ""), event["set"], clock, event["time"], event.get("kind") == "resolve"


def write_aof(lines, path):
    """The append-only file of Redis."""
    with open(path, "wb", buffering=1 << 20) as file:
        file.write(command(b"SELECT", b"0"))
        for commands in redis_commands(lines):
            file.write(commands)


def redis_commands(lines):
    """An HSET for each event, and a DEL before it where it resolves."""
    for record, writes, clock, time, resolves in peer_rows(lines):
        key = b"notes:" + record.encode()
        parts = [b"HSET", key]
        for field, value in writes.items():
            parts += [field.encode(), str(value).encode()]
        parts += [b"_vc", clock, b"_w", str(time).encode()]
        yield (command(b"DEL", key + b"#s") if resolves else b"") + command(*parts)


def command(*parts):
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def fill_table(lines, connection, table):
    """A table of events, in the order of the log."""
    connection.execute(f"CREATE TABLE {table} ({EVENT_COLUMNS})")
    rows = ((record, *(writes.get(field) for field in FIELDS), clock, time) for record, writes, clock, time, _ in peer_rows(lines))
    places = ",".join("?" * (len(FIELDS) + 3))
    connection.executemany(f"INSERT INTO {table} (record, {', '.join(FIELDS)}, clock, time) VALUES ({places})", rows)
    connection.commit()


def write_database(lines, path):
    connection = sqlite3.connect(path)
    fill_table(lines, connection, "events")
    connection.close()


EVENT_COLUMNS = f"position INTEGER PRIMARY KEY, record TEXT, {', '.join(FIELDS)}, clock BLOB, time INTEGER"


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
