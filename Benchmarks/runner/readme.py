"""Puts a run's table into the page of accepted numbers."""

BEGIN, END = "<!-- a run of run.py --accept -->", "<!-- its end -->"


def fill(page, table):
    text = page.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"{page} has no one place between “{BEGIN}” and “{END}”")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{table}{END}{after}")
