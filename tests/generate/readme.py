"""Runs ``zappa-iam demo`` and keeps its output in the README: ``python -m tests.generate.readme`` writes it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
BEGIN = "<!-- demo output: kept true by tests/functional/test_demo.py -->\n"
END = "<!-- end of demo output -->\n"


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
    """Return what stands in the README between the markers."""
    shown = "\n".join(f"    {line}".rstrip() for line in output.strip().splitlines())
    return f"\n{shown}\n\n"


def written() -> str:
    """Return what stands there now."""
    text = README.read_text(encoding="utf-8")
    return text[text.index(BEGIN) + len(BEGIN) : text.index(END)]


def comparable(text: str) -> str:
    """Return text without how often Zappa asked whether something was ready: that depends on the machine."""
    return re.sub(r"[0-9]+ calls", "N calls", text)


if __name__ == "__main__":
    done = demo()
    if done.returncode:
        sys.exit(done.stderr)
    old = README.read_text(encoding="utf-8")
    README.write_text(
        old.replace(BEGIN + written() + END, BEGIN + block(done.stdout) + END), encoding="utf-8"
    )
