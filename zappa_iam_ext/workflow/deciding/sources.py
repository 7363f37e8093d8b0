"""Where the documents of a check come from when they are files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from zappa_iam_ext.check import Source, Sources
from zappa_iam_ext.documents import read_text
from zappa_iam_ext.iam.positions import statement_lines


def file_sources(files: Iterable[tuple[Path, int]]) -> Sources:
    """Return the sources of the documents in files, of which each holds so many."""
    found: list[Source] = []
    for path, count in files:
        lines = statement_lines(read_text(path))
        found += [Source(str(path), lines[number] if number < len(lines) else ()) for number in range(count)]
    return Sources(tuple(found))
