"""From requirements to questions for AWS's policy simulator: one for each kind of resource and each context. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from zappa_iam_ext.check.judging import request_of
from zappa_iam_ext.check.simulation.words import ContextEntry, Question
from zappa_iam_ext.check.subject import NO_FACTS, Facts
from zappa_iam_ext.errors import InvalidRequest
from zappa_iam_ext.iam import Principal, PrincipalKind
from zappa_iam_ext.iam.definitions import ActionDefinition, KeyType, action_definition
from zappa_iam_ext.iam.findings.key_types import described
from zappa_iam_ext.iam.patterns import is_pattern
from zappa_iam_ext.iam.patterns.glob import text_glob
from zappa_iam_ext.iam.simulator import simulated_context
from zappa_iam_ext.permissions.chosen_names import has_chosen_name
from zappa_iam_ext.permissions.model import Requirement

_KINDS = {
    KeyType.STRING: "string",
    KeyType.ARN: "string",
    KeyType.BOOL: "boolean",
    KeyType.NUMERIC: "numeric",
    KeyType.DATE: "date",
    KeyType.IP_ADDRESS: "ip",
}
_SHORTEST_NAME = 5
"""Characters of the name of a context key, at least (recorded: refused by botocore)."""
_ACCOUNT = re.compile(r"[0-9]{12}")
_SAMPLE = "7zappaiamext7"
"""What a name could be that Zappa makes up, where a pattern has a ``*``; a ``?`` becomes its first character."""
#: Spelled as the simulator spells what it supplies itself.
_SPELLING = {
    name.lower(): name
    for name in ("aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalIsAWSService", "aws:PrincipalType")
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A requirement, the question that holds it and the resource that stands for it there.

    ``exact``: the resource is the one that is needed. Else it is one of many that are: its denial denies, its allowing says
    nothing. ``unasked`` is why the simulator cannot tell; there is no question then.
    """

    requirement: Requirement
    question: Question | None = None
    resource: str = "*"
    exact: bool = True
    unasked: str = ""


def source_arn(principal: Principal) -> str:
    """Return whom the simulator is to be asked about (``PolicySourceArn``); empty where it knows no such principal.

    Recorded: it finds a role by name and ignores the path, so no GetRole is needed for a session. Root, sessions and
    federated users are no principals of it.
    """
    if principal.kind in {PrincipalKind.ROLE, PrincipalKind.ASSUMED_ROLE}:
        return principal.role_arn
    return principal.arn if principal.kind is PrincipalKind.USER else ""


def ask(
    requirements: Iterable[Requirement], principal: Principal, region: str, facts: Facts = NO_FACTS
) -> tuple[Asked, ...]:
    """Return each requirement with the question that holds it; equal questions are one call.

    Recorded: actions and resources are a full cross product, an action on a resource of a type that it cannot have is denied
    without a hint, one without types of resources must be asked without any, and names of actions are not checked.
    """
    prepared = [_prepare(requirement, principal, region, facts) for requirement in requirements]
    groups: dict[tuple[object, ...], list[tuple[Requirement, _Prepared]]] = {}
    for requirement, item in prepared:
        if not isinstance(item, str):
            groups.setdefault((item.kind, item.context), []).append((requirement, item))
    questions = {key: _question(item for _, item in members) for key, members in groups.items()}
    return tuple(
        Asked(requirement, unasked=item)
        if isinstance(item, str)
        else Asked(requirement, questions[item.kind, item.context], item.resource, item.exact)
        for requirement, item in prepared
    )


def again(asked: Sequence[Asked], question: Question) -> Question:
    """Return a question about no more than these requirements, with what another question gives and leaves out."""
    return replace(
        question,
        actions=tuple(dict.fromkeys(item.requirement.action for item in asked)),
        resources=tuple(dict.fromkeys(item.resource for item in asked)) if question.resources else (),
    )


def absent_for_certain(facts: Facts) -> frozenset[str]:
    """Return the keys that no request of these credentials carries, in lower case."""
    return frozenset(name.lower() for name, value in facts.items() if value is None)


@dataclass(frozen=True, slots=True)
class _Prepared:
    action: str
    resource: str
    kind: str
    context: tuple[ContextEntry, ...]
    exact: bool


def _prepare(
    requirement: Requirement, principal: Principal, region: str, facts: Facts
) -> tuple[Requirement, _Prepared | str]:
    """Return what is asked about a requirement, or why nothing can be."""
    known = action_definition(requirement.action)
    if known is None:
        return requirement, "AWS's simulator does not check names, and AWS's reference knows no such action"
    resource, exact = requirement.resource, True
    if not known.limited_to_resources:
        resource, kind = "*", ""
    else:
        if has_chosen_name(resource) or resource == "*":
            return requirement, "AWS's simulator cannot tell what holds for every name that AWS may choose"
        if is_pattern(resource):
            resource, exact = _sample(resource), False
        kind = _type(known, resource)
        if not kind:
            return (
                requirement,
                "AWS's simulator denies an action on a resource of another type without a hint",
            )
    asked = request_of(requirement, principal, region, facts)
    context = _entries({**principal.context(), **_owner(resource), **asked.context})
    return requirement, _Prepared(requirement.action, resource, kind, context, exact)


def _question(prepared: Iterable[_Prepared]) -> Question:
    items = list(prepared)
    return Question(
        tuple(dict.fromkeys(item.action for item in items)),
        tuple(dict.fromkeys(item.resource for item in items if item.kind)),
        items[0].context,
    )


def _sample(pattern: str) -> str:
    return pattern.replace("?", _SAMPLE[0]).replace("*", _SAMPLE)


def _type(known: ActionDefinition, resource: str) -> str:
    """Return the kind of the resource, service and type, that the action may have; empty where it has none such."""
    service = known.name.partition(":")[0]
    for kind in known.resource_types:
        if text_glob(kind.arn).matches(resource):
            return f"{service}:{kind.name}"
    return ""


def _owner(resource: str) -> dict[str, str]:
    """Return the account of the resource, where its ARN tells."""
    account = "".join(resource.split(":")[4:5])
    return {"aws:ResourceAccount": account} if _ACCOUNT.fullmatch(account) else {}


def _entries(context: Mapping[str, object]) -> tuple[ContextEntry, ...]:
    """Return the keys that have values, sorted, each name once whatever its case, in the types that the simulator wants."""
    found: dict[str, ContextEntry] = {}
    for name, value in context.items():
        listed = not isinstance(value, str)
        values = tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)
        if value is None or not values or len(name) < _SHORTEST_NAME:
            found.pop(name.lower(), None)
            continue
        kind = _kind(name) + ("List" if listed else "")
        entry = ContextEntry(_SPELLING.get(name, name), kind, values)
        if _is_accepted(entry):
            found[name.lower()] = entry
    return tuple(found[name] for name in sorted(found))


def _kind(name: str) -> str:
    known = described(name)
    return _KINDS.get(known.type, "string") if known and known.type else "string"


def _is_accepted(entry: ContextEntry) -> bool:
    """Say whether the simulator takes these values: one bad entry fails the whole call."""
    given = {
        "ContextKeyName": entry.name,
        "ContextKeyType": entry.kind,
        "ContextKeyValues": list(entry.values),
    }
    try:
        simulated_context([given])
    except InvalidRequest:
        return False
    return True
