"""The statements that would allow what was denied, and the policy that they belong into. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.principals import CallerKind, role_of, stage_role
from zappa_iam_ext.permissions.denials.redaction import to_fill_in
from zappa_iam_ext.permissions.denials.resources import resource_arn
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.stage import Stage

#: What a function mounts a file system with and writes to it (Lambda Developer Guide: Configuring file system access).
_MOUNTING = ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")
#: What has another name each time: the streams of a log group, the connections of a WebSocket API.
_LASTING = re.compile(
    r"\A(arn:[^:]*:logs:.*?:log-group:[^:]+:|arn:[^:]*:execute-api:.*?/@connections/).+", re.DOTALL
)
_FAN_OUT = ("DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")
Statements = tuple[Mapping[str, Any], ...]
#: The service-linked roles that a deployment makes, by the service whose call makes them (IAM User Guide: AWS services
#: that work with IAM; CloudFront Developer Guide: service-linked roles for Lambda@Edge): service principal, name.
_LINKED = {
    "apigateway": (("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway"),),
    "cloudfront": (
        ("replicator.lambda.amazonaws.com", "AWSServiceRoleForLambdaReplicator"),
        ("logger.cloudfront.amazonaws.com", "AWSServiceRoleForCloudFrontLogger"),
    ),
    "ecs": (("ecs.amazonaws.com", "AWSServiceRoleForECS"),),
    "elasticfilesystem": (("elasticfilesystem.amazonaws.com", "AWSServiceRoleForAmazonElasticFileSystem"),),
    "elasticloadbalancing": (
        ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
    ),
    "rds": (("rds.amazonaws.com", "AWSServiceRoleForRDS"),),
}


def statements(
    denial: Denial,
    caller: CallerKind,
    wanted: Sequence[Requirement],
    action: str,
    stage: Stage | None = None,
) -> Statements:
    """Return the statements that would allow what was denied; none where only something else helps.

    ``wanted`` is what the calls that lead to the denial ask for, ``action`` the denied one as policies write it.
    ``stage`` names what the execution role reads, where the text does not.
    """
    if denial.explicit or denial.layer not in {"", "identity", "resource"}:
        return ()
    if caller is CallerKind.SERVICE:
        return _of_resource(denial, action)
    if denial.layer == "resource":
        return _trust("lambda.amazonaws.com") if denial.by_role and action == "sts:AssumeRole" else ()
    if caller in {CallerKind.ROOT, CallerKind.ANONYMOUS, CallerKind.SERVICE_LINKED_ROLE}:
        return ()
    if wanted and caller in {CallerKind.DEPLOYER, CallerKind.CLOUDFORMATION_ROLE}:
        asked: Sequence[Requirement] = wanted
    else:
        asked = _asked(denial, action, stage)
    made = deployment_policy(asked).to_dict()["Statement"] if asked else []
    keeps_sid = caller is CallerKind.DEPLOYER and bool(wanted)
    return tuple(item if keeps_sid else _without_sid(item) for item in made)


def place_of(denial: Denial, caller: CallerKind, stage: Stage | None = None, *, needed: bool = True) -> str:
    """Return the policy that the statements belong into; ``needed`` says whether Zappa makes the call at all."""
    role = role_of(denial.principal)
    if caller is CallerKind.SERVICE or denial.layer == "resource":
        trust = denial.action.lower() == "sts:assumerole"
        trusting = f"the trust policy of {role_of(resource_arn(denial)) or 'the role'}"
        return trusting if trust else "the policy of the resource itself"
    if caller is CallerKind.EXECUTION_ROLE:
        foreign = stage is not None and bool(role) and role not in {stage.role.name, stage_role(stage)}
        own = foreign or (stage is not None and not stage.role.managed)
        return f"the policy of the role {role or stage_role(stage)}" if own and stage else "extra_permissions"
    if denial.action.lower() == "sts:assumerole":
        return "the policy of the caller"
    if caller is CallerKind.CLOUDFORMATION_ROLE and not role:
        return "the policy of CloudFormation's service role"
    if caller is CallerKind.CLOUDFORMATION_ROLE or role:
        return f"the policy of the role {role}"
    return "the policy of whoever deploys" if needed else "the policy of whoever runs that tool"


def blanks(statements: Statements) -> tuple[str, ...]:
    """Return the placeholders that have to be filled in before the statements can be used."""
    return to_fill_in(repr(statements))


def _without_sid(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a statement without its Sid, which tells what the stage's own policy has it for."""
    return {key: value for key, value in statement.items() if key != "Sid"}


def _asked(denial: Denial, action: str, stage: Stage | None) -> Sequence[Requirement]:
    """Return what the text itself asks for, where it names an action and what it is on."""
    if not action:
        return ()
    if action == "iam:CreateServiceLinkedRole" and not resource_arn(denial):
        return [
            Requirement(
                action,
                f"arn:aws:iam::*:role/aws-service-role/{principal}/{name}",
                context={"iam:AWSServiceName": principal},
                restrict=("iam:AWSServiceName",),
            )
            for principal, name in _LINKED.get(denial.service, ())
        ]
    resources = [_LASTING.sub(r"\1*", resource_arn(denial))] if resource_arn(denial) else []
    if action in _MOUNTING and denial.by_role:
        return _mounting(denial, stage)
    if not denial.resource and (denial.by_role or denial.by_service_role):
        resources = _event_sources(stage, action.partition(":")[0]) or ["*"]
    if ":stream/" in denial.resource and "/consumer/" in denial.resource and denial.by_role:
        return _fan_out(resource_arn(denial))
    return [Requirement(name, resource) for resource in resources for name in (action, *denial.also)]


def _fan_out(consumer: str) -> list[Requirement]:
    """Return what a mapping reads a consumer of a Kinesis stream with (observed, lambda-roles.json: enhanced fan-out)."""
    stream = consumer.partition("/consumer/")[0]
    asked = [Requirement(f"kinesis:{name}", stream) for name in _FAN_OUT]
    return [*asked, Requirement("kinesis:SubscribeToShard", consumer)]


def _mounting(denial: Denial, stage: Stage | None) -> list[Requirement]:
    """Return what mounts a file system: IAM checks it on the file system, through which access point is a condition.

    Source: Service Authorization Reference, Amazon EFS; Lambda Developer Guide, Configuring file system access. The stage
    names its access points under ``efs_config``.
    """
    named = resource_arn(denial)
    arns = [named] if named else _access_points(stage)
    return [
        requirement for arn in arns or ["*"] for action in _MOUNTING for requirement in _mounted(action, arn)
    ]


def _mounted(action: str, arn: str) -> Iterator[Requirement]:
    if ":access-point/" not in arn:
        yield Requirement(action, arn)
        return
    key = "elasticfilesystem:AccessPointArn"
    file_system = f"{arn.partition(':access-point/')[0]}:file-system/*"
    yield Requirement(action, file_system, context={key: arn}, restrict=(key,))


def _access_points(stage: Stage | None) -> list[str]:
    entries = stage.settings.get("efs_config") if stage else ()
    arns = [entry.get("Arn") for entry in entries or () if isinstance(entry, Mapping)]
    return [arn for arn in arns if isinstance(arn, str) and arn.startswith("arn:")]


def _event_sources(stage: Stage | None, service: str) -> list[str]:
    """Return the ARNs of a service that the stage's function is fed from (Zappa's ``events``)."""
    events = stage.settings.get("events") if stage else ()
    sources = [event.get("event_source") for event in events or () if isinstance(event, Mapping)]
    arns = [source.get("arn") for source in sources if isinstance(source, Mapping)]
    return [arn for arn in arns if isinstance(arn, str) and arn.split(":")[2:3] == [service]]


def _of_resource(denial: Denial, action: str) -> Statements:
    """Return the statement of a resource's own policy that lets a service in; a trust policy names no resource."""
    if action == "sts:AssumeRole":
        return _trust(denial.principal)
    resource = resource_arn(denial)
    if not resource or not action:
        return ()
    return (
        {
            "Effect": "Allow",
            "Principal": {"Service": denial.principal},
            "Action": action,
            "Resource": resource,
        },
    )


def _trust(service: str) -> Statements:
    return ({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},)
