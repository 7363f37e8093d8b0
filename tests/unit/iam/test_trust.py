"""Trust policies: IAM's rule for shared identity providers, held against recordings of IAM and against neighbours of each."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.statement import PolicyKind
from zappa_iam_ext.iam.trust import Family, is_trust_policy, issuer_of, issuers, refusals

OBSERVED = json.loads((Path(__file__).parents[2] / "cases" / "observed" / "oidc-trust.json").read_text())
CASES = OBSERVED["cases"]
WEB = "sts:AssumeRoleWithWebIdentity"
PATTERNS = {
    name: re.compile(re.sub(r"\\\{[^}]*\\\}", ".+", re.escape(text)))
    for name, text in OBSERVED["messages"].items()
}


def trust(*statements):
    return PolicyDocument.parse(
        {"Version": "2012-10-17", "Statement": list(statements)}, PolicyKind.TRUST, readable=False
    )


def statement(issuer, condition=None, **changed):
    row = next((row for row in issuers() if row.issuer == issuer), None)
    bare = row is not None and (row.family is Family.BUILTIN or issuer.startswith("cognito"))
    principal = issuer if bare else f"arn:aws:iam::123456789012:oidc-provider/{issuer}"
    made = {"Effect": "Allow", "Principal": {"Federated": principal}, "Action": WEB}
    return {**made, **({"Condition": condition} if condition is not None else {}), **changed}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_answer_is_the_one_that_iam_gave(case):
    found = refusals(PolicyDocument.parse(case["document"], PolicyKind.TRUST))
    assert (not found) is case["accepted"]
    if not case["accepted"]:
        assert any(PATTERNS[case["message"]].fullmatch(refusal.message) for refusal in found)


def test_every_rule_that_was_read_off_the_recordings_is_shown_by_one():
    shown = Counter(case["rule"] for case in CASES)
    assert {rule["id"]: rule["cases_here"] for rule in OBSERVED["rules"]} == dict(shown)


@pytest.mark.parametrize("row", issuers(), ids=lambda row: row.issuer)
@pytest.mark.parametrize(
    ("operator", "value", "content"),
    [
        ("StringEquals", "owned", "general github builtin"),
        ("StringLike", "owned:*", "general github"),
        ("StringEqualsIgnoreCase", "owned", "general github builtin"),
        ("ForAnyValue:StringEqualsIgnoreCase", ["owned"], "general github builtin"),
        ("ForAllValues:StringLike", "owned", "general github"),
        ("StringEquals", "*", "builtin"),
        ("StringLike", ["owned", "*"], ""),
        ("StringLike", "***", "general"),
        ("StringLike", "*:owned", "general"),
        ("StringEquals", ["owned", ""], "general builtin"),
        ("StringEquals", "\t", "general builtin"),
        ("StringLike", " *", "general github"),
        ("StringEquals", [], "general github builtin"),
        ("StringEqualsIfExists", "owned", ""),
        ("ForAnyValue:StringLikeIfExists", "owned", ""),
        ("StringNotLike", "owned", ""),
        ("StringNotEqualsIgnoreCase", "owned", ""),
        ("ArnLike", "arn:aws:iam::123456789012:role/x", ""),
        ("Null", "false", ""),
        ("DateLessThan", "2030-01-01T00:00:00Z", ""),
        ("BinaryEquals", "b3duZWQ=", ""),
        ("IpAddress", "10.0.0.0/8", ""),
    ],
)
def test_an_operator_with_a_value(row, operator, value, content):
    wanted = str(row.family) in content.split()
    for claim in row.claims:
        assert (not refusals(trust(statement(row.issuer, {operator: {claim: value}})))) is wanted


@pytest.mark.parametrize("row", issuers(), ids=lambda row: row.issuer)
def test_what_does_not_test_the_claim(row):
    other = f"{row.issuer}:amr"
    for condition in (
        None,
        {},
        {"StringEquals": {other: "owned"}},
        {"StringEquals": {"aws:PrincipalTag/a": "b"}},
    ):
        assert refusals(trust(statement(row.issuer, condition)))


@pytest.mark.parametrize("row", issuers(), ids=lambda row: row.issuer)
def test_each_statement_is_judged_alone(row):
    good = statement(row.issuer, {"StringEquals": {row.claims[0]: "owned"}})
    bad = statement(row.issuer)
    assert not refusals(trust(good))
    assert [refusal.index for refusal in refusals(trust(good, bad))] == [1]
    assert [refusal.index for refusal in refusals(trust(bad, good))] == [0]
    assert not refusals(trust(good, {**bad, "Effect": "Deny"}, {**bad, "Action": "sts:TagSession"}))
    assert refusals(trust({**bad, "Action": ["sts:TagSession", WEB]}))


@pytest.mark.parametrize(
    ("action", "refused"),
    [
        (WEB, False),
        ([WEB, "sts:TagSession", "sts:SetSourceIdentity"], False),
        ("sts:*", True),
        ("*", True),
        ("sts:assumerolewithwebidentity", True),
        ("STS:AssumeRoleWithWebIdentity", True),
        ("sts:GetCallerIdentity", True),
        ("s3:GetObject", True),
        ([WEB, "sts:*"], True),
    ],
)
def test_the_actions_of_a_trust_policy(action, refused):
    found = refusals(
        trust(statement("gitlab.com", {"StringEquals": {"gitlab.com:sub": "owned"}}, Action=action))
    )
    assert bool(found) is refused


@pytest.mark.parametrize(
    ("issuer", "key", "refused"),
    [
        ("token.actions.githubusercontent.com", "TOKEN.ACTIONS.GITHUBUSERCONTENT.COM:SUB", False),
        ("token.actions.githubusercontent.com/acme", "token.actions.githubusercontent.com/acme:sub", False),
        (
            "token.actions.githubusercontent.com/acme",
            "token.actions.githubusercontent.com/acme:job_workflow_ref",
            False,
        ),
        ("token.actions.githubusercontent.com/acme", "token.actions.githubusercontent.com:sub", True),
        ("token.actions.githubusercontent.com", "token.actions.githubusercontent.com:repository", True),
        ("token.actions.githubusercontent.com.evil.example", "token.actions.githubusercontent.com:sub", True),
        ("gitlab.com/", "gitlab.com:aud", False),
        ("sub.gitlab.com", "sub.gitlab.com:aud", False),
        ("app.terraform.io", "app.terraform.io:aud", True),
        ("oidc.vercel.com/acme", "oidc.vercel.com/acme:sub", False),
        ("oidc.circleci.com/org/00000000-0000-0000-0000-000000000000", "x:y", False),
    ],
)
def test_which_key_counts_for_which_issuer(issuer, key, refused):
    assert bool(refusals(trust(statement(issuer, {"StringEquals": {key: "owned"}})))) is refused


@pytest.mark.parametrize(
    ("claims", "refused"),
    [
        ({"sub": "repo:a/b:*", "job_workflow_ref": "a/b/.github/workflows/x.yml@refs/heads/main"}, False),
        ({"sub": "repo:a/b:*", "job_workflow_ref": "*"}, True),
        ({"sub": "", "job_workflow_ref": "a/b/x.yml@y"}, True),
        ({"SUB": "*", "sub": "repo:a/b:*"}, True),
    ],
)
def test_of_github_every_claim_in_the_block_has_to_be_good(claims, refused):
    prefix = "token.actions.githubusercontent.com"
    tests = {f"{prefix}:{name}": value for name, value in claims.items()}
    assert bool(refusals(trust(statement(prefix, {"StringLike": tests})))) is refused


def test_an_issuer_keeps_its_case_and_path():
    assert issuer_of("arn:aws:iam::123456789012:oidc-provider/H.example/Path/") == "H.example/Path/"
    assert issuer_of("accounts.google.com") == "accounts.google.com"


@pytest.mark.parametrize(
    ("source", "trusts"),
    [
        ({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}, True),
        ('{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}', True),
        (b'{"Statement": {"Principal": {"Service": "lambda.amazonaws.com"}}}', True),
        (
            {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}},
            False,
        ),
        ({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}, False),
        ("no JSON", False),
        ("[" * 100_000, False),
        (b"\xff", False),
        ("[]", False),
        ({}, False),
    ],
)
def test_what_a_trust_policy_is(source, trusts):
    assert is_trust_policy(source) is trusts
