"""Puts a run's table into the page of accepted numbers."""

BEGIN, END = "<!-- a run of run.py --accept -->", "<!-- its end -->"


def fill(page, table, begin=BEGIN, end=END):
    text = page.read_text()
    if text.count(begin) != 1 or text.count(end) != 1:
        raise SystemExit(f"{page} has no one place between “{begin}” and “{end}”")
    before, after = text.split(begin)[0], text.split(end)[1]
    page.write_text(f"{before}{begin}\n{table}{end}{after}")
