"""The picture of replay rate, as SVG: flat curves mean that an event costs the same whatever surrounds it."""
import math

PANELS = [("events", "events in the log"), ("fields", "fields of a record"), ("devices", "devices that write")]
WIDTH, HEIGHT, MARGIN, TOP, BOTTOM, GAP = 300, 220, 70, 60, 60, 30
INK, FAINT, LINE = "#222", "#ddd", "#0b6e99"


def svg(curves):
    rates = [point["events"] / point["cpu"] / 1e6 for point in curves]
    ceiling = nice(max(rates))
    panels = [(title, [point for point in curves if point["what"] == what]) for what, title in PANELS]
    panels = [panel for panel in panels if panel[1]]
    width = MARGIN + len(panels) * (WIDTH + GAP)
    height = TOP + HEIGHT + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="DejaVu Sans, sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        text(MARGIN, 24, "Replay of workload W on one core: million events a second of processor time", size=15),
    ]
    for index, (title, points) in enumerate(panels):
        parts += panel(MARGIN + index * (WIDTH + GAP), title, points, ceiling, index == 0)
    return "\n".join(parts + ["</svg>"]) + "\n"


def panel(left, title, points, ceiling, is_first):
    low, high = (math.log10(pick(point["number"] for point in points)) for pick in (min, max))
    span = max(high - low, 0.1)

    def x(number):
        return left + 20 + (math.log10(number) - low) / span * (WIDTH - 40)

    def y(rate):
        return TOP + HEIGHT - rate / ceiling * HEIGHT

    parts = []
    for step in range(5):
        rate = ceiling * step / 4
        parts.append(f'<line x1="{left}" x2="{left + WIDTH}" y1="{y(rate):.1f}" y2="{y(rate):.1f}" stroke="{INK if step == 0 else FAINT}"/>')
        if is_first:
            parts.append(text(left - 8, y(rate) + 4, f"{rate:g}", anchor="end"))
    places = [(x(point["number"]), y(point["events"] / point["cpu"] / 1e6), point) for point in points]
    parts.append(f'<polyline fill="none" stroke="{LINE}" stroke-width="2" points="{" ".join(f"{across:.1f},{down:.1f}" for across, down, _ in places)}"/>')
    for across, down, point in places:
        parts.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3.5" fill="{LINE}"/>')
        parts.append(text(across, down - 9, f"{point['events'] / point['cpu'] / 1e6:.1f}", anchor="middle"))
        parts.append(text(across, TOP + HEIGHT + 18, label(point["number"]), anchor="middle"))
    parts.append(text(left + WIDTH / 2, TOP + HEIGHT + 42, title, anchor="middle", size=13))
    return parts


def text(x, y, words, anchor="start", size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{words}</text>'


def label(number):
    return f"{number // 1_000_000}M" if number >= 1_000_000 else f"{number:,}"


def nice(number):
    """The next of 2, 4, 8, 12, 16, … that leaves room above."""
    return next(step for step in [2, 4, 8, *range(12, 1000, 4)] if step >= number * 1.1)
