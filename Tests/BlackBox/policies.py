"""What policies make of conflicts, once more and naively, on top of `fold.py`; shares nothing with the product. And histories in which policies change, too."""
import random
import uuid

from canonical import canonical
from fold import REMOVED, State, join, rank

OPEN = object()
WORDS = ["manual", "latest", "master", "max", "min", "union", "text", "record"]


def epoch_rank(event):
    return (event.get("epoch", 0), rank(event))


def wins(word, events):
    """The event that a policy takes whole; None for policies that look at values."""
    if word not in ("latest", "master") or not events:
        return None
    return max(events, key=rank if word == "latest" else epoch_rank)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def decide(word, base, entries):
    """base: values, or REMOVED; entries: (value or REMOVED, event). → a value, REMOVED or OPEN."""
    winner = wins(word, [event for _, event in entries])
    if winner is not None:
        return next(value for value, event in entries if event is winner)
    values = [value for value, _ in entries]
    if any(value is REMOVED for value in values):
        return OPEN
    if word in ("max", "min"):
        pick = max if word == "max" else min
        if all(map(is_number, values)):
            return pick(values)
        if all(isinstance(v, str) for v in values):
            return pick(values, key=str.encode)
    if word == "union" and all(isinstance(v, list) for v in values):
        sides = [{canonical(item): item for item in v} for v in values]
        before = {canonical(item) for b in base if isinstance(b, list) for item in b}
        every = {key: item for side in sides for key, item in side.items()}
        kept = [key for key in every if key not in before or all(key in side for side in sides)]
        return [every[key] for key in sorted(kept, key=str.encode)]
    if word == "text" and all(isinstance(v, str) for v in values) and len(base) == 1 and isinstance(base[0], str):
        return merge_sorted_lines(base[0], values)
    return OPEN


def merge_sorted_lines(base, sides):
    """Texts whose lines differ and stand in one order everywhere, so that only one alignment is possible: `history` makes no others."""
    lines = [text.splitlines(keepends=True) for text in [base, *sides]]
    assert all(sorted(set(text)) == text for text in lines)
    stable = [line for line in lines[0] if all(line in text for text in lines)]
    result = []
    for low, high in zip([None, *stable], [*stable, None]):
        old, *new = [[l for l in text if (low is None or l > low) and (high is None or l < high)] for text in lines]
        changed = [chunk for chunk in new if chunk != old]
        if any(chunk != changed[0] for chunk in changed):
            return OPEN
        result += (changed[0] if changed else old) + ([high] if high else [])
    return "".join(result)


class Policies:
    def __init__(self, shown):
        words = {f: v if isinstance(v, str) and v in WORDS else "manual" for f, v in shown.items()}
        self.rest = words.pop("*", "manual")
        self.fields = {f: "manual" if w == "record" else w for f, w in words.items()}

    def __getitem__(self, field):
        return self.fields.get(field, "manual" if self.rest == "record" else self.rest)


class MasterOnly:
    rest = "master"

    def __getitem__(self, field):
        return "master"


def read(state, policies):
    """A record as policies show it: (fields, deleted, open fields; "" stands for delete against edit; whether whole edits are in conflict)."""
    whole = policies.rest == "record" and len(state.heads) > 1
    shown, deletion = state.shown(), state.delete_against_edit()
    if whole:
        return shown, bool(state.tombstones) and not state.live(), ([""] if deletion else []) + differing(state), True
    open_fields = []
    if deletion:
        winner = wins(policies.rest, [state.events[d] for d in state.sides()])
        if winner is None:
            open_fields.append("")
        elif winner.get("delete"):
            return {}, True, [], False
        else:
            seen = state.seen(winner["context"], (winner["device"], winner["seq"]))
            shown = {**{f: v for f, v in seen.shown().items() if not state.fields.get(f)}, **shown}
    for field in sorted(state.contested(), key=str.encode):
        entries = state.fields[field]
        base = list(state.base(entries).fields.get(field, {}).values())
        decision = decide(policies[field], base, [(value, state.events[d]) for d, value in entries.items()])
        if decision is OPEN:
            open_fields.append(field)
        elif decision is REMOVED:
            shown.pop(field, None)
        else:
            shown[field] = decision
    return shown, bool(state.tombstones) and not state.live(), open_fields, False


def differing(state):
    """Where whole edits are in conflict: the fields on which the heads' records differ or that are contested, or all."""
    edits = [state.seen(state.events[h]["context"], h) for h in state.heads if not state.events[h].get("delete")]
    names = sorted({f for e in edits for f, entries in e.fields.items() if entries} | set(state.contested()), key=str.encode)
    differ = [
        f for f in names
        if f in state.contested() or len({"=" + canonical(e.shown()[f]) if f in e.shown() else "" for e in edits}) > 1]
    return differ or names


def of_collection(states, collection):
    state = states.get(("_policy", collection))
    if collection == "_policy":
        return MasterOnly()
    return Policies(read(state, MasterOnly())[0] if state else {})


# Every text is some of these lines, in this order.
LINES = [f"{i}{j}\n" for i in range(6) for j in "abc"]
FIELDS = ["tags", "count", "body", "free"]


def text_value(r):
    return "".join(line for line in LINES if r.random() < (0.9 if line[1] == "a" else 0.15))


def value(r, field):
    if field == "tags" and r.random() < 0.9:
        return r.sample(["red", "blue", 1, 1.5, None, ["in"], {"k": 1}], r.randrange(0, 5))
    if field == "count" and r.random() < 0.9:
        return r.choice([0, 1, -1, 2.5, 2**63 - 1, 2**64 - 1, float(2**64), 1e30, -1e30, -(2**63), 0.1])
    if field == "body" and r.random() < 0.9:
        return text_value(r)
    return r.choice(["x", "e\u0301", "é", "\U0001f600", "\ufb33", "", 3, None, True, [1], {}])


def history(seed, count=70):
    """Devices that write, meet now and then, and change policies while others do, too."""
    r = random.Random(seed)
    devices = [str(uuid.UUID(int=r.getrandbits(128))) for _ in range(r.randrange(2, 5))]
    known, seqs, events = [[] for _ in devices], [0] * len(devices), []
    while len(events) < count:
        here = r.randrange(len(devices))
        if r.random() < 0.3:
            other = r.randrange(len(devices))
            known[here] = sorted(set(known[here]) | set(known[other]))
            continue
        is_policy = r.random() < 0.2
        key = ("_policy", r.choice(["notes", "notes", "other"])) if is_policy else (r.choice(["notes", "notes", "other"]), r.choice("pq"))
        seen = [events[i] for i in known[here] if (events[i]["collection"], events[i]["record"]) == key]
        context = join({}, *(join(e["context"], {e["device"]: e["seq"]}) for e in seen))
        seqs[here] += 1
        event = {
            "device": devices[here], "seq": seqs[here], "time": 1_700_000_000_000 + r.randrange(40), "tick": r.choice([0, 0, 1]),
            "collection": key[0], "record": key[1], "context": context}
        if r.random() < 0.3:
            event["epoch"] = r.randrange(1, 4)
        names = ["*", "tags", "count", "body"] if is_policy else FIELDS
        chosen = r.sample(names, r.randrange(1, len(names) + 1))
        if r.random() < (0.05 if is_policy else 0.12):
            event["delete"] = True
        elif r.random() < 0.15:
            event["unset"] = chosen[:1]
        elif is_policy:
            fitting = {"tags": "union", "count": r.choice(["max", "min"]), "body": "text", "*": r.choice(["record", "latest", "master"])}
            event["set"] = {f: fitting[f] if r.random() < 0.6 else r.choice([*WORDS, "nonsense", 5, ["max"]]) for f in chosen}
        else:
            event["set"] = {f: value(r, f) for f in chosen}
        known[here].append(len(events))
        events.append(event)
    return events
