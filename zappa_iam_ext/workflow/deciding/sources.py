"""Where the documents of a check come from when they are files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from zappa_iam_ext.check import Source, Sources
from zappa_iam_ext.config import OFFLINE_ACCOUNT, iam_ext_settings
from zappa_iam_ext.documents import hand_made_documents, named_account, read_text
from zappa_iam_ext.iam import PolicySet
from zappa_iam_ext.iam.positions import statement_lines
from zappa_iam_ext.permissions.stage import Stage


@dataclass(frozen=True, slots=True)
class UserOfFiles:
    """The user of a stage, by ARN, with documents in files as the only policies; the stage is in the account they are for."""

    stage: Stage
    principal: str
    policies: PolicySet
    sources: Sources


def user_of_files(stage: Stage, files: Sequence[Path], account: str = "") -> UserOfFiles:
    """Return the user of a stage as documents in files bind them.

    The account is the one given, else the stage's, else the only one that the documents name. Raises `SettingsError` for a
    file that cannot be read or holds no policy.
    """
    located = stage.with_account(account or stage.account_id or named_account(files) or OFFLINE_ACCOUNT)
    made = [(path, hand_made_documents(path, located)) for path in files]
    return UserOfFiles(
        located,
        iam_ext_settings(stage).user_arn(located),
        PolicySet(identity=tuple(document for _, documents in made for document in documents)),
        _file_sources((path, len(documents)) for path, documents in made),
    )


def _file_sources(files: Iterable[tuple[Path, int]]) -> Sources:
    """Return the sources of the documents in files, of which each holds so many."""
    found: list[Source] = []
    for path, count in files:
        lines = statement_lines(read_text(path))
        found += [Source(str(path), lines[number] if number < len(lines) else ()) for number in range(count)]
    return Sources(tuple(found))
