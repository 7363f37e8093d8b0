"""The rows of our own calls: what the check, the plan and its application ask of AWS themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from zappa_iam_ext.permissions.model import OwnConsequence
from zappa_iam_ext.permissions.tables.filters import FILTERS
from zappa_iam_ext.permissions.tables.reading import made, read
from zappa_iam_ext.permissions.tables.templating import Filler, compiled

#: What asks AWS on our own account. ``check`` is whatever judges a profile by its own policies: the gate in Zappa,
#: ``check``, ``can-i``, and ``diff``, ``lint`` and ``rehearse`` with ``--profile-policy``. ``probe`` is what `check` makes
#: to see what is in the account: Zappa's own calls.
OWN_COMMANDS = ("check", "probe", "policy", "plan", "apply", "destroy", "keys", "explain", "role ensure")
#: The kinds of principal whose policies can be read.
PRINCIPALS = ("user", "role")


@dataclass(frozen=True, slots=True)
class OwnCallRow:
    """One AWS API call of our own: who makes it, with what, and what a denial of it does to our answer.

    ``principals`` are the kinds of principal that make it to look at themselves; none where an administrator makes the
    call. ``purpose`` is the Sid of the statement that allows it, ``source`` our own module and function.
    """

    service: str
    operation: str
    commands: tuple[str, ...]
    because: str
    source: str
    on_denied: OwnConsequence
    symptom: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    principals: tuple[str, ...] = ()
    purpose: str = ""
    fill: Filler = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for key, names, known in (
            ("commands", self.commands, OWN_COMMANDS),
            ("principals", self.principals, PRINCIPALS),
        ):
            for name in names:
                if name not in known:
                    raise ValueError(
                        f"unknown name {name!r} in `{key}`: add it to permissions/tables/own_rows.py, or correct the row"
                    )
        if self.principals and not self.purpose:
            raise ValueError(
                "`purpose` is missing: the Sid of the statement by which a principal may look at itself"
            )
        object.__setattr__(self, "fill", compiled(self.parameters, FILTERS))


@lru_cache(maxsize=1)
def own_call_rows() -> tuple[OwnCallRow, ...]:
    """Return the table of our own calls."""
    return tuple(made(OwnCallRow, entry, on_denied=OwnConsequence) for entry in read("own_calls", "call"))
