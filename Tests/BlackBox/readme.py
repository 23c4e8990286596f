"""Writes the tour as the real binary plays it into README.md, between the two remarks that mark the place."""
import subprocess

from harness import BINARY, ROOT
from terminal import environment

BEGIN, END = "<!-- the tour: Tests/BlackBox/readme.py writes it -->\n", "<!-- the end of the tour -->\n"


def tour(**changes):
    """What stands on a screen: results and what is said beside them."""
    done = subprocess.run([BINARY, "demo"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True, env=environment(COLUMNS="100", **changes))
    return done.stdout.decode().splitlines()


def recorded():
    """The lines that README shows."""
    text = (ROOT / "README.md").read_text()
    body = text[text.index(BEGIN) + len(BEGIN):text.index(END)]
    return [line[4:] if line.startswith("    ") else line for line in body.strip("\n").split("\n")]


if __name__ == "__main__":
    text = (ROOT / "README.md").read_text()
    lines = "".join(f"    {line}".rstrip() + "\n" for line in tour())
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    (ROOT / "README.md").write_text(text[:start] + "\n" + lines + "\n" + text[end:])
