"""A denial with all that decides what helps. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.principals import CallerKind
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.stage import Stage


@dataclass(frozen=True, slots=True)
class Case:
    """A denial, whose policy it is about, and what is known of the stage.

    ``needed`` says whether a call of Zappa (of the stage, where one is given) leads to it, ``elsewhere`` whether one of
    another stage could. ``known_call`` says that Zappa makes the call that the text names, and that the action is not known
    to be checked there. ``lines`` prints the command lines with the options that were given. ``of_role`` says that the
    stage's settings ask the execution role for it.
    """

    denial: Denial
    caller: CallerKind
    needed: bool
    elsewhere: bool = False
    stage: Stage | None = None
    deployer: str = ""
    lines: CommandLines = field(default_factory=CommandLines)
    known_call: bool = False
    of_role: bool = False
