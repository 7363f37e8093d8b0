"""The options of Zappa's commands, of every supported version. Pure; held against Zappa's own parser by a test.

Source: ``cli.py``, ``ZappaCLI.handle``.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from zappa_iam_ext.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its long name, its short one, and whether a value follows.

    ``optional`` values may be left out here although Zappa asks for one: ``--no-upload`` takes any text for yes.
    """

    name: str
    short: str = ""
    valued: bool = False
    optional: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return all that it is called."""
        return tuple(filter(None, (self.short, self.name)))


HELP = Option("--help", "-h")
_ALL, _SETTINGS, _CREATE = (
    Option("--all"),
    Option("--settings_file", "-s", valued=True),
    Option("--create-settings"),
)
_COMMON = (
    HELP,
    _ALL,
    Option("--app_function", "-a", valued=True),
    _SETTINGS,
    Option("--quiet", "-q"),
    Option("--json", "-j"),
    Option("--disable_progress"),
    Option("--no_venv"),
    _CREATE,
)
_YES, _NO_COLOR = Option("--yes", "-y"), Option("--no-color")
_CODE = (Option("--zip", "-z", valued=True), Option("--docker-image-uri", "-d", valued=True))
_INVOKED = (_NO_COLOR, Option("--client-context", valued=True), Option("--qualifier", valued=True))

OPTIONS: Mapping[str, tuple[Option, ...]] = {
    "deploy": (*_COMMON, *_CODE),
    "update": (*_COMMON, *_CODE, Option("--no-upload", "-n", valued=True, optional=True)),
    "rollback": (*_COMMON, Option("--num-rollback", "-n", valued=True)),
    "schedule": _COMMON,
    "unschedule": _COMMON,
    "invoke": (*_COMMON, Option("--raw"), *_INVOKED, Option("--payload", valued=True)),
    "manage": (HELP, _ALL, _SETTINGS, _CREATE, *_INVOKED),
    "status": _COMMON,
    "tail": (
        *_COMMON,
        _NO_COLOR,
        Option("--http"),
        Option("--non-http"),
        Option("--since", valued=True),
        Option("--filter", valued=True),
        Option("--force-color"),
        Option("--disable-keep-open"),
    ),
    "certify": (*_COMMON, Option("--manual"), _YES),
    "undeploy": (*_COMMON, Option("--remove-logs"), _YES),
}
#: Options of Zappa itself, before the command.
PROGRAM_OPTIONS = (HELP, Option("--version", "-v"), Option("--color", valued=True))
#: How many words may follow that are no options: the stage, and what `invoke` and `manage` run; None: any number.
WORDS: Mapping[str, int | None] = {"invoke": 2, "manage": None}
_ONLY_TELL = ("help", "version")


class _Parser(argparse.ArgumentParser):
    """Raises `SettingsError` in Zappa's place, who prints its usage and ends."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{self.prog}: {message}", hint=f"`{self.prog} --help` tells its options.")


def parse_words(command: str, words: Sequence[str]) -> Mapping[str, Any]:
    """Return the options among the words that follow a command's name, by long name without dashes.

    Raises `SettingsError` for what Zappa does not take. A shortened name, which Python completes, is none: it has
    to be written in full, so that nobody gets the answer for another command.
    """
    head, rest = _parted(words)
    try:
        found, extras = _parser(command).parse_known_args(head)
    except argparse.ArgumentError as error:
        raise SettingsError(f"zappa {command}: {error}") from error
    for word in extras:
        if word.startswith("-") and " " not in word and not word.lstrip("-").isdigit() and word != "-":
            raise _unknown(command, word)
    _refuse_more_words(command, [*extras, *rest])
    given = {name: value for name, value in vars(found).items() if value not in {None, False}}
    if telling := [name for name in _ONLY_TELL if name in given]:
        raise SettingsError(f"zappa {command} --{telling[0]} asks nothing of AWS", hint="Leave it out.")
    _refuse_wrong_number(command, str(given.get("num-rollback", "1")))
    return given


def near(name: str, known: Collection[str]) -> str:
    """Return the question after the known name that an unknown one is near to, or nothing."""
    found = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""


def _parted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words before and after the ``--`` that ends the options."""
    end = words.index("--") if "--" in words else len(words)
    return list(words[:end]), list(words[end + 1 :])


def _unknown(command: str, word: str) -> SettingsError:
    name = word.partition("=")[0][:80]
    known = {item for option in OPTIONS[command] for item in option.names}
    others = [other for other, options in OPTIONS.items() if any(name in item.names for item in options)]
    told = near(name, known) or (f": it is one of {' and '.join(others)}" if others else "")
    listed = ", ".join(option.name for option in OPTIONS[command] if option is not HELP)
    return SettingsError(f"zappa {command} has no option {name}{told}", hint=f"Its options are {listed}.")


def _refuse_more_words(command: str, words: Sequence[str]) -> None:
    most = WORDS.get(command, 1)
    if most is not None and len(words) > most:
        raise SettingsError(
            f"zappa {command} takes no {words[most][:80]!r}",
            hint="What holds blanks is written in quotes, within the quotes of --command.",
        )


def _refuse_wrong_number(command: str, number: str) -> None:
    if not (number.isascii() and number.isdigit()):
        raise SettingsError(
            f"zappa {command} --num-rollback {number[:20]!r}: this is not a number of versions",
            hint="For example `rollback --num-rollback 1`.",
        )


@lru_cache(maxsize=len(OPTIONS))
def _parser(command: str) -> _Parser:
    parser = _Parser(prog=f"zappa {command}", add_help=False, allow_abbrev=False, exit_on_error=False)
    for option in OPTIONS[command]:
        name = option.name.removeprefix("--")
        if not option.valued:
            parser.add_argument(*option.names, dest=name, action="store_true")
        elif option.optional:
            parser.add_argument(*option.names, dest=name, nargs="?", const="yes")
        else:
            parser.add_argument(*option.names, dest=name)
    return parser
