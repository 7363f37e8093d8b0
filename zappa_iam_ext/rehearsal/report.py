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
        """The calls that were refused for want of a permission, also those that Zappa passed over in silence."""
        return tuple(seen for seen in self.observations if seen.denied and not seen.unjudged)

    @property
    def unjudged(self) -> tuple[Observation, ...]:
        """The calls of which nobody can tell whether AWS would refuse them."""
        return tuple(seen for seen in self.observations if seen.unjudged)

    @property
    def swallowed(self) -> bool:
        """Whether something was denied and Zappa ended as if nothing had been."""
        return bool(self.denied) and self.exit_code == 0

    @property
    def broken(self) -> bool:
        """Whether Zappa failed though nothing was refused: the rest of the command was not rehearsed."""
        return self.exit_code != 0 and not self.denied and not self.unjudged


@dataclass(frozen=True, slots=True)
class Unused:
    """An action that a statement grants and that no call of the rehearsal used."""

    action: str
    sid: str = ""


@dataclass(frozen=True, slots=True)
class RehearsalReport:
    """Everything a rehearsal showed about one stage under one set of policies.

    ``missing`` names what the settings refer to and the local AWS could not make, ``beyond`` what they name and no
    rehearsal can show, ``left_out`` says which settings have no effect in a rehearsal, ``unreadable`` which policies
    could not be read, ``prepared`` which commands ran before as an administrator, ``besides`` what the user was
    granted beside the policy because the local AWS checks it otherwise than AWS does.
    """

    stage: str
    function_name: str
    principal: str
    policy: str
    zappa_version: str
    commands: tuple[RehearsedCommand, ...]
    unused: tuple[Unused, ...] = ()
    missing: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    prepared: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    besides: tuple[tuple[str, str, str], ...] = ()

    @property
    def unjudged(self) -> tuple[Observation, ...]:
        """Every call of which nobody can tell whether AWS would refuse it."""
        return tuple(seen for command in self.commands for seen in command.unjudged)

    @property
    def unusual(self) -> tuple[Observation, ...]:
        """Every call that failed on the local AWS with an error that is no everyday answer."""
        return tuple(seen for command in self.commands for seen in command.observations if seen.unusual)

    @property
    def not_rehearsed(self) -> tuple[str, ...]:
        """Everything that the rehearsal says nothing about, in words."""
        return (*self.not_shown, *(f"{what} (the local AWS could not make it)" for what in self.missing))

    @property
    def not_shown(self) -> tuple[str, ...]:
        """What no local AWS can show, told from the settings and from what became of the calls."""
        told = (
            *self.beyond,
            *map(_why_unjudged, self.unjudged),
            *(
                f"{seen.service}.{seen.operation}: the local AWS answered {seen.error}, which is about no permission"
                for seen in self.unusual
            ),
        )
        return tuple(dict.fromkeys(told))

    @property
    def denied(self) -> tuple[Observation, ...]:
        """Every refused call of every command."""
        return tuple(seen for command in self.commands for seen in command.denied)

    @property
    def modelled(self) -> tuple[Checked, ...]:
        """The checks that AWS makes on its own account: the local AWS makes none of them, our tables judge alone."""
        found = {
            (item.action, item.resource): item
            for command in self.commands
            for seen in command.observations
            for item in seen.checked
            if item.dependent or item.confidence is Confidence.MODELLED
        }
        return tuple(found[key] for key in sorted(found))

    def exit_code(self) -> ExitCode:
        """Return what the rehearsal ends with.

        A denial is certain unless a policy could not be read. It could not run when nothing was called, or Zappa
        failed for a reason that nobody knows. It cannot tell what was not rehearsed.
        """
        if self.denied:
            return ExitCode.CANNOT_TELL if self.unreadable else ExitCode.DENIED
        if not any(command.observations for command in self.commands):
            return ExitCode.COULD_NOT_RUN
        if self.not_rehearsed:
            return ExitCode.CANNOT_TELL
        broken = any(command.broken for command in self.commands)
        return ExitCode.COULD_NOT_RUN if broken else ExitCode.OK


def _why_unjudged(seen: Observation) -> str:
    name = f"{seen.service}.{seen.operation}"
    if not seen.known:
        return f"{name}: no row of the tables knows what AWS checks for it: please report it"
    checked = ", ".join(f"{item.action} on {item.resource}" for item in seen.checked)
    return f"{name}: the local AWS refused it, and our tables allow it ({checked})"


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
    """Yield the actions of a statement that no call used on any of its resources."""
    globs = [arn_glob(resource) for resource in statement.resources]
    for action in statement.actions:
        pattern = text_glob(action.lower())
        of_it = [resource for name, resource in used if pattern.matches(name)]
        if not any(surely_covers(glob, resource) for resource in of_it for glob in globs):
            yield action
