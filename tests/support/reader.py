"""A reader of the documentation: types the lines of a page at a terminal, and answers yes."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

QUESTION = re.compile(rb"\[y/[nN]\]:? ?$|\[Y/n\]:? ?$")
KEEP = "{line}\ncode=$?\nenv -0 > {kept}\npwd > {kept}.folder\nexit $code"


@dataclass
class Reader:
    """Somebody at a terminal of 80 columns, in a folder, with an environment that lasts from line to line."""

    folder: Path
    environment: dict[str, str]
    notes: Path
    seconds: dict[str, float] = field(default_factory=dict)
    watch: Callable[[str], None] = lambda _: None

    def types(self, line: str, timeout: float = 600) -> tuple[int, str]:
        """Return the exit code of a line of bash, and what it says on the terminal."""
        kept = self.notes / "environment"
        started = time.monotonic()
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ["bash", "-c", KEEP.format(line=line, kept=kept)],
            cwd=self.folder,
            env=self.environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        try:
            said = self._listen(process, ours, started + timeout)
        finally:
            process.kill()
            os.close(ours)
        code = process.wait()
        if kept.exists():
            pairs = (item.partition("=") for item in kept.read_text("utf-8").split("\0") if item)
            self.environment = {name: value for name, _, value in pairs if name not in {"_", "SHLVL"}}
            self.folder = Path((self.notes / "environment.folder").read_text("utf-8").strip())
        self.seconds[line] = time.monotonic() - started
        self.watch(f"$ {line}\n{said}=> {code}, {self.seconds[line]:.1f} s\n")
        return code, said

    @staticmethod
    def _listen(process: subprocess.Popen[bytes], terminal: int, deadline: float) -> str:
        """Return all that is said until the end; answer yes to each question."""
        said, answered = b"", 0
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.2)[0]:
                with contextlib.suppress(OSError):
                    new = os.read(terminal, 65536)
                    said += new
                    if new and QUESTION.search(said) and len(said) > answered:
                        os.write(terminal, b"y\n")
                        answered = len(said)
                    continue
                break
            if process.poll() is not None:
                break
        assert time.monotonic() < deadline, said.decode(errors="replace")
        process.wait(timeout=30)
        return said.decode("utf-8", "replace").replace("\r\n", "\n")


def at_home(home: Path, **more: str) -> Mapping[str, str]:
    """Return the environment of somebody with this home, without any setting of AWS, Zappa, Python or a CI system."""
    left_out = re.compile(r"(AWS_|ZAPPA_(?!IAM_EXT_CACHE)|PYTHON|VIRTUAL_ENV|CI$|GITHUB_|GITLAB_|PYTEST)")
    kept = {name: value for name, value in os.environ.items() if not left_out.match(name)}
    return {
        **kept,
        "HOME": str(home),
        "NO_COLOR": "1",
        "TERM": "xterm",
        "AWS_EC2_METADATA_DISABLED": "true",
        **more,
    }
