"""A person at a terminal: the real binary behind a pseudo-terminal, and what stands on its screen."""
import os
import re
import select
import time
import unicodedata

import pexpect
import pyte

from harness import BINARY, DATA, PATIENCE, ROOT

SCREENS = DATA / "screens"
RECORD = bool(os.environ.get("RECORD_SCREENS"))
PROMPT = "› "


def environment(**changes):
    kept = {k: os.environ[k] for k in ("PATH", "HOME", "TMPDIR", "SWIFT_BACKTRACE") if k in os.environ}
    # Nobody's ~/.inputrc decides what a test sees.
    env = {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", "INPUTRC": "/dev/null", **changes}
    return {k: v for k, v in env.items() if v is not None}


class Terminal:
    """One program on a screen of its own. Nothing is typed before the prompt stands there."""

    def __init__(self, command, columns=100, rows=40, history=2000, **env):
        self.columns = columns
        self.screen = pyte.HistoryScreen(columns, rows, history=history, ratio=0.5)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child = pexpect.spawn(command[0], [str(w) for w in command[1:]], dimensions=(rows, columns), env=environment(**env), timeout=PATIENCE)

    def read(self, seconds=0.05):
        """Takes in what has come; false when nothing more will."""
        try:
            data = self.child.read_nonblocking(65536, timeout=seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            self.take(self.rest())
            return False
        self.take(data)
        return True

    def take(self, data):
        self.raw += data
        self.stream.feed(data)

    def rest(self):
        """What the program wrote last: pexpect looks for output and then whether it has ended, and leaves out what came between the two."""
        data = b""
        while select.select([self.child.child_fd], [], [], 0)[0]:
            try:
                piece = os.read(self.child.child_fd, 65536)
            except OSError:
                break
            if not piece:
                break
            data += piece
        return data

    def lines(self):
        """All lines, those scrolled away first, without the empty ones at the end."""
        def text(line):
            return "".join(line[x].data for x in range(self.columns) if line[x].data).rstrip()
        lines = [text(line) for line in self.screen.history.top] + [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def line(self):
        """The line of the cursor, up to it and behind it."""
        return self.screen.display[self.screen.cursor.y].rstrip()

    def typed(self):
        """What stands behind the prompt up to the cursor, on however many lines of the screen; None where no prompt is."""
        text = ""
        for row in range(self.screen.cursor.y, -1, -1):
            text = self.screen.display[row] + text
            if PROMPT in text:
                return text.rpartition(PROMPT)[2].rstrip()
        return None

    def wait(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            alive = self.read()
            if condition():
                return
            if not alive or time.monotonic() > end:
                raise AssertionError(f"waited for {what}; the screen is:\n" + "\n".join(self.lines()))

    def wait_text(self, text):
        self.wait(lambda: any(text in line for line in self.lines()), repr(text))

    def at_prompt(self):
        return re.search(r"› ?$", self.line()) is not None

    def wait_prompt(self):
        self.wait(self.at_prompt, "a prompt")
        # What follows a prompt at once, like another one, is taken in too.
        self.read(0.02)
        self.wait(self.at_prompt, "a prompt")

    def send(self, text):
        self.child.send(text)

    def type(self, text):
        """Types at the prompt and waits until it stands there."""
        self.wait_prompt()
        self.add(text)

    def add(self, text):
        """Types on in the line."""
        # The screen composes what it gets.
        shown = unicodedata.normalize("NFC", text.strip())[-20:]
        self.send(text)
        self.wait(lambda: shown in self.line(), f"{text!r} behind the prompt")

    def left(self, count=1):
        """The cursor goes to the left, and has arrived."""
        there = self.screen.cursor.x - count
        self.send("\x1b[D" * count)
        self.wait(lambda: self.screen.cursor.x == there, "the cursor")

    def enter(self, text):
        """A whole line, and waits for the next prompt: not for one that is only drawn anew, as happens when something arrives meanwhile."""
        self.wait_prompt()
        self.send(text)
        self.wait(lambda: self.typed() == text.rstrip(), f"{text!r} behind the prompt")
        self.send("\r")
        self.wait(self.at_prompt, f"the prompt behind {text!r}")

    def leave(self):
        """Ctrl-D at the prompt; returns the exit status."""
        self.wait_prompt()
        self.send("\x04")
        return self.ended()

    def ended(self):
        end = time.monotonic() + PATIENCE
        while self.read():
            if time.monotonic() > end:
                raise AssertionError("it does not end; the screen is:\n" + "\n".join(self.lines()))
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus


def masked(lines):
    """The lines without what differs from run to run."""
    text = "\n".join(lines)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d\.\d+Z| UTC)", "TIME", text)
    text = re.sub(r"\b\d+(s|min|h|d) ago", "AGE", text)
    # What a time's width pushed aside.
    text = re.sub(r"(TIME|AGE)(, AGE)? +", r"\1\2  ", text)
    return "\n".join(line.rstrip() for line in text.split("\n")) + "\n"


def golden(test, name, lines):
    """Compares a screen with the recorded one; RECORD_SCREENS=1 records it anew."""
    path = SCREENS / f"{name}.txt"
    text = masked(lines)
    if RECORD:
        path.write_text(text)
    test.assertTrue(path.exists(), f"{path} is missing: RECORD_SCREENS=1 records it")
    test.maxDiff = None
    test.assertEqual(path.read_text(), text, f"the screen {name} has changed; RECORD_SCREENS=1 records it anew")
