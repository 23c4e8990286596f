"""Semantics once more, in plain Python and by sets of events; shares nothing with the product."""
import json

def covers(context, dot):
    return context.get(dot[0], 0) >= dot[1]


def dot(event):
    return (event["device"], event["seq"])


def name(d):
    return f"{d[0]}:{d[1]}"


def causal(events):
    """The events that can be applied, in a causal order."""
    seen, rest, order = {}, list(events), []
    while True:
        waiting = []
        for e in rest:
            ready = seen.get(e["device"], 0) + 1 == e["seq"] and all(seen.get(d, 0) >= n for d, n in e.get("context", {}).items())
            if ready:
                seen[e["device"]] = e["seq"]
                order.append(e)
            else:
                waiting.append(e)
        if len(waiting) == len(rest):
            return order
        rest = waiting


def writes(event):
    result = {f: (True, v) for f, v in event.get("set", {}).items()}
    result.update({f: (False, None) for f in event.get("unset", [])})
    return result


class Record:
    def __init__(self, events):
        self.events = events

    def covered(self, d, relevant=lambda e: True):
        return any(dot(e) != d and relevant(e) and covers(e.get("context", {}), d) for e in self.events)

    def clock(self):
        clock = {}
        for e in self.events:
            for device, n in [*e.get("context", {}).items(), dot(e)]:
                clock[device] = max(clock.get(device, 0), n)
        return clock

    def heads(self):
        return {dot(e) for e in self.events if not self.covered(dot(e))}

    def tombstones(self):
        return {dot(e) for e in self.events if e.get("delete") and not self.covered(dot(e))}

    def fields(self):
        fields = {}
        for e in self.events:
            for f, entry in writes(e).items():
                if not self.covered(dot(e), lambda x: x.get("delete") or f in writes(x)):
                    fields.setdefault(f, {})[dot(e)] = entry
        return fields

    def base(self, dots):
        contexts = [e.get("context", {}) for e in self.events if dot(e) in dots]
        return Record([e for e in self.events if all(covers(c, dot(e)) for c in contexts)])

    def live(self):
        return any(present for entries in self.fields().values() for present, _ in entries.values())

    def line(self):
        by_dot = {dot(e): e for e in self.events}
        fields, conflicts, shown = self.fields(), {}, {}
        tombstones, live = self.tombstones(), self.live()
        if tombstones and live:
            conflicts[""] = [{"dot": name(d), "removed": True} for d in sorted(tombstones)]
        for f, entries in fields.items():
            if len({canonical(list(e)) for e in entries.values()}) > 1:
                conflicts[f] = [
                    {"dot": name(d), "value": v} if present else {"dot": name(d), "removed": True} for d, (present, v) in sorted(entries.items())]
            top = max(entries, key=lambda d: (by_dot[d]["time"], by_dot[d].get("tick", 0), bytes.fromhex(d[0].replace("-", "")), d[1]))
            if entries[top][0]:
                shown[f] = entries[top][1]
        return {
            "collection": self.events[0]["collection"], "record": self.events[0]["record"], "fields": shown,
            "deleted": bool(tombstones) and not live, "clock": self.clock(), "heads": [name(d) for d in sorted(self.heads())], "conflicts": conflicts}


def canonical(value):
    """RFC 8785 for strings, integers and structure; the histories here have no doubles."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda i: i[0].encode("utf-16-be"))
        return "{" + ",".join(canonical(k) + ":" + canonical(v) for k, v in items) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(canonical, value)) + "]"
    assert not isinstance(value, float)
    return json.dumps(value, ensure_ascii=False)


def records(events):
    result = {}
    for e in causal(events):
        result.setdefault((e["collection"].encode(), e["record"].encode()), []).append(e)
    return {key: Record(result[key]) for key in sorted(result)}


def dump(events):
    return "".join(canonical(r.line()) + "\n" for r in records(events).values())
