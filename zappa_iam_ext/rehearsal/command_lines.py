"""Turns ``--command`` lines into arguments of ``zappa``, and says which commands must run before them. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

DEFAULT_COMMANDS = ("deploy", "update", "status", "undeploy")
_KEEPING_QUIET = {
    "certify": "--yes",
    "tail": "--disable-keep-open",
    "undeploy": "--yes",
}
_LONG = {"--yes": "-y", "--disable-keep-open": "--disable-keep-open"}


def words_of(line: str, stage: str) -> list[str]:
    """Return the words of a line without ``zappa`` before and the stage after the command's name."""
    words = shlex.split(line)
    if words[:1] == ["zappa"]:
        words = words[1:]
    return [word for place, word in enumerate(words) if (place, word) != (1, stage)]


def arguments_of(line: str, stage: str) -> list[str]:
    """Return the arguments of ``zappa`` for a command line such as ``undeploy --remove-logs``.

    The stage follows the command's name; questions are answered and endless commands ended.
    """
    name, *rest = words_of(line, stage)
    flag = _KEEPING_QUIET.get(name, "")
    extra = [flag] if flag and not {flag, _LONG[flag]} & set(rest) else []
    if name == "rollback" and not {"-n", "--num-rollback"} & set(rest):
        extra += ["-n", "1"]
    if name == "invoke" and not any(not word.startswith("-") for word in rest):
        extra += ["1 + 1", "--raw"]
    if name == "manage" and not rest:
        extra += ["check"]
    return [name, stage, *rest, *extra]


def preparation(lines: Sequence[str], stage: str) -> tuple[str, ...]:
    """Return the commands that must run first in an empty account: ``deploy``, and ``update`` before a ``rollback``."""
    names = [words_of(line, stage)[0] for line in lines]
    before = names[: names.index("deploy")] if "deploy" in names else names
    if not before:
        return ()
    early = names[: names.index("rollback")] if "rollback" in before else ["update"]
    return ("deploy",) if "update" in early else ("deploy", "update")
