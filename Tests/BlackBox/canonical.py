"""Canonical JSON (RFC 8785), written anew from the RFC, with the product's one exception: integers of 64 bits stay exact."""
import json
import math
from decimal import Decimal

ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def string(text):
    return '"' + "".join(ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text) + '"'


def double(value):
    """Number::toString of ECMAScript; Python's repr has the same shortest digits in another dress."""
    assert math.isfinite(value)
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + exponent
    if len(text) <= point <= 21:
        body = text + "0" * (point - len(text))
    elif 0 < point <= 21:
        body = text[:point] + "." + text[point:]
    elif -6 < point <= 0:
        body = "0." + "0" * -point + text
    else:
        power = point - 1
        body = text[0] + ("." + text[1:] if len(text) > 1 else "") + f"e{'+' if power > 0 else '-'}{abs(power)}"
    return ("-" if sign else "") + body


def canonical(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return string(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return double(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(canonical, value)) + "]"
    members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
    return "{" + ",".join(string(key) + ":" + canonical(item) for key, item in members) + "}"


def same(left, right):
    """Equal as values of the contract: 1 and 1.0 are, 1 and true are not."""
    return canonical(left) == canonical(right)


def plain(event):
    """The canonical form of an event as an object: what may be left out is."""
    event = {key: value for key, value in event.items() if not (
        (key == "tick" and value == 0) or (key in ("set", "unset", "context") and not value)
        or (key == "kind" and value == "edit") or (key == "critical" and value is False))}
    if "unset" in event:
        event["unset"] = sorted(event["unset"], key=str.encode)
    return event


if __name__ == "__main__":
    for given, wanted in json.loads('[[1e21,"1e+21"],[1e20,"100000000000000000000"],[1e-7,"1e-7"],[0.000001,"0.000001"],[-0.0,"0"],[123.456,"123.456"],[5e-324,"5e-324"]]'):
        assert double(given) == wanted, (given, double(given))
