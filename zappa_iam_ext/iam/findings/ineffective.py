"""Words that do nothing: actions, keys and services that do not exist, resources and conditions that never match."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence

from zappa_iam_ext.iam import unlisted
from zappa_iam_ext.iam.conditions.evaluate import ConditionTest, Context
from zappa_iam_ext.iam.conditions.truth import Truth
from zappa_iam_ext.iam.conditions.variables import VARIABLES_SINCE
from zappa_iam_ext.iam.definitions import (
    ActionDefinition,
    action_names,
    is_known_service,
    services,
    services_with,
)
from zappa_iam_ext.iam.findings.catalogue import found
from zappa_iam_ext.iam.findings.keys import is_known, is_supported, suggestion
from zappa_iam_ext.iam.findings.located_statements import LocatedStatement, can_name, definitions, expand
from zappa_iam_ext.iam.findings.model import Finding, Severity
from zappa_iam_ext.iam.patterns.glob import is_pattern

#: Prefixes that people write for others: names of boto3 clients and of services in speech.
_MEANT = {
    "apigatewayv2": "apigateway", "cloudwatchlogs": "logs", "cognito": "cognito-idp", "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing", "eventbridge": "events", "stepfunctions": "states",
}  # fmt: skip


#: What stands for all that S3 knows: whoever writes it means every bucket, and S3 itself.
_WHOLE_OF_S3 = re.compile(r"arn:(?:\*|aws[a-z-]*):s3:::\*")


def ineffective(statements: Sequence[LocatedStatement]) -> Iterator[Finding]:
    """Yield what the statements say in vain."""
    for located in statements:
        yield from _names(located)
        yield from _keys(located)
        yield from _resources(located)
        yield from _conditions(located)
        yield from _variables(located)


def _names(located: LocatedStatement) -> Iterator[Finding]:
    for action in (*located.statement.actions, *located.statement.not_actions):
        service, colon, _ = action.partition(":")
        if not colon or not service.strip("*"):
            continue
        if unlisted.names_action(action):
            continue
        if not is_known_service(service):
            if unlisted.names_service(service):
                continue
            told = f"{service} is the prefix of no service{_perhaps(_service_meant(service))}"
            yield found("unknown/service", located.ref, told, actions=[action])
        elif not expand(action):
            what = "matches no action" if is_pattern(action) else "is no action"
            told = f"{action} {what}{_perhaps(_action_meant(action))}"
            yield found("unknown/action", located.ref, told, actions=[action])


def action_note(action: str) -> str:
    """Return what is wrong with the name of an action, with what was probably meant; empty when it exists."""
    service = action.partition(":")[0]
    if unlisted.names_action(action) or (not is_known_service(service) and unlisted.names_service(service)):
        return ""
    if not is_known_service(service):
        return f"{service} is the prefix of no service{_perhaps(_service_meant(service))}"
    if expand(action):
        return ""
    what = "matches no action" if is_pattern(action) else "is no action"
    return f"{action} {what} that AWS documents{_perhaps(_action_meant(action))}"


def _perhaps(meant: str) -> str:
    return f"; perhaps {meant}" if meant else ""


def _service_meant(service: str) -> str:
    wanted = service.lower()
    close = difflib.get_close_matches(wanted, services(), n=1, cutoff=0.7)
    return _MEANT.get(wanted) or (close[0] if close else "")


def _action_meant(action: str) -> str:
    service, _, name = action.partition(":")
    names = {each.lower(): each for each in action_names(service)}
    close = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.75)
    if close:
        return f"{service}:{names[close[0]]}"
    if is_pattern(name):
        return ""
    others = services_with(name)
    return expand(f"{others[0]}:{name}")[0] if others else ""


def _keys(located: LocatedStatement) -> Iterator[Finding]:
    for key in located.condition_keys:
        if not is_known(key) and not unlisted.names_key(key):
            severity = Severity.WARNING if key.lower().startswith("aws:") else Severity.ERROR
            told = f"{key} is no condition key{_perhaps(suggestion(key))}"
            yield found("unknown/condition-key", located.ref, told, severity=severity)


def _resources(located: LocatedStatement) -> Iterator[Finding]:
    """Hold each action of a statement against its resources, and each resource against its actions."""
    statement = located.statement
    if not statement.resources or not statement.actions:
        return
    for action in aimed_in_vain(located):
        known = tuple(definitions(action))
        severity = Severity.WARNING if unlisted.limits(action) else Severity.ERROR
        if any(each.resource_types for each in known):
            told = f"{action} is {_done(located)} on nothing: {_forms(known)}"
            yield found(
                "no-effect/resource-type",
                located.ref,
                told,
                severity=severity,
                actions=[action],
                resources=statement.resources,
            )
        else:
            told = f"{action} knows no resources: it is {_done(located)} only with Resource *"
            yield found(
                "no-effect/needs-all-resources", located.ref, told, severity=severity, actions=[action]
            )
    meant = [tuple(definitions(action)) for action in statement.actions]
    if all(meant):
        yield from _unused(located, _types(each for known in meant for each in known))


def aimed_in_vain(located: LocatedStatement) -> Iterator[str]:
    """Yield the actions of a statement that are about none of its resources, after the reference."""
    statement = located.statement
    globs = [located.glob(resource) for resource in statement.resources]
    if not globs or any(glob.matches("*") for glob in globs):
        return
    named = _Named(located)
    whole_of_s3 = any(map(_WHOLE_OF_S3.fullmatch, statement.resources))
    for action in statement.actions:
        known = tuple(definitions(action))
        if known and not any(map(named.holds, _types(known))):
            nothing_of_its_own = not any(each.resource_types for each in known)
            if not (whole_of_s3 and nothing_of_its_own and action.lower().startswith("s3:")):
                yield action


class _Named:
    """The types of resources that a statement names, each looked at once."""

    def __init__(self, located: LocatedStatement) -> None:
        self._globs = [located.glob(resource) for resource in located.statement.resources]
        self._known: dict[str, bool] = {}

    def holds(self, arn: str) -> bool:
        """Say whether a resource of the statement is of a type, given the type's ARN."""
        if arn not in self._known:
            self._known[arn] = any(can_name(glob, arn) for glob in self._globs)
        return self._known[arn]


def _types(known: Iterable[ActionDefinition]) -> list[str]:
    return list(dict.fromkeys(kind.arn for each in known for kind in each.resource_types))


def _unused(located: LocatedStatement, types: Sequence[str]) -> Iterator[Finding]:
    resources = located.statement.resources
    unused = [
        resource
        for resource in resources
        if resource.strip("*") and not any(can_name(located.glob(resource), arn) for arn in types)
    ]
    if unused and len(unused) < len(resources):
        told = f"no action of the statement is about {', '.join(unused)}"
        yield found("no-effect/unused-resource", located.ref, told, resources=unused)


def _done(located: LocatedStatement) -> str:
    return "denied" if located.denies else "granted"


def _forms(known: Sequence[ActionDefinition]) -> str:
    kinds = list(dict.fromkeys(kind.arn for each in known for kind in each.resource_types))
    return "its resources look like " + " or ".join(kinds[:3])


def _conditions(located: LocatedStatement) -> Iterator[Finding]:
    """Tell the actions whose requests never carry a key that the condition asks for."""
    for test in located.compiled.tests:
        never = never_carried(located, test)
        if not never:
            continue
        held = test.judge(Context({test.key: None}, None)).truth
        if held is Truth.FALSE:
            told = f"{', '.join(never)} {_verb(never)} never {_done(located)}: no request for it carries {test.name}"
            doubtful = all(unlisted.carries(action, test.name) for action in never)
            severity = Severity.WARNING if doubtful or test.key.startswith("aws:") else Severity.ERROR
            yield found("no-effect/condition-key", located.ref, told, severity=severity, actions=never)
        elif held is Truth.TRUE:
            told = f"{test.operator.name} {test.name} limits nothing for {', '.join(never)}: no request carries the key"
            yield found("no-effect/condition-always-holds", located.ref, told, actions=never)


def never_carried(located: LocatedStatement, test: ConditionTest) -> list[str]:
    """Return the actions of a statement whose requests, after the reference, never carry the key of a test."""
    if not is_known(test.name):
        return []
    return [action for action in located.statement.actions if _lacking(action, test.name)]


def _verb(actions: Sequence[str]) -> str:
    return "is" if len(actions) == 1 else "are"


def _lacking(action: str, key: str) -> bool:
    """Say whether no action of a pattern supports a key."""
    known = expand(action)
    return bool(known) and not any(is_supported(key, each) for each in known)


def _variables(located: LocatedStatement) -> Iterator[Finding]:
    if located.version == VARIABLES_SINCE:
        return
    statement = located.statement
    tests = [value for test in located.compiled.tests for value in test.values]
    for text in (*statement.resources, *statement.not_resources, *tests):
        if "${" in text:
            told = f"{text} is plain text in a document of version {located.version}"
            yield found("no-effect/variables", located.ref, told, resources=[text])
            return
