"""The fold step by step, as the contract writes it: state, and what one event does to it. `reference.py` says the same by sets of events; the two check each other."""
from canonical import canonical

REMOVED = object()


def covers(vector, dot):
    return vector.get(dot[0], 0) >= dot[1]


def join(*vectors):
    result = {}
    for vector in vectors:
        for device, seq in vector.items():
            result[device] = max(result.get(device, 0), seq)
    return result


def meet(vectors):
    """The pointwise minimum; an absent device counts as 0."""
    first, *rest = vectors
    return {device: low for device in first if (low := min(v.get(device, 0) for v in [first, *rest])) > 0}


def dot_of(event):
    return (event["device"], event["seq"])


def text(dot):
    return f"{dot[0]}:{dot[1]}"


def rank(event):
    return (event["time"], event.get("tick", 0), bytes.fromhex(event["device"].replace("-", "")), event["seq"])


class State:
    def __init__(self, events=()):
        self.clock, self.heads, self.tombstones, self.fields, self.events = {}, set(), set(), {}, {}
        for event in events:
            self.apply(event)

    def apply(self, event):
        dot, context = dot_of(event), event.get("context", {})
        if covers(self.clock, dot):
            return
        self.events[dot] = event
        self.heads = {h for h in self.heads if not covers(context, h)} | {dot}
        self.tombstones = {t for t in self.tombstones if not covers(context, t)}
        if event.get("delete"):
            for field in self.fields:
                self.drop(field, context)
            self.tombstones.add(dot)
        else:
            writes = {**event.get("set", {}), **{f: REMOVED for f in event.get("unset", [])}}
            for field, value in writes.items():
                self.drop(field, context)
                self.fields.setdefault(field, {})[dot] = value
        self.clock = join(self.clock, context, {dot[0]: dot[1]})

    def drop(self, field, context):
        self.fields[field] = {d: v for d, v in self.fields.get(field, {}).items() if not covers(context, d)}

    def live(self):
        """Dots of live values."""
        return {d for entries in self.fields.values() for d, v in entries.items() if v is not REMOVED}

    def contested(self):
        return [f for f, entries in self.fields.items() if len({"removed" if v is REMOVED else "=" + canonical(v) for v in entries.values()}) > 1]

    def delete_against_edit(self):
        return bool(self.tombstones) and bool(self.live())

    def shown(self):
        shown = {}
        for field, entries in self.fields.items():
            if entries:
                value = entries[max(entries, key=lambda d: rank(self.events[d]))]
                if value is not REMOVED:
                    shown[field] = value
        return shown

    def line(self):
        conflicts = {f: [entry(d, self.fields[f][d]) for d in sorted(self.fields[f])] for f in self.contested()}
        if self.delete_against_edit():
            conflicts[""] = [entry(t, REMOVED) for t in sorted(self.tombstones)]
        any_event = next(iter(self.events.values()))
        return {
            "collection": any_event["collection"], "record": any_event["record"], "fields": self.shown(), "clock": self.clock,
            "deleted": bool(self.tombstones) and not self.live(), "heads": [text(h) for h in sorted(self.heads)], "conflicts": conflicts}

    def seen(self, vector, dot=None):
        """The fold of those events that the vector covers, and of one more."""
        return State(e for d, e in self.events.items() if covers(vector, d) or d == dot)

    def base(self, dots):
        return self.seen(meet([self.events[d].get("context", {}) for d in dots]))

    def sides(self):
        """Dots that contest: entries of contested fields; live deletes, and the live edits that no later live edit has seen."""
        dots = {d for f in self.contested() for d in self.fields[f]}
        if self.delete_against_edit():
            live = self.live()
            dots |= self.tombstones | {d for d in live if not any(covers(self.events[o].get("context", {}), d) for o in live)}
        return sorted(dots, key=lambda d: rank(self.events[d]), reverse=True)


def entry(dot, value):
    return {"dot": text(dot), "removed": True} if value is REMOVED else {"dot": text(dot), "value": value}


def states(events):
    """Record → state, for events in a causal order."""
    result = {}
    for event in events:
        result.setdefault((event["collection"], event["record"]), State()).apply(event)
    return result


def dump(events):
    result = states(events)
    return "".join(canonical(result[key].line()) + "\n" for key in sorted(result, key=lambda k: (k[0].encode(), k[1].encode())))
