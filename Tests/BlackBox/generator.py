"""Random histories: devices that write, meet now and then, settle conflicts, delete, and have clocks that go wrong. One seed, one history."""
import random
import uuid

from fold import State, join

VALUES = [
    None, True, False, 0, 1, -1, 1.0, 0.1, -2.5, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 123456.789, 2**63 - 1, 2**64 - 1, -(2**63), "", "x", "1", "línea",
    "\u0000\u001f\"\\/\u2028\u007f", "\U0001f600\ufffe", "e\u0301", "é", [], {}, [1, [2, {"b": 1, "a": [None]}]], {"\ufb33": 1, "\U0001f600": 2, "é": 3, "": 4}, "long " * 60]
FIELDS = ["a", "b", "title", "é", "e\u0301", "\U0001f600", "\ufb33", "people.members", "f" * 255, " "]
RECORDS = [("notes", "1"), ("notes", "2"), ("notes", "a/b%"), ("no", "tes1"), ("é", "e\u0301")]


def history(seed, count=90):
    r = random.Random(seed)
    devices = [str(uuid.UUID(int=r.getrandbits(128))) for _ in range(r.randrange(2, 6))]
    known, seqs, events = [{} for _ in devices], [0] * len(devices), []
    records, fields = r.sample(RECORDS, r.randrange(1, len(RECORDS) + 1)), r.sample(FIELDS, r.randrange(1, 7))
    values = r.sample(VALUES, r.randrange(2, len(VALUES)))
    meeting = r.choice([0.1, 0.3, 0.6])
    while len(events) < count:
        here = r.randrange(len(devices))
        if r.random() < meeting:
            other = r.randrange(len(devices))
            known[here] = {**known[other], **known[here]}
            continue
        key = r.choice(records)
        seen = [e for e in known[here].values() if (e["collection"], e["record"]) == key]
        context = join({}, *(join(e["context"], {e["device"]: e["seq"]}) for e in seen))
        seqs[here] += 1
        event = {
            "device": devices[here], "seq": seqs[here], "time": 1_700_000_000_000 + r.randrange(40), "tick": r.choice([0, 0, 1, 65535]),
            "collection": key[0], "record": key[1], "context": context}
        contested = sorted(State(in_order(seen, events)).contested())
        roll = r.random()
        if roll < 0.12:
            event["delete"] = True
        elif roll < 0.3 and contested:
            event["kind"] = "resolve"
            event["set"] = {f: r.choice(values) for f in r.sample(contested, r.randrange(1, len(contested) + 1))}
        else:
            chosen = r.sample(fields, r.randrange(1, len(fields) + 1))
            cut = r.randrange(len(chosen) + 1) if r.random() < 0.4 else len(chosen)
            event["set"], event["unset"] = {f: r.choice(values) for f in chosen[:cut]}, chosen[cut:]
        if r.random() < 0.2:
            event["note"] = r.choice(["why", "\u202eodd\u0000", "n" * 1024])
        if r.random() < 0.05:
            event["critical"] = True
        if r.random() < 0.05:
            event["epoch"] = r.randrange(1, 2**53)
        if "kind" not in event and r.random() < 0.05 and events:
            other = r.choice(events)
            event["kind"], event["undoes"] = "undo", f"{other['device']}:{other['seq']}"
        known[here][(devices[here], seqs[here])] = event
        events.append(event)
    return events


def in_order(some, events):
    """Some of the events in the order of their making, which is causal."""
    chosen = {(e["device"], e["seq"]) for e in some}
    return [e for e in events if (e["device"], e["seq"]) in chosen]


def causal_shuffle(events, r):
    """The same events in a random causal order: each picked among those that may come next."""
    rest, seen, result = {}, {}, []
    for e in events:
        rest.setdefault(e["device"], []).append(e)
    for queue in rest.values():
        queue.sort(key=lambda e: e["seq"], reverse=True)
    while rest:
        for device in r.sample(sorted(rest), len(rest)):
            queue, burst, moved = rest[device], r.randrange(1, 6), False
            while queue and burst and all(seen.get(d, 0) >= n for d, n in queue[-1].get("context", {}).items()):
                event = queue.pop()
                seen[device], burst, moved = event["seq"], burst - 1, True
                result.append(event)
            if not queue:
                del rest[device]
            if moved:
                break
        else:
            raise AssertionError("the history has a gap")
    return result
