"""Whom the execution role of a stage trusts: one statement for each service that uses it, and what a live trust does.

Which service uses it: Lambda always; EventBridge where ``PutRule`` names the role; API Gateway where the role is the
credentials of an integration or of an authorizer, which Zappa writes for REST APIs only.
Which keys a service sends (observed on AWS, ``tests/cases/observed/passed-roles.json``): EventBridge the rule and its
account, API Gateway neither. Of Lambda nobody measured it: the account is demanded as others do, and can be left out;
the function's ARN is never demanded, as a function in a VPC is refused when it is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PolicySet, evaluate
from zappa_iam_ext.iam.arn import is_service
from zappa_iam_ext.iam.statement import PolicyKind
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.collections import COLLECTIONS, LAST_WITH_KAPPA
from zappa_iam_ext.permissions.tables.conditions import holds
from zappa_iam_ext.permissions.tables.versions import parse_version

LAMBDA = "lambda.amazonaws.com"
EVENTS = "events.amazonaws.com"
API_GATEWAY = "apigateway.amazonaws.com"
ASSUME = "sts:AssumeRole"
SOURCE_ACCOUNT = "aws:SourceAccount"
SOURCE_ARN = "aws:SourceArn"
_DEPLOY = Command("deploy")
_SIDS: Mapping[str, str] = {
    LAMBDA: "RunTheFunction",
    EVENTS: "DeliverScheduledEvents",
    API_GATEWAY: "CallTheFunctionFromTheApi",
}
#: What goes wrong where a service may not assume the role (observed on AWS).
_SYMPTOMS: Mapping[str, str] = {
    LAMBDA: (
        "CreateFunction is refused: the role defined for the function cannot be assumed by Lambda; a function that "
        "is there already fails when it is called"
    ),
    EVENTS: "PutRule is refused: the provided role cannot be assumed by principal 'events.amazonaws.com'",
    API_GATEWAY: "every request of the API answers HTTP 500 and the function is never called; the deployment tells nothing",
}
#: What is known of the keys of the source that each service sends (observed on AWS).
_ABOUT_SOURCES: Mapping[str, str] = {
    LAMBDA: "a function in a VPC is refused where the trust asks for its ARN; other keys of Lambda were not measured",
    EVENTS: "EventBridge sends the ARN and the account of the rule; the condition asks for something else",
    API_GATEWAY: "API Gateway sends neither aws:SourceArn nor aws:SourceAccount; no condition on them ever holds",
}
#: Keys of which nobody measured what a service sends, or whose value changes from one request to the next: a condition
#: on them is not decided. A name that ends in a slash stands for every tag.
_NOT_MEASURED = (
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:currenttime",
    "aws:epochtime",
    "aws:principaltype",
    "aws:referer",
    "aws:requestedregion",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:resourcetag/",
    "aws:securetransport",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:useragent",
    "aws:viaawsservice",
    "iam:resourcetag/",
    "sts:rolesessionname",
)


def trusted_services(stage: Stage) -> tuple[str, ...]:
    """Return the services that use the execution role for these settings; Lambda is the first."""
    uses = {
        LAMBDA: True,
        API_GATEWAY: holds("apigateway_v1", stage, _DEPLOY),
        EVENTS: next(_rules_with_the_role(stage), None) is not None,
    }
    return tuple(service for service, used in uses.items() if used)


def execution_trust(stage: Stage, *, lambda_source_account: bool = True) -> dict[str, Any]:
    """Return the trust policy of the execution role.

    ``lambda_source_account`` demands the account of the function from Lambda too. While the account of the stage is
    unknown no condition is written: it would hold for nobody. ``Service`` is a list, as Zappa compares it as one.
    """
    demanding = {EVENTS, LAMBDA} if lambda_source_account else {EVENTS}
    statements = [
        _statement(service, stage.account_id if service in demanding else None)
        for service in trusted_services(stage)
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(service: str, account: str | None) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": _SIDS[service],
        "Effect": "Allow",
        "Principal": {"Service": [service]},
        "Action": ASSUME,
    }
    if account:
        statement["Condition"] = {"StringEquals": {SOURCE_ACCOUNT: account}}
    return statement


def _rules_with_the_role(stage: Stage) -> Iterator[str]:
    """Yield the rules that name the role: those of schedules, and of an EventBridge source with this role (kappa)."""
    if holds("schedules", stage, _DEPLOY):
        yield from (item["rule"] for item in COLLECTIONS["rules"].items(stage, _DEPLOY))
    if parse_version(stage.zappa_version) > LAST_WITH_KAPPA:
        return
    for item in COLLECTIONS["events_sources"].items(stage, _DEPLOY):
        if item["source_role"] in {stage.role_arn, stage.named_role_arn}:
            yield item["source_rule"]


@dataclass(frozen=True, slots=True)
class ServiceTrust:
    """What a trust policy does for one service: ``decision`` on its ``sts:AssumeRole``, and what is wrong then.

    ``symptom`` tells what fails where the service may not, ``because`` why, where a condition is the reason; both are there
    too where nobody can tell. ``needed`` says that the settings use the role through this service.
    """

    service: str
    needed: bool
    decision: Decision
    symptom: str = ""
    because: str = ""

    @property
    def broken(self) -> bool:
        """Say whether a service that needs the role may not assume it, for certain."""
        return self.needed and self.decision in {Decision.IMPLICIT_DENY, Decision.EXPLICIT_DENY}

    @property
    def unsure(self) -> bool:
        """Say whether nobody can tell if a service that needs the role may assume it."""
        return self.needed and self.decision is Decision.UNKNOWN


def judge_trust(stage: Stage, live: Mapping[str, Any] | str) -> tuple[ServiceTrust, ...]:
    """Return what a live trust policy does for each service that uses the role, and for others that it lets in.

    Raises `InvalidPolicyDocument` for what IAM would not evaluate.
    """
    document = PolicyDocument.parse(live, PolicyKind.TRUST, stored=False, readable=False)
    needed = trusted_services(stage)
    services = dict.fromkeys((*needed, *_services(document)))
    found = (_judged(stage, document, service, needed=service in needed) for service in services)
    return tuple(item for item in found if item.needed or item.decision is not Decision.IMPLICIT_DENY)


def _services(document: PolicyDocument) -> Iterator[str]:
    """Yield the services that the document names; a star, and a name that no service has, name none."""
    for statement in document.statements:
        for name in (statement.principals or {}).get("Service", ()):
            if is_service(name):
                yield name


def _judged(stage: Stage, document: PolicyDocument, service: str, *, needed: bool) -> ServiceTrust:
    policies = PolicySet(resource=document)
    keys = _condition_keys(document, service)
    open_keys = frozenset(key for key in keys if _is_not_measured(key))
    requests = _requests(stage, service, open_keys) if needed else [_anything(stage, service)]
    worst = max((evaluate(policies, request).decision for request in requests), key=_WORSE.index)
    if not needed or worst is Decision.ALLOWED:
        return ServiceTrust(service, needed, worst)
    return ServiceTrust(service, needed, worst, _SYMPTOMS[service], _because(service, keys, worst))


def _condition_keys(document: PolicyDocument, service: str) -> tuple[str, ...]:
    """Return the keys of the conditions on a service or on everybody, as they are written."""
    found = (
        key
        for statement in document.statements
        if {service, "*"} & {name for names in (statement.principals or {}).values() for name in names}
        for tests in statement.condition.values()
        for key in tests
    )
    return tuple({key.lower(): key for key in found}.values())


def _is_not_measured(key: str) -> bool:
    name, tag, _ = key.lower().partition("/")
    return name + tag in _NOT_MEASURED


def _because(service: str, keys: tuple[str, ...], decision: Decision) -> str:
    """Return why the conditions do not hold, or why nobody can tell; empty where there are none."""
    if not keys:
        return ""
    sources = {SOURCE_ARN.lower(), SOURCE_ACCOUNT.lower()}
    others = [key for key in keys if key.lower() not in sources]
    if not others:
        return _ABOUT_SOURCES[service]
    if decision is Decision.UNKNOWN:
        open_keys = [key for key in others if _is_not_measured(key)]
        if not open_keys:
            return _ABOUT_SOURCES[service]
        return (
            f"nobody can tell what the service sends for {', '.join(open_keys)}, which a condition asks for"
        )
    return f"what the service sends does not meet the conditions on {', '.join(keys)}"


_WORSE = (Decision.ALLOWED, Decision.UNKNOWN, Decision.IMPLICIT_DENY, Decision.EXPLICIT_DENY)


def _requests(stage: Stage, service: str, unmeasured: frozenset[str]) -> Iterator[AuthorizationRequest]:
    """Yield how a service asks for the role: with the keys that it was seen to send, for each rule apart.

    Lambda is taken to send the account, and the function's ARN but for a function in a VPC: not measured. Of the keys
    of the conditions those that are ``unmeasured`` may have any value.
    """
    if service == API_GATEWAY:
        sent = {SOURCE_ARN: None, SOURCE_ACCOUNT: None, "aws:PrincipalType": "AssumedRole"}
        yield _asked(
            stage,
            service,
            sent,
            unmeasured - {key for key in unmeasured if key.lower() == "aws:principaltype"},
        )
    elif stage.account_id is None:
        yield _asked(stage, service, {}, frozenset({SOURCE_ACCOUNT, SOURCE_ARN}) | unmeasured)
    elif service == EVENTS:
        for rule in dict.fromkeys(_rules_with_the_role(stage)):
            arn = f"arn:{stage.partition}:events:{stage.region}:{stage.account}:rule/{rule}"
            yield _asked(stage, service, {SOURCE_ARN: arn, SOURCE_ACCOUNT: stage.account}, unmeasured)
    elif stage.settings.get("vpc_config"):
        yield _asked(stage, service, {SOURCE_ARN: None, SOURCE_ACCOUNT: stage.account}, unmeasured)
    else:
        yield _asked(stage, service, {SOURCE_ACCOUNT: stage.account}, frozenset({SOURCE_ARN}) | unmeasured)


def _asked(
    stage: Stage,
    service: str,
    sent: Mapping[str, str | None],
    unknown: frozenset[str],
) -> AuthorizationRequest:
    return AuthorizationRequest(
        principal=service, action=ASSUME, resource=stage.role_arn, context=sent, unknown_keys=unknown
    )


def _anything(stage: Stage, service: str) -> AuthorizationRequest:
    return AuthorizationRequest(
        principal=service, action=ASSUME, resource=stage.role_arn, unknown_context=True
    )
