"""Documents compared, measured and read from every form in which they come."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam import PolicyDocument

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::code/*"}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
TAGGED = {**ALLOW, "Condition": {"StringEquals": {"aws:TagKeys": ["a", "b"]}}}


def document(*statements, **others):
    return PolicyDocument.parse({"Version": "2012-10-17", "Statement": list(statements), **others})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param([ALLOW, DENY], [DENY, ALLOW], id="order of statements"),
        pytest.param([ALLOW, ALLOW], [ALLOW], id="a statement written twice"),
        pytest.param(
            [ALLOW], [{**ALLOW, "Action": ["S3:getobject"]}], id="case of actions, a list for a string"
        ),
        pytest.param([ALLOW], [{**ALLOW, "Sid": "Read"}], id="Sid"),
        pytest.param([ALLOW], [{**ALLOW, "Condition": {}}], id="an empty condition"),
        pytest.param(
            [TAGGED],
            [{**ALLOW, "Condition": {"stringequals": {"AWS:tagkeys": ["b", "a"]}}}],
            id="case of operators and keys, order of values",
        ),
        pytest.param(
            [{**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": True}}}],
            [{**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}],
            id="a boolean with and without quotation marks",
        ),
    ],
)
def test_equivalent(one, other):
    assert document(*one).equivalent(document(*other))


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({**TAGGED, "Effect": "Deny"}, id="effect"),
        pytest.param({**TAGGED, "Action": ["s3:GetObject", "s3:PutObject"]}, id="one action more"),
        pytest.param({**ALLOW, "Condition": {}}, id="no condition"),
        pytest.param({**TAGGED, "Resource": "arn:aws:s3:::CODE/*"}, id="case of a resource"),
        pytest.param({**TAGGED, "Condition": {"StringLike": {"aws:TagKeys": ["a", "b"]}}}, id="operator"),
        pytest.param(
            {**TAGGED, "Condition": {"StringEquals": {"aws:TagKeys": ["a", "B"]}}}, id="case of a value"
        ),
        pytest.param({**TAGGED, "Condition": {"StringEquals": {"aws:TagKey": ["a", "b"]}}}, id="key"),
        pytest.param(
            {
                "Effect": "Allow",
                "NotAction": "s3:GetObject",
                "Resource": "arn:aws:s3:::code/*",
                "Condition": TAGGED["Condition"],
            },
            id="NotAction",
        ),
    ],
)
def test_not_equivalent(changed):
    assert not document(TAGGED).equivalent(document(changed))


def resource_policy(*principals, element="Principal", effect="Allow"):
    statements = [
        {"Effect": effect, "Action": "sns:Publish", "Resource": "*", element: principal}
        for principal in principals
    ]
    return PolicyDocument.parse({"Version": "2012-10-17", "Statement": statements}, "resource")


ROOT, OTHER_ROOT = "arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            resource_policy({"AWS": ["111122223333", "444455556666"]}),
            resource_policy({"AWS": [OTHER_ROOT, ROOT]}),
            id="account ids and root users",
        ),
        pytest.param(
            resource_policy({"AWS": "111122223333"}, element="NotPrincipal", effect="Deny"),
            resource_policy({"AWS": ROOT}, element="NotPrincipal", effect="Deny"),
            id="in NotPrincipal",
        ),
        pytest.param(
            resource_policy({"AWS": "111122223333"}),
            resource_policy({"AWS": "arn:aws-cn:iam::111122223333:root"}),
            id="in another partition",
        ),
        pytest.param(resource_policy("*"), resource_policy({"AWS": "*"}), id="everybody"),
        pytest.param(
            resource_policy({"AWS": [ROOT, OTHER_ROOT], "Service": "s3.amazonaws.com"}),
            resource_policy(
                {"AWS": "444455556666"}, {"Service": "s3.amazonaws.com"}, {"AWS": "111122223333"}
            ),
            id="a statement for each principal",
        ),
        pytest.param(
            document({**ALLOW, "Action": ["s3:GetObject", "s3:PutObject"]}),
            document(ALLOW, {**ALLOW, "Action": "s3:PutObject"}),
            id="a statement for each action",
        ),
        pytest.param(
            document(
                {**ALLOW, "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::a", "*"]}
            ),
            document(
                {**ALLOW, "Action": ["s3:PutObject"], "Resource": ["*", "arn:aws:s3:::a"]},
                {**ALLOW, "Resource": "*"},
                {**ALLOW, "Resource": "arn:aws:s3:::a"},
            ),
            id="actions and resources, divided differently",
        ),
        pytest.param(
            document({"Effect": "Deny", "NotAction": ["s3:*", "sns:*"], "Resource": ["arn:aws:s3:::a", "*"]}),
            document(
                {"Effect": "Deny", "NotAction": ["SNS:*", "s3:*"], "Resource": "*"},
                {"Effect": "Deny", "NotAction": ["s3:*", "sns:*"], "Resource": "arn:aws:s3:::a"},
            ),
            id="NotAction stays together, its resources need not",
        ),
    ],
)
def test_principals_and_divided_statements_are_equivalent(one, other):
    assert one.equivalent(other)
    assert other.equivalent(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            resource_policy({"AWS": "111122223333"}), resource_policy({"AWS": OTHER_ROOT}), id="account"
        ),
        pytest.param(
            resource_policy({"AWS": "111122223333"}),
            resource_policy({"AWS": "arn:aws:iam::111122223333:user/root"}),
            id="a user of the account",
        ),
        pytest.param(
            resource_policy(
                {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws-cn:iam::111122223333:user/a"]}
            ),
            resource_policy({"AWS": ["111122223333", "arn:aws-cn:iam::111122223333:user/a"]}),
            id="two partitions: the account's id may be of either",
        ),
        pytest.param(
            resource_policy("*", element="NotPrincipal", effect="Deny"),
            resource_policy({"AWS": "*"}, element="NotPrincipal", effect="Deny"),
            id="everybody in NotPrincipal",
        ),
        pytest.param(resource_policy("*"), resource_policy({"Service": "*"}), id="every service"),
        pytest.param(
            resource_policy({"AWS": [ROOT, OTHER_ROOT]}, element="NotPrincipal", effect="Deny"),
            resource_policy({"AWS": ROOT}, {"AWS": OTHER_ROOT}, element="NotPrincipal", effect="Deny"),
            id="a divided NotPrincipal",
        ),
        pytest.param(
            document({"Effect": "Allow", "NotAction": ["s3:*", "sns:*"], "Resource": "*"}),
            document(
                {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
                {"Effect": "Allow", "NotAction": "sns:*", "Resource": "*"},
            ),
            id="a divided NotAction",
        ),
        pytest.param(
            document(
                {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b"]}
            ),
            document(
                {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::a"},
                {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::b"},
            ),
            id="a divided NotResource",
        ),
        pytest.param(
            document(
                {**ALLOW, "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::a", "*"]}
            ),
            document(
                {**ALLOW, "Resource": "arn:aws:s3:::a"}, {**ALLOW, "Action": "s3:PutObject", "Resource": "*"}
            ),
            id="not every pair",
        ),
        pytest.param(
            document(
                {
                    **ALLOW,
                    "Condition": {
                        "StringEquals": {"aws:username": "a"},
                        "Bool": {"aws:SecureTransport": "true"},
                    },
                }
            ),
            document(
                {**ALLOW, "Condition": {"StringEquals": {"aws:username": "a"}}},
                {**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
            ),
            id="a divided condition",
        ),
    ],
)
def test_what_does_not_mean_the_same_is_not_equivalent(one, other):
    assert not one.equivalent(other)
    assert not other.equivalent(one)


def test_in_a_trust_policy_everybody_is_more_than_every_principal_of_aws():
    one, other = (
        PolicyDocument.parse(
            {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": who}}, "trust"
        )
        for who in ("*", {"AWS": "*"})
    )
    assert not one.equivalent(other)


def test_a_version_is_part_of_the_meaning():
    assert not document(ALLOW).equivalent(PolicyDocument.parse({"Statement": ALLOW}))


@pytest.mark.parametrize(
    ("statement", "size"),
    [
        pytest.param(ALLOW, 114, id="no white space"),
        pytest.param({**ALLOW, "Action": ["s3:GetObject"]}, 114, id="a list of one is written as a string"),
        pytest.param(
            {**ALLOW, "Resource": "arn:aws:s3:::code/a b\u2003c"}, 116, id="white space within a value"
        ),
        pytest.param(
            {**ALLOW, "Resource": "arn:aws:s3:::code/\u00e9\U0001f600"}, 115, id="characters, not bytes"
        ),
    ],
)
def test_a_size_is_what_iam_counts(statement, size):
    """Characters without white space (IAM and AWS STS quotas)."""
    measured = document(statement).size
    compact = json.dumps(document(statement).to_dict(), separators=(",", ":"), ensure_ascii=False)
    assert measured == size == len("".join(compact.split()))


TEXT = json.dumps({"Version": "2012-10-17", "Statement": ALLOW})


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda: PolicyDocument.parse(TEXT), id="text"),
        pytest.param(lambda: PolicyDocument.parse(TEXT.encode()), id="bytes"),
        pytest.param(lambda: PolicyDocument.parse(b"\xef\xbb\xbf" + TEXT.encode()), id="bytes with a mark"),
        pytest.param(lambda: PolicyDocument.from_json(TEXT), id="from_json"),
        pytest.param(lambda: PolicyDocument.from_dict(json.loads(TEXT)), id="from_dict"),
        pytest.param(
            lambda: PolicyDocument.from_url_encoded(quote(TEXT)), id="URL-encoded, as IAM's API answers"
        ),
        pytest.param(lambda: PolicyDocument.parse(document(ALLOW)), id="a document"),
    ],
)
def test_the_forms_in_which_a_document_comes(read):
    assert read() == document(ALLOW)


@pytest.mark.parametrize(
    ("broken", "path", "rule"),
    [
        pytest.param({"Effect": "allow"}, "$.Statement[0].Effect", "effect", id="effect"),
        pytest.param({"Action": "GetObject"}, "$.Statement[0].Action", "action", id="action"),
        pytest.param({"Resource": "code"}, "$.Statement[0].Resource", "resource", id="resource"),
        pytest.param({"Sid": "a b"}, "$.Statement[0].Sid", "sid", id="Sid"),
        pytest.param({"Conditon": {}}, "$.Statement[0]", "unknown element", id="misspelt element"),
        pytest.param({"Principal": "*"}, "$.Statement[0]", "principal", id="principal"),
        pytest.param(
            {"Condition": {"StringEqual": {}}}, "$.Statement[0].Condition", "operator", id="misspelt operator"
        ),
        pytest.param(
            {"Condition": {"DateEquals": {"aws:CurrentTime": "now"}}},
            "$.Statement[0].Condition.DateEquals.aws:CurrentTime",
            "date",
            id="date",
        ),
    ],
)
def test_a_refusal_names_the_place_and_the_rule(broken, path, rule):
    with pytest.raises(InvalidPolicyDocument) as refused:
        document({**ALLOW, **broken})
    assert (refused.value.path, refused.value.rule) == (path, rule)
    assert refused.value.hint
