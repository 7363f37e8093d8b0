"""Condition keys: which exist, and which of them a request for an action can carry."""

from __future__ import annotations

import difflib
from functools import lru_cache

from zappa_iam_ext.iam.definitions import action_definition, condition_keys, is_key, is_known_service

#: IAM User Guide, "AWS global condition context keys". A name that ends in ``/`` is followed by a tag's key.
GLOBAL_KEYS = frozenset(
    {
        "aws:AssumedRoot", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:ChatbotSourceArn",
        "aws:CurrentTime", "aws:Ec2InstanceSourcePrivateIPv4", "aws:Ec2InstanceSourceVpc", "aws:EpochTime",
        "aws:FederatedProvider", "aws:MultiFactorAuthAge", "aws:MultiFactorAuthPresent", "aws:PrincipalAccount",
        "aws:PrincipalArn", "aws:PrincipalIsAWSService", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList", "aws:PrincipalTag/", "aws:PrincipalType",
        "aws:referer", "aws:RequestedRegion", "aws:RequestTag/", "aws:ResourceAccount", "aws:ResourceOrgID",
        "aws:ResourceOrgPaths", "aws:ResourceTag/", "aws:SecureTransport", "aws:SignInSessionArn",
        "aws:SourceAccount", "aws:SourceArn", "aws:SourceIdentity", "aws:SourceIp", "aws:SourceOrgID",
        "aws:SourceOrgPaths", "aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:TagKeys",
        "aws:TokenIssueTime", "aws:UserAgent", "aws:userid", "aws:username", "aws:ViaAWSService",
        "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths", "aws:VpcSourceIp",
    }
)  # fmt: skip
#: Global keys that only some actions carry: the Service Authorization Reference lists them action by action.
_LISTED = ("aws:requesttag/", "aws:resourcetag/", "aws:tagkeys")
#: Keys with the prefix of one service that requests to others carry ("Other cross-service condition keys").
CROSS_SERVICE_KEYS = frozenset(
    {
        "codebuild:buildarn", "codebuild:projectarn", "ec2:roledelivery", "ec2:sourceinstancearn",
        "glue:credentialissuingservice", "glue:roleassumedby", "identitystore:userid", "lambda:sourcefunctionarn",
        "ssm:sourceinstancearn",
    }
)  # fmt: skip


def is_supported(key: str, action: str) -> bool:
    """Say whether a request for a known action can carry a key; what we know nothing of counts as yes."""
    wanted = key.lower()
    known = action_definition(action)
    if known is None or wanted in CROSS_SERVICE_KEYS:
        return True
    prefix = wanted.partition(":")[0]
    if prefix == "aws":
        return not wanted.startswith(_LISTED) or known.supports(wanted)
    return not is_known_service(prefix) or known.supports(wanted)


def is_known(key: str) -> bool:
    """Say whether a key exists, as far as we know; keys of identity providers are not ours to judge."""
    wanted = key.lower()
    prefix = wanted.partition(":")[0]
    if wanted in CROSS_SERVICE_KEYS or not (prefix == "aws" or is_known_service(prefix)):
        return True
    return any(is_key(wanted, known) for known in _keys(prefix))


def suggestion(key: str) -> str:
    """Return the key that was probably meant, or nothing."""
    wanted = key.lower()
    names = {known.lower(): known for known in _keys(wanted.partition(":")[0])}
    close = difflib.get_close_matches(wanted, names, n=1, cutoff=0.8)
    return names[close[0]] if close else ""


@lru_cache(maxsize=512)
def _keys(prefix: str) -> frozenset[str]:
    return GLOBAL_KEYS if prefix == "aws" else condition_keys(prefix)
