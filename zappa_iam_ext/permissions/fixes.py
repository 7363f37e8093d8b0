"""The command lines that a report, a hint or an advice prints: written once, with the options that were given. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path

ANY_STAGE = "STAGE"
"""Stands for a stage that nobody named."""
TAKE_COMMANDS = frozenset({"apply", "check", "diff", "plan", "policy", "rehearse"})
"""Our commands that take ``--command``."""


@dataclass(frozen=True, slots=True)
class CommandLines:
    """What was given on the command line; empty where nothing was. ``commands`` are those of ``--command``. What is printed with it works when pasted.

    Without a stage ``STAGE`` stands for it, as ``PROFILE`` stands for an administrator's profile.
    """

    stage: str = ""
    settings_file: str = ""
    profile: str = ""
    region: str = ""
    endpoint_url: str = ""
    commands: tuple[str, ...] = ()

    def zappa_iam(self, command: str, *flags: str) -> str:
        """Return a command line of ours for the stage."""
        return _joined(
            "zappa-iam",
            *command.split(),
            *self._of_stage(),
            *self._of_aws(),
            *self._of_commands(command),
            *flags,
        )

    def can_i(self, action: str, resource: str, *flags: str) -> str:
        """Return the command line that asks one question of the stage's profile."""
        return _joined("zappa-iam", "can-i", action, resource, *self._of_aws(), *flags)

    def as_administrator(self) -> CommandLines:
        """Return the same for an administrator, for whose profile PROFILE stands."""
        return replace(self, profile="PROFILE")

    def apply(self) -> str:
        """Return the command line that provisions what the stage's user lacks."""
        return self.zappa_iam("apply", "--admin-profile", "PROFILE")

    def zappa(self, command: str) -> str:
        """Return a command line of Zappa for the stage; Zappa takes profile and region from the settings."""
        return _joined("zappa", command, *self._of_stage())

    def aws(self, *words: str) -> str:
        """Return a command line of the AWS CLI."""
        return _joined("aws", *words, *self._of_aws())

    def _of_commands(self, command: str) -> tuple[str, ...]:
        if command not in TAKE_COMMANDS:
            return ()
        return tuple(word for line in self.commands for word in ("--command", line))

    def _of_stage(self) -> tuple[str, ...]:
        return (self.stage or ANY_STAGE, *_option("-s", self.settings_file))

    def _of_aws(self) -> tuple[str, ...]:
        return (
            *_option("--profile", self.profile),
            *_option("--region", self.region),
            *_option("--endpoint-url", self.endpoint_url),
        )


def fix_command(stage: str = ANY_STAGE, settings_file: Path | None = None) -> str:
    """Return the command line that provisions what a stage lacks; PROFILE stands for an administrator's."""
    return CommandLines(stage, str(settings_file) if settings_file else "").apply()


def _option(name: str, value: str) -> tuple[str, ...]:
    return (name, value) if value else ()


def _joined(*words: str) -> str:
    return shlex.join("".join(filter(str.isprintable, word)) for word in words)
