"""What a plan holds, in which order, and when it refuses."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.plans import kinds
from zappa_iam_ext.errors import QuotaExceeded, ZappaIamError
from zappa_iam_ext.iam.synthesis import MANAGED_POLICY_LIMIT
from zappa_iam_ext.plan import (
    DOCUMENT_TAG,
    Consents,
    CreatePolicyVersion,
    CurrentKey,
    CurrentPolicy,
    CurrentState,
    DeletePolicyVersion,
    DesiredPolicy,
    DesiredState,
    Quotas,
)
from zappa_iam_ext.plan import (
    plan as make_plan,
)
from zappa_iam_ext.plan.documents import fingerprint, same, size

NAME = "ZappaLambdaDeploymentPolicy"
ARN = f"arn:aws:iam::123456789012:policy/{NAME}"


def document(*actions, resource="*", sid="A"):
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions) or ["s3:GetObject"],
        "Resource": resource,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


DOCUMENT = document("lambda:GetFunction", "s3:GetObject")
OTHER = document("s3:*")
DESIRED = DesiredState("123456789012", "serverless", (DesiredPolicy(NAME, DOCUMENT),), profile="serverless")


def policy(content=DOCUMENT, *, ours=True, written=None, versions=("v1",), arn=ARN):
    tags = {"CreatedBy": "zappa-iam-ext", DOCUMENT_TAG: fingerprint(written or content)} if ours else {}
    return CurrentPolicy(arn, content, versions[-1], tuple(versions), tags)


DONE = CurrentState(
    user_exists=True,
    policies={NAME: policy()},
    attached=(ARN,),
    keys=(CurrentKey("AKIA1", active=True),),
    profile_key="AKIA1",
)


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        pytest.param(DONE, [], id="nothing differs: an empty plan"),
        pytest.param(
            CurrentState(),
            ["CreateUser", "CreatePolicy", "AttachUserPolicy", "CreateAccessKey", "WriteProfile"],
            id="nothing is there: what is referred to comes first, the key last",
        ),
        pytest.param(
            replace(DONE, policies={NAME: policy(OTHER)}),
            ["TagPolicy", "CreatePolicyVersion"],
            id="our unedited policy is brought up to date",
        ),
        pytest.param(
            replace(DONE, policies={NAME: policy(OTHER, versions=("v3", "v4", "v5", "v6", "v7"))}),
            ["TagPolicy", "DeletePolicyVersion", "CreatePolicyVersion"],
            id="five versions: the oldest makes room",
        ),
        pytest.param(
            replace(DONE, policies={NAME: policy(written=OTHER)}),
            ["TagPolicy"],
            id="an interrupted update is finished",
        ),
        pytest.param(
            replace(DONE, policies={NAME: policy(ours=False)}),
            [],
            id="a policy that says the same is used as it is",
        ),
        pytest.param(replace(DONE, attached=()), ["AttachUserPolicy"], id="only the attachment is missing"),
        pytest.param(
            replace(DONE, profile_key=None),
            ["CreateAccessKey", "WriteProfile"],
            id="a key whose secret is unknown",
        ),
        pytest.param(
            replace(DONE, policies={NAME: policy(document("s3:GetObject", "LAMBDA:getfunction", sid="B"))}),
            [],
            id="order, case of actions and Sids mean nothing",
        ),
        pytest.param(
            replace(
                DONE,
                policies={NAME: policy(), f"{NAME}-2": policy(OTHER, arn=f"{ARN}-2")},
                attached=(ARN, f"{ARN}-2"),
            ),
            ["DetachUserPolicy"],
            id="a part of ours that is no longer needed is detached",
        ),
        pytest.param(
            replace(
                DONE,
                policies={NAME: policy(), f"{NAME}-2": policy(OTHER, arn=f"{ARN}-2", ours=False)},
                attached=(ARN, f"{ARN}-2"),
            ),
            [],
            id="somebody else's policy stays attached",
        ),
    ],
)
def test_changes(current, expected):
    plan = make_plan(DESIRED, current, Consents(prune_versions=True))
    assert kinds(plan) == expected
    assert not plan.unsafe
    assert plan.empty == (not expected)
    assert json.loads(json.dumps(plan.to_json()))["changes"] == plan.to_json()["changes"]


def test_the_oldest_version_that_is_not_the_default_makes_room():
    current = replace(
        DONE, policies={NAME: CurrentPolicy(ARN, OTHER, "v3", ("v3", "v4", "v5", "v6", "v7"), {})}
    )
    plan = make_plan(DESIRED, current, Consents(adopt=True))
    assert plan.changes[1:] == (DeletePolicyVersion(ARN, "v4"), CreatePolicyVersion(ARN, DOCUMENT, "v3"))


@pytest.mark.parametrize(
    ("current", "reason", "consent"),
    [
        pytest.param(
            replace(DONE, policies={NAME: policy(OTHER, ours=False)}),
            "does not carry our tag",
            {"adopt": True},
            id="a policy that somebody else made",
        ),
        pytest.param(
            replace(DONE, policies={NAME: policy(OTHER, written=document("ec2:*"))}),
            "somebody edited",
            {"adopt": True},
            id="a policy of ours that somebody edited",
        ),
        pytest.param(
            replace(DONE, policies={NAME: policy(OTHER, versions=("v3", "v4", "v5", "v6", "v7"))}),
            "v3, the oldest, would be deleted",
            {"prune_versions": True},
            id="a sixth version",
        ),
        pytest.param(
            replace(DONE, profile_key="AKIAOTHER"),
            "the profile holds an access key",
            {"overwrite_profile": True},
            id="a profile with another user's key",
        ),
        pytest.param(
            replace(DONE, keys=(CurrentKey("AKIA1", active=False),)),
            "not an active key",
            {"overwrite_profile": True},
            id="a profile with an inactive key",
        ),
    ],
)
def test_what_is_not_ours_is_unsafe_until_somebody_consents(current, reason, consent):
    plan = make_plan(DESIRED, current)
    assert plan.unsafe
    assert reason in plan.concerns[0].reason
    assert plan.concerns[0].hint
    assert plan.to_json()["unsafe"] is True
    assert not make_plan(DESIRED, current, Consents(**consent)).unsafe


TEN = tuple(f"arn:aws:iam::123456789012:policy/p{n}" for n in range(10))


@pytest.mark.parametrize(
    ("desired", "current", "message"),
    [
        pytest.param(DESIRED, replace(DONE, attached=TEN), "11 managed policies", id="eleventh policy"),
        pytest.param(
            DESIRED,
            replace(
                DONE, profile_key=None, keys=(CurrentKey("A", active=True), CurrentKey("B", active=False))
            ),
            "already has 2 access keys",
            id="third access key, inactive ones count",
        ),
        pytest.param(
            replace(DESIRED, policies=(DesiredPolicy(NAME, document(*(f"s3:A{n:04}" for n in range(700)))),)),
            DONE,
            "6,144",
            id="a document that is too long",
        ),
    ],
)
def test_a_quota_is_met_before_any_call(desired, current, message):
    with pytest.raises(QuotaExceeded, match=message) as caught:
        make_plan(desired, current)
    assert caught.value.hint


def test_ten_policies_are_fine_when_ours_is_one_of_them():
    assert make_plan(DESIRED, replace(DONE, attached=(*TEN[:9], ARN))).empty
    assert kinds(make_plan(DESIRED, replace(DONE, attached=TEN, quotas=Quotas(attached_to_user=20)))) == [
        "AttachUserPolicy"
    ]


@pytest.mark.parametrize(
    "desired",
    [
        pytest.param(replace(DESIRED, account="12345"), id="account of five digits"),
        pytest.param(replace(DESIRED, account="١٢٣٤٥٦٧٨٩٠١٢"), id="account of other digits"),
        pytest.param(replace(DESIRED, user="a b"), id="user with a blank"),
        pytest.param(replace(DESIRED, user="x" * 65), id="user of 65 characters"),
        pytest.param(replace(DESIRED, path="deploy"), id="path without slashes"),
        pytest.param(replace(DESIRED, policies=()), id="no policy"),
        pytest.param(replace(DESIRED, policies=(DesiredPolicy("a/b", DOCUMENT),)), id="policy with a slash"),
        pytest.param(
            replace(DESIRED, policies=(DesiredPolicy("a", DOCUMENT), DesiredPolicy("A", DOCUMENT))),
            id="names that differ in case only",
        ),
    ],
)
def test_what_iam_would_not_accept_is_refused(desired):
    with pytest.raises(ZappaIamError) as caught:
        make_plan(desired, CurrentState())
    assert caught.value.hint


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param(
            {"Statement": {"Effect": "Allow", "Action": "a:B"}},
            {"Statement": [{"Effect": "Allow", "Action": ["A:b"]}]},
            True,
            id="one value or a list of one",
        ),
        pytest.param(
            document(resource="arn:aws:s3:::A"),
            document(resource="arn:aws:s3:::a"),
            False,
            id="resources have case",
        ),
        pytest.param({**document(), "Version": "2008-10-17"}, document(), False, id="the version matters"),
        pytest.param(
            {"Statement": []}, {"Version": "2008-10-17", "Statement": []}, True, id="2008 is the default"
        ),
        pytest.param(
            {"Statement": {"Condition": {"Bool": {"aws:SecureTransport": True}}}},
            {"Statement": {"Condition": {"bool": {"AWS:securetransport": ["true"]}}}},
            True,
            id="condition operators and keys have no case, booleans are strings",
        ),
        pytest.param(
            {"Statement": [{"Action": "a:B"}, {"Action": "c:D"}]},
            {"Statement": [{"Action": "c:D"}, {"Action": "a:B"}]},
            True,
            id="order of statements",
        ),
        pytest.param(
            {"Statement": {"Action": "a:B"}}, {"Statement": {"NotAction": "a:B"}}, False, id="NotAction"
        ),
        pytest.param(
            {"Statement": {"Principal": {"AWS": "1"}}},
            {"Statement": {"Principal": {"AWS": ["1"]}}},
            True,
            id="one principal or a list of one",
        ),
        pytest.param(
            {"Statement": {"Condition": {"Bool": "nonsense"}}},
            {"Statement": {"Condition": {"Bool": {}}}},
            False,
            id="a condition that is none is compared, not parsed",
        ),
        pytest.param(
            {"Statement": "nonsense"}, {"Statement": [7]}, False, id="nonsense is compared, not parsed"
        ),
    ],
)
def test_same(one, other, expected):
    assert same(one, other) is same(other, one) is expected
    assert (fingerprint(one) == fingerprint(other)) is expected


def test_white_space_between_words_does_not_count():
    assert size({"a": "b c"}) == len('{"a":"bc"}')
    assert size(document("s3:GetObject")) < MANAGED_POLICY_LIMIT


STATES = st.builds(
    CurrentState,
    user_exists=st.just(True),
    policies=st.dictionaries(
        st.sampled_from([NAME, f"{NAME}-2"]),
        st.builds(
            policy,
            st.sampled_from([DOCUMENT, OTHER]),
            ours=st.booleans(),
            written=st.sampled_from([None, OTHER]),
            versions=st.sampled_from([("v1",), ("v1", "v2", "v3", "v4", "v5")]),
        ),
    ),
    attached=st.sampled_from([(), (ARN,)]),
    keys=st.sampled_from([(), (CurrentKey("AKIA1", active=True),), (CurrentKey("AKIA1", active=False),)]),
    profile_key=st.sampled_from([None, "AKIA1", "AKIA9"]),
)


@given(STATES)
def test_law_planning_is_deterministic_and_never_makes_a_key_without_storing_it(current):
    plan = make_plan(DESIRED, current)
    assert plan == make_plan(DESIRED, current)
    names = kinds(plan)
    assert names.count("CreateAccessKey") == names.count("WriteProfile") <= 1
    if "CreateAccessKey" in names:
        assert names[-2:] == ["CreateAccessKey", "WriteProfile"]
