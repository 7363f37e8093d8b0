"""Runs ``zappa-iam demo`` and keeps what it says: all in ``docs/demo.md``, the lines that matter in the README.

``python -m tests.generate.readme`` writes both.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGE = ROOT / "docs" / "demo.md"
BEGIN = "<!-- demo output: kept true by tests/functional/test_demo.py -->\n"
END = "<!-- end of demo output -->\n"
EXCERPT = "<!-- excerpt of the demo: `make docs` writes it -->\n"
END_OF_EXCERPT = "<!-- end of the excerpt -->\n"
#: A command, a verdict, what is planned, what came of it: how a line of the excerpt begins.
MATTERS = re.compile(r"\$ |\[no\]|\[ok\]|Error: |Plan: |To fix it: |  \d+ calls, ")


def demo() -> subprocess.CompletedProcess[str]:
    """Run the demonstration without progress."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "zappa_iam_ext", "demo", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=300,
    )


def block(output: str) -> str:
    """Return what stands on the page between the markers."""
    shown = "\n".join(f"    {line}".rstrip() for line in output.strip().splitlines())
    return f"\n{shown}\n\n"


def excerpt(shown: str) -> str:
    """Return the lines of the page that the README shows; what to do is told once."""
    lines = [line.removeprefix("    ") for line in shown.splitlines()]
    kept: list[str] = []
    for number, line in enumerate(lines):
        if MATTERS.match(line) and not (line.startswith("To fix it") and line in kept):
            kept.append(line)
            if re.match(r"\[ok\].*[^.]$", line) and lines[number + 1].startswith("     "):
                kept[-1] += " " + lines[number + 1].strip()
    return block("\n".join(kept))


def written(path: Path = PAGE, begin: str = BEGIN, end: str = END) -> str:
    """Return what stands there now."""
    text = path.read_text(encoding="utf-8")
    return text[text.index(begin) + len(begin) : text.index(end)]


def excerpt_written() -> str:
    """Return what the README shows now."""
    return written(README, EXCERPT, END_OF_EXCERPT)


def comparable(text: str) -> str:
    """Return text without how often Zappa asked whether something was ready: that depends on the machine."""
    return re.sub(r"[0-9]+ calls", "N calls", text)


def write(path: Path, begin: str, end: str, new: str) -> None:
    """Put other lines between the markers of a page."""
    old = path.read_text(encoding="utf-8")
    path.write_text(old.replace(begin + written(path, begin, end) + end, begin + new + end), encoding="utf-8")


if __name__ == "__main__":
    done = demo()
    if done.returncode:
        sys.exit(done.stderr)
    write(PAGE, BEGIN, END, block(done.stdout))
    write(README, EXCERPT, END_OF_EXCERPT, excerpt(written()))
