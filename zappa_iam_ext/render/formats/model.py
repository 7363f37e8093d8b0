"""What a command found, as every format of others takes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How grave it is, in SARIF's words."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Outcome(StrEnum):
    """What became of one question."""

    FAILED = "failed"
    UNDECIDED = "undecided"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Rule:
    """What items have in common: a stable id, what it means and what to do; ``url`` is the page that explains it."""

    id: str
    title: str
    help: str = ""
    level: Level = Level.ERROR
    tags: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, counted from 1; the path is relative with forward slashes. Without a file: nowhere."""

    file: str = ""
    line: int = 1


@dataclass(frozen=True, slots=True)
class Origin:
    """What leads to a permission.

    ``source`` is a command (``zappa deploy``) or a policy, ``step`` the call that it makes or the statement that it holds,
    ``setting`` the setting of Zappa that asks for it, where one does, ``because`` the reason in a sentence.
    ``whose`` names the role whose permission it is, where it is not that of who deploys.
    """

    source: str
    step: str
    setting: str = ""
    because: str = ""
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was asked, and the answer.

    ``name`` says what (an action, a statement), ``where`` on what; ``message`` what is wrong, ``hint`` what to do. ``suite``
    and ``case`` are where JUnit counts it: items of one case are one test. Items of equal ``fold`` (and rule, level, place)
    are one annotation; without it each is one. ``logical`` names the place within its source. ``key`` makes the fingerprint.
    ``origin`` says what leads to it; an item that has one is a permission: ``name`` is its action, ``where`` its resource.
    """

    rule: Rule
    name: str
    message: str
    outcome: Outcome = Outcome.FAILED
    level: Level = Level.ERROR
    where: str = ""
    hint: str = ""
    suite: str = ""
    case: str = ""
    fold: str = ""
    place: Place = Place()
    logical: str = ""
    key: tuple[str, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """How one stage, or the whole, stands: a sentence, what is known besides, and what to do."""

    text: str
    passed: bool
    level: Level = Level.ERROR
    notes: tuple[str, ...] = ()
    advice: str = ""
    place: Place = Place()
    suite: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """What could not be answered at all: which stage, why, and what to do."""

    suite: str
    message: str
    hint: str = ""
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that one command found. ``tool`` is the command, ``version`` that of this library."""

    tool: str
    version: str
    items: tuple[Item, ...] = ()
    summaries: tuple[Summary, ...] = ()
    failed: tuple[Failed, ...] = ()
