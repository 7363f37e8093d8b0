"""Which policies a request meets: whose accounts are involved, and whom the organization's policies reach."""

from __future__ import annotations

from typing import NamedTuple

from zappa_iam_ext.iam.arn import Principal, PrincipalKind
from zappa_iam_ext.iam.patterns import is_pattern

_RCP_SERVICES = """
aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch
cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend
comprehendmedical compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis
fms gamelift health inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications
opensearch pca-connector-ad personalize polly pricing resource-groups rolesanywhere s3 secretsmanager
servicediscovery signin sqs sts support swf textract timestream-influxdb transcribe transfer translate wafv2
workspaces xray
"""
#: Services whose actions RCPs reach (AWS Organizations User Guide, "List of AWS services that support RCPs"), as the
#: page stood on 2026-09-26. The list grows: a service that is added later is taken for one that RCPs do not reach.
RCP_SERVICES = frozenset(_RCP_SERVICES.split())
#: Actions that no RCP reaches (AWS Organizations User Guide, "Resources and entities not restricted by RCPs").
RCP_EXEMPT = frozenset({"kms:retiregrant"})
#: KMS permissions that are "valid only in an IAM policy" (KMS Developer Guide, "Default key policy").
_ABOUT_NO_KEY = frozenset({"kms:createkey", "kms:listaliases", "kms:listkeys"})
_ALIAS, _SERVICE_LINKED_ROLE = ":alias/", ":role/aws-service-role/"


class Reach(NamedTuple):
    """What decides beside the statements.

    ``cross_account``: principal and resource belong to different accounts. ``must_itself``: the resource's policy is
    given and must itself allow or delegate. ``given``: the resource's policy is given. ``scp`` and ``rcp``: whether
    the organization's policies reach principal and resource. ``bounded``: the boundary may limit even a user whom
    the resource's policy names.
    """

    cross_account: bool = False
    must_itself: bool = False
    given: bool = False
    scp: bool = True
    rcp: bool = True
    bounded: bool = False


WITHIN_ACCOUNT = Reach()


def reach(principal: Principal, action: str, resource: str, account: str, *, given: bool) -> Reach:
    """Return what a request meets; ``account`` is that of the resource, empty for the principal's own.

    ``action`` is in lower case. SCPs reach neither service-linked roles nor principals outside the organization's
    accounts (AWS Organizations User Guide, "Tasks and entities not restricted by SCPs"), RCPs no service-linked role.
    Nor do RCPs keep a service from assuming a service-linked role. That neither reaches the management account, nor
    RCPs an AWS managed key of KMS, cannot be seen from a request. Whether the boundary of a user whom a trust policy
    names must allow ``sts:AssumeRole``, the IAM User Guide answers both ways ("Update a role trust policy": yes; "How
    AWS enforcement code logic evaluates requests": no).
    """
    own = principal.has_identity_policies
    linked = principal.is_service_linked_role
    assumes = principal.kind is PrincipalKind.SERVICE and _SERVICE_LINKED_ROLE in resource
    return Reach(
        cross_account=own and bool(account and principal.account) and account != principal.account,
        must_itself=given and must_itself(action, resource),
        given=given,
        scp=own and not linked,
        rcp=not linked and not (assumes and action.startswith("sts:")) and reached_by_rcp(action),
        bounded=principal.kind is PrincipalKind.USER
        and not action.startswith("kms:")
        and must_itself(action, resource),
    )


def must_itself(action: str, resource: str) -> bool:
    """Say whether the policy of the resource must allow or delegate: a key policy, a trust policy.

    IAM User Guide, "How AWS enforcement code logic evaluates requests": identity policies alone never suffice there.
    KMS Developer Guide, "Default key policy": a few actions are about no key. A key's alias has no key policy.
    """
    service, _, name = action.partition(":")
    if service == "kms":
        return _ALIAS not in resource and action not in _ABOUT_NO_KEY
    if service == "sts":
        return name.startswith(("assumerole", "tagsession", "set")) or is_pattern(name)
    return is_pattern(service)


def reached_by_rcp(action: str) -> bool:
    """Say whether RCPs reach an action, or some of a pattern of actions."""
    service = action.partition(":")[0]
    return is_pattern(service) or (service in RCP_SERVICES and action not in RCP_EXEMPT)
