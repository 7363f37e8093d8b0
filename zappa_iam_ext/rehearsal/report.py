"""What a rehearsal showed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from zappa_iam_ext.errors import ExitCode
from zappa_iam_ext.iam import Effect, PolicySet, Statement
from zappa_iam_ext.iam.patterns.containment import surely_covers
from zappa_iam_ext.iam.patterns.glob import Glob, arn_glob, text_glob
from zappa_iam_ext.permissions.model import Confidence
from zappa_iam_ext.rehearsal.observation import Checked, Observation


@dataclass(frozen=True, slots=True)
class RehearsedCommand:
    """One Zappa command: its words, its exit code, the calls it made, and the end of what it printed."""

    words: str
    exit_code: int
    observations: tuple[Observation, ...]
    output: str = ""

    @property
    def denied(self) -> tuple[Observation, ...]:
        """The calls that were refused, also those that Zappa passed over in silence."""
        return tuple(seen for seen in self.observations if seen.denied)

    @property
    def swallowed(self) -> bool:
        """Whether something was denied and Zappa ended as if nothing had been."""
        return bool(self.denied) and self.exit_code == 0

    @property
    def broken(self) -> bool:
        """Whether Zappa failed though nothing was denied: the rehearsal says nothing about the rest of it."""
        return self.exit_code != 0 and not self.denied


@dataclass(frozen=True, slots=True)
class Unused:
    """An action that a statement grants and that no call of the rehearsal used."""

    action: str
    sid: str = ""


@dataclass(frozen=True, slots=True)
class RehearsalReport:
    """Everything a rehearsal showed about one stage under one set of policies.

    ``missing`` names what the settings refer to and the local AWS could not make, ``left_out`` says which settings
    have no effect in a rehearsal, ``unreadable`` which policies could not be read, ``prepared`` which commands ran
    before as an administrator.
    """

    stage: str
    function_name: str
    principal: str
    policy: str
    zappa_version: str
    commands: tuple[RehearsedCommand, ...]
    unused: tuple[Unused, ...] = ()
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    prepared: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def denied(self) -> tuple[Observation, ...]:
        """Every refused call of every command."""
        return tuple(seen for command in self.commands for seen in command.denied)

    @property
    def modelled(self) -> tuple[Checked, ...]:
        """The checks that no local AWS makes: ours alone stand for AWS's own."""
        found = {
            (item.action, item.resource): item
            for command in self.commands
            for seen in command.observations
            for item in seen.checked
            if item.dependent or item.confidence is Confidence.MODELLED
        }
        return tuple(found[key] for key in sorted(found))

    def exit_code(self) -> ExitCode:
        """Return what the rehearsal ends with: it could not run when nothing was called or Zappa failed otherwise."""
        if self.denied:
            return ExitCode.DENIED
        called = any(command.observations for command in self.commands)
        broken = not called or any(command.broken for command in self.commands)
        return ExitCode.COULD_NOT_RUN if broken else ExitCode.OK


def unused_grants(policies: PolicySet, observations: Iterable[Observation]) -> tuple[Unused, ...]:
    """Return what the Allow statements of identity policies name and no checked action used, by statement."""
    used = {(item.action.lower(), arn_glob(item.resource)) for seen in observations for item in seen.checked}
    documents = (*policies.identity, *policies.group)
    statements = (statement for document in documents for statement in document.statements)
    return tuple(
        dict.fromkeys(
            Unused(action, statement.sid)
            for statement in statements
            if statement.effect is Effect.ALLOW
            for action in _idle(statement, used)
        )
    )


def _idle(statement: Statement, used: Collection[tuple[str, Glob]]) -> Iterator[str]:
    """Yield the actions of a statement that no used action on one of its resources is of."""
    globs = [arn_glob(resource) for resource in statement.resources]
    for action in statement.actions:
        pattern = text_glob(action.lower())
        of_it = [resource for name, resource in used if pattern.matches(name)]
        if not any(surely_covers(glob, resource) for resource in of_it for glob in globs):
            yield action
