"""What a page of the documentation tells its reader to write and to run, in the page's order."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: With what a block begins that is run; every other block is output, or a file.
PROGRAMS = frozenset(
    {"aws", "git", "make", "pip", "python3", "bash", "cd", "gh", "source", "zappa", "zappa-iam"}
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`([\w./-]+\.(?:py|json|sh|yml|txt|toml))`[^`\n]*:\n\n```\w*\n\Z")


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it stands there, without its comment, and the line of the page."""

    text: str
    line: int

    @property
    def program(self) -> str:
        """The program and, of ours, its command: ``zappa-iam role check``."""
        words = shlex.split(self.text)
        count = {"zappa-iam": 3 if words[1:2] in (["role"], ["keys"]) else 2, "zappa": 2}.get(words[0], 1)
        return " ".join(words[:count])


def commands(page: Path) -> list[Command]:
    """Return what a page has its reader run: the lines of its indented blocks, quotations over several lines too."""
    found: list[Command] = []
    for number, block in _blocks(page.read_text("utf-8")):
        if block[0].split()[0] not in PROGRAMS:
            continue
        pending, begun = "", number
        for offset, line in enumerate(block):
            pending, begun = (f"{pending}\n{line}", begun) if pending else (line, number + offset)
            if not pending.endswith("\\") and _closed(pending):
                found.append(Command(_without_comment(pending), begun))
                pending = ""
        assert not pending, f"{page.name}:{begun}: a quotation is not closed: {pending}"
    return found


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that the reader writes, and the line of the page where it begins."""

    name: str
    body: str
    line: int


def written_files(page: Path) -> list[WrittenFile]:
    """Return the files that a page has its reader write: a fenced block after a line that ends in the name and a colon."""
    text = page.read_text("utf-8")
    found = ((NAMED.search(text[: match.start(2)]), match) for match in FENCE.finditer(text))
    return [
        WrittenFile(name[1], match[2], text[: match.start()].count("\n") + 1) for name, match in found if name
    ]


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each block that is indented by four spaces after an empty line, with the number of its first line."""
    block: list[str] = []
    before, fenced, begun = "", False, 0
    for number, line in enumerate([*text.splitlines(), ""], 1):
        fenced ^= line.startswith("```")
        if line.startswith("    ") and not fenced and (block or not before):
            begun = number if not block else begun
            block.append(line[4:])
        elif block:
            yield begun, block
            block = []
        before = line


def _closed(text: str) -> bool:
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return False
    return True


def _without_comment(text: str) -> str:
    """Return a command without the comment behind it: what a shell takes for one, not what stands in quotes."""
    begins = (match.start() for match in re.finditer(r"\s#\s", text))
    return next((text[:at] for at in begins if _closed(text[:at])), text).rstrip()
