"""What harmless calls tell: of permissions, and of what is needed in the account as it is."""

from __future__ import annotations

import pytest

from zappa_iam_ext.check import CheckedRequirement, Evidence, Verdict
from zappa_iam_ext.check.joining import Says
from zappa_iam_ext.check.probed import Presence, Probed, of_denial, resolved
from zappa_iam_ext.iam import Layer
from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.parse import parse_denial
from zappa_iam_ext.permissions.model import Call, Requirement, ResourceState

BUCKET, ROLE = "arn:aws:s3:::packages", "arn:aws:iam::123456789012:role/hello-dev"
LOOK = Probed("iam.GetRole", "iam:GetRole", ROLE, Says.NOTHING)
WHO = "User: arn:aws:iam::123456789012:user/jane is not authorized to perform: iam:GetRole on resource: role hello-dev"
SCP = "arn:aws:organizations::111111111111:policy/o-abcdefghij/service_control_policy/p-abcdefgh"


@pytest.mark.parametrize(
    ("message", "says", "layer", "explicit", "policy"),
    [
        pytest.param(f"{WHO} because no identity-based policy allows the iam:GetRole action", Says.DENIED, Layer.IDENTITY, False, "", id="no Allow"),
        pytest.param(f"{WHO} because no permissions boundary allows the iam:GetRole action", Says.DENIED, Layer.BOUNDARY, False, "", id="the boundary"),
        pytest.param(f"{WHO} because no service control policy allows the iam:GetRole action", Says.DENIED, Layer.ORGANIZATION, False, "", id="the organization"),
        pytest.param(f"{WHO} with an explicit deny in a service control policy: {SCP}", Says.DENIED, Layer.ORGANIZATION, True, SCP, id="the organization's policy by its ARN"),
        pytest.param(f"{WHO} with an explicit deny in a resource control policy: {SCP}", Says.DENIED, Layer.ORGANIZATION, True, SCP, id="a resource control policy"),
        pytest.param(f"{WHO} because no session policy allows the iam:GetRole action", Says.DENIED, Layer.SESSION, False, "", id="a session policy"),
        pytest.param(WHO, Says.DENIED, None, False, "", id="AWS does not say by what"),
        pytest.param("Access Denied", Says.NOTHING, None, False, "", id="AWS says nothing"),
        pytest.param(WHO.replace("iam:GetRole", "kms:Decrypt"), Says.NOTHING, None, False, "", id="something else on the way"),
    ],
)  # fmt: skip
def test_a_refusal_says(message, says, layer, explicit, policy):
    found = of_denial(parse_denial(message), LOOK, message)
    assert (found.says, found.layer, found.explicit, found.policy) == (says, layer, explicit, policy)
    voice = found.voice()
    assert (voice.evidence, voice.says, voice.explicit) == (Evidence.PROBE, says, explicit)
    assert bool(voice.why) is (says is Says.NOTHING)


def test_a_key_quarantine_is_a_policy_that_denies_explicitly():
    found = of_denial(Denial("iam:GetRole", layer="quarantine", policy="arn:aws:iam::aws:policy/Q"), LOOK, "")
    assert (found.layer, found.explicit) == (Layer.IDENTITY, True)


def needed(action, operation, resource, only_if=None, verdict=Verdict.DENIED, **more):
    service = action.partition(":")[0]
    call = Call(service, operation)
    return CheckedRequirement(
        Requirement(action, resource, call=call, only_if=only_if, **more), verdict, Evidence.POLICIES
    )


MISSING, DRIFTED = ResourceState.MISSING, ResourceState.DRIFTED
CREATE_BUCKET = needed("s3:CreateBucket", "CreateBucket", BUCKET, MISSING)
TAG_BUCKET = needed("s3:PutBucketTagging", "PutBucketTagging", BUCKET, MISSING)
CREATE_ROLE = needed("iam:CreateRole", "CreateRole", ROLE)
TRUST = needed("iam:UpdateAssumeRolePolicy", "UpdateAssumeRolePolicy", ROLE, DRIFTED)


def bucket(presence, resource=BUCKET):
    return Probed("s3.HeadBucket", "s3:ListBucket", resource, Says.NOTHING, presence)


def role(presence, drifted=None):
    return Probed("iam.GetRole", "iam:GetRole", ROLE, Says.ALLOWED, presence, drifted=drifted)


@pytest.mark.parametrize(
    ("result", "probed", "left", "only_if"),
    [
        pytest.param(CREATE_BUCKET, [], 1, MISSING, id="nobody looked"),
        pytest.param(CREATE_BUCKET, [bucket(Presence.UNKNOWN)], 1, MISSING, id="nobody could tell"),
        pytest.param(CREATE_BUCKET, [bucket(Presence.EXISTING)], 0, None, id="the bucket is there"),
        pytest.param(TAG_BUCKET, [bucket(Presence.EXISTING)], 0, None, id="and gets no tags"),
        pytest.param(CREATE_BUCKET, [bucket(Presence.FOREIGN)], 0, None, id="or is another account's"),
        pytest.param(CREATE_BUCKET, [bucket(Presence.MISSING)], 1, None, id="it is missing: made for certain"),
        pytest.param(CREATE_BUCKET, [bucket(Presence.EXISTING, "arn:aws:s3:::other")], 1, MISSING, id="another bucket was looked for"),
        pytest.param(CREATE_ROLE, [role(Presence.EXISTING)], 0, None, id="the role is there: even a first deployment makes none"),
        pytest.param(CREATE_ROLE, [role(Presence.MISSING)], 1, None, id="it is missing"),
        pytest.param(TRUST, [role(Presence.EXISTING, drifted=True)], 1, None, id="the trust differs: mended for certain"),
        pytest.param(TRUST, [role(Presence.EXISTING, drifted=False)], 0, None, id="the trust is the settings'"),
        pytest.param(TRUST, [role(Presence.EXISTING)], 1, DRIFTED, id="the trust cannot be read"),
        pytest.param(TRUST, [role(Presence.MISSING)], 0, None, id="a role that will be made has the right trust"),
        pytest.param(needed("iam:CreateRole", "CreateStack", ROLE, dependent=True), [role(Presence.EXISTING)], 1, None, id="what CloudFormation makes is something else"),
    ],
)  # fmt: skip
def test_what_is_needed_in_the_account_as_it_is(result, probed, left, only_if):
    kept, told = resolved([result], probed)
    assert len(kept) == left
    assert len(told) == 1 - left
    if kept:
        assert kept[0].requirement.only_if is only_if


def test_a_probe_speaks_for_the_very_call_alone():
    own = needed("iam:GetRole", "GetRole", ROLE).requirement
    other = needed("iam:GetRole", "CreateFunction", ROLE).requirement
    assert LOOK.is_about(own)
    assert not LOOK.is_about(other)
