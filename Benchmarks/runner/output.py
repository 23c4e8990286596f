"""What the scripts of this folder share: their options, a folder to work in, and where a run's results go."""
import argparse
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from runner import readme

HERE = Path(__file__).resolve().parent.parent


def parser(text, results):
    """The options that all have; `results` is the file of figures."""
    options = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", default=os.environ.get("SYNCLINE_BINARY", str(HERE.parent / ".build" / "release" / "syncline")))
    options.add_argument("--scratch", help="keep the generated store in this folder and use it when it is there")
    options.add_argument("--out", default=str(HERE), help=f"where {results} goes")
    options.add_argument("--accept", action="store_true", help="fill README.md with this run")
    return options


@contextmanager
def scratch(kept, name):
    """A folder to work in: the one that is kept, or one that goes when the work is done."""
    folder = Path(kept or tempfile.mkdtemp(prefix=f"syncline-{name}-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def publish(results, file, table, options, *marks):
    """Writes the figures; puts the table into the page between the marks, where that is wanted, and shows it."""
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / file).write_text(json.dumps(results, indent=1) + "\n")
    if options.accept:
        readme.fill(HERE / "README.md", table, *marks)
    print(table)
