"""The words of this room: what Zappa calls, and what AWS then asks to be allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Consequence(StrEnum):
    """What becomes of the Zappa command, or of the deployed function, when a call is denied.

    ``refused``: AWS looks at the execution role while Zappa deploys, and refuses to make or change what would use it.
    The function's own calls are never refused: they stop a request or a task, go unnoticed, or do no harm.
    """

    REFUSED = "refused"
    STOPS = "stops"
    SILENT = "silent"
    HARMLESS = "harmless"


class UsedBy(StrEnum):
    """Who uses a permission of the execution role.

    ``function``: the code that runs in the function. ``poller``: Lambda's poller of an event source. ``lambda``: Lambda
    itself, around the function. ``api-gateway`` and ``eventbridge`` assume the role to invoke.
    """

    FUNCTION = "function"
    POLLER = "poller"
    API_GATEWAY = "api-gateway"
    EVENTBRIDGE = "eventbridge"
    LAMBDA = "lambda"


class ResourceState(StrEnum):
    """In which state of the account a call is made that a straight first deployment leaves out.

    ``existing``: what is to be made is there already. ``drifted``: what is there differs from the settings.
    ``orphaned``: something is left over from former settings or a former deployment. ``missing``: something that
    the settings ask for is not there yet, or no more.
    """

    EXISTING = "existing"
    DRIFTED = "drifted"
    ORPHANED = "orphaned"
    MISSING = "missing"

    @property
    def words(self) -> str:
        """What to tell of a need that arises in this state only."""
        return _ONLY_IF[self]


_ONLY_IF: Mapping[ResourceState, str] = {
    ResourceState.EXISTING: "only if it is there already",
    ResourceState.DRIFTED: "only if what is there differs from the settings",
    ResourceState.ORPHANED: "only if something is left over from former settings",
    ResourceState.MISSING: "only if something that the settings ask for is missing",
}


class OwnConsequence(StrEnum):
    """What becomes of our own command when AWS denies one of its calls.

    ``unknown``: it goes on, and verdicts that hang on the answer are unknown (exit code 3). ``stops``: it cannot run
    (exit code 2). ``harmless``: it goes on with less to say.
    """

    UNKNOWN = "unknown"
    STOPS = "stops"
    HARMLESS = "harmless"


class Confidence(StrEnum):
    """How we know: from AWS's own documents, from recordings under enforcement, or only from a model.

    ``modelled`` rows are those that only the real AWS could confirm; the safe side is granted.
    """

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    MODELLED = "modelled"


@dataclass(frozen=True, slots=True)
class Command:
    """A Zappa command line after the word ``zappa``: its name and the flags that change what is called."""

    name: str
    flags: frozenset[str] = frozenset()
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One AWS API call, predicted or recorded: the same shape for both.

    ``service`` is boto3's client name, ``operation`` the API's (``CreateFunction``), ``parameters`` as
    given to boto3. In a predicted call, strings of parameters may be patterns (``*``, ``?``).
    The rest says who calls it and why, and the only state of the account in which it does; a recorded call leaves
    it empty.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    because: str = ""
    source: str = ""
    consequence: Consequence = Consequence.STOPS
    symptom: str = ""
    setting: str = ""
    region: str = ""
    only_if: ResourceState | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One action on one resource (a pattern, if need be) that the deploying principal must be allowed, or the role.

    ``context`` holds the condition keys that AWS sends with the request, as far as they are known;
    ``restrict`` names those of them that a generated policy should demand. ``call`` is the call that
    needs it, ``because`` one sentence for the user, ``consequence`` what a denial does and ``symptom``
    what is then wrong, ``source`` where the rule is written, ``dependent`` that AWS checks it on its
    own account rather than because Zappa called this very action, ``only_if`` the state of the account without
    which it is never needed. ``absent`` names condition keys that AWS surely does not send; one that ``restrict`` names too
    has to be absent. ``used_by`` says who uses it, where the execution role needs it; None where the deploying
    principal does.
    """

    action: str
    resource: str
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    restrict: tuple[str, ...] = ()
    call: Call | None = None
    because: str = ""
    consequence: Consequence = Consequence.STOPS
    symptom: str = ""
    source: str = ""
    confidence: Confidence = Confidence.DOCUMENTED
    dependent: bool = False
    only_if: ResourceState | None = None
    absent: tuple[str, ...] = ()
    used_by: UsedBy | None = None
