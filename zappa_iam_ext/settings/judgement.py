"""The words of a judgement: what cannot work, what is odd, and the settings without what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: In ``stops``: the value is refused as the settings are loaded, whatever the command.
EVERY_COMMAND = "*"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that cannot work: the dotted path of the setting, what is wrong, and the Zappa commands that it stops."""

    path: str
    message: str
    stops: tuple[str, ...] = (EVERY_COMMAND,)

    def __str__(self) -> str:
        return f"{self.path} {self.message}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is wrong with the settings of a stage.

    ``refusals`` cannot work; ``warnings`` are lines about what Zappa takes and probably was not meant.
    ``settings`` are the stage's settings without the values that are wrong.
    """

    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def stopping(self, command: str) -> tuple[Refusal, ...]:
        """Return the refusals that stop this command after its settings were loaded."""
        return tuple(refusal for refusal in self.refusals if command in refusal.stops)


@dataclass(slots=True)
class Notes:
    """A judgement being made."""

    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def refuse(self, path: str, message: str, stops: Iterable[str]) -> None:
        """Note a value that cannot work."""
        self.refusals.append(Refusal(path, message, tuple(stops)))

    def warn(self, path: str, message: str) -> None:
        """Note a value that Zappa takes."""
        self.warnings.append(f"{path} {message}")
