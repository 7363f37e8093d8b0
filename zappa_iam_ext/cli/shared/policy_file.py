"""A policy file that is kept beside the settings, held against what is computed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from pathlib import Path

import click

from zappa_iam_ext.documents import named_account, parse_documents, read_documents
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.render.text import plain


def documents_json(documents: Sequence[PolicyDocument], *, as_list: bool) -> str:
    """Return one document, or a list of them where there are several or may be."""
    if as_list or len(documents) > 1:
        return json.dumps([document.to_dict() for document in documents], indent=2, ensure_ascii=False)
    return documents[0].to_json(indent=2)


def stale(path: Path, text: str, account: str) -> str:
    """Return how the file differs from what was computed, as a diff; empty where it means the same, however it is written.

    ``<ACCOUNT_ID>`` in the file stands for the account. Raises `UnreadableDocument` and `InvalidPolicyDocument`.
    """
    kept = read_documents(path, account or named_account([path]))
    wanted = parse_documents(text, "the computed document")
    if len(kept) == len(wanted) and all(map(PolicyDocument.equivalent, kept, wanted)):
        return ""
    before = documents_json(kept, as_list=len(kept) > 1)
    lines = difflib.unified_diff(
        before.splitlines(), text.splitlines(), str(path), f"{path} (computed)", lineterm="", n=2
    )
    return plain("\n".join(lines)) or f"{path} has the same statements in other documents"


def report(path: Path, difference: str, command_line: str) -> None:
    """Say how the file stands: the diff on stdout, the verdict and what mends it on stderr."""
    if difference:
        click.echo(difference)
        click.echo(f"{path} is stale. Write it again: {command_line}", err=True)
    else:
        click.echo(f"{path} is what is needed.", err=True)
