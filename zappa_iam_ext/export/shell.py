"""Commands of the AWS CLI for a shell, and blocks of a Markdown page. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any


def aws_iam(command: str, *options: tuple[str, ...]) -> str:
    """Return a command of the AWS CLI, an option a line."""
    words = [shlex.join(option) for option in options]
    return " \\\n  ".join([f"aws iam {command}", *words])


def tag_options(tags: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return the option for tags: JSON, since the short form cannot hold every value."""
    listed = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return [("--tags", json.dumps(listed, ensure_ascii=False))] if listed else []


def file_lines(name: str, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what writes a document into a file."""
    yield f"cat > {shlex.quote(name)} <<'END'\n{json.dumps(document, indent=2, ensure_ascii=False)}\nEND"


def shell(text: str) -> str:
    """Return shell commands as a block of a page."""
    return f"```sh\n{text}\n```"


def json_block(document: Mapping[str, Any]) -> str:
    """Return a document as a block of a page."""
    return f"```json\n{json.dumps(document, indent=2, ensure_ascii=False)}\n```"
