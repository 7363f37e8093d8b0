"""Whom our roles trust: each CI system's tokens by the table, and named principals; all as IAM would store it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click
import pytest

from zappa_iam_ext.cli import main
from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PolicySet, evaluate
from zappa_iam_ext.iam.findings import findings
from zappa_iam_ext.iam.statement import PolicyKind
from zappa_iam_ext.iam.trust import condition_keys
from zappa_iam_ext.roles.providers import UnknownProvider, federation, provider_rows
from zappa_iam_ext.roles.trusts import TrustRefused, federated_trust, judged, principals_trust

CASES = tomllib.loads((Path(__file__).parents[2] / "cases" / "roles" / "federations.toml").read_text())[
    "case"
]
MADE = [pytest.param(case, id=case["name"]) for case in CASES if "url" in case]
REFUSED = [pytest.param(case, id=case["name"]) for case in CASES if "refused" in case]
ACCOUNT = "123456789012"


def trust_of(case, partition="aws"):
    return federated_trust(federation(case["provider"], case["given"]), partition, ACCOUNT)


@pytest.mark.parametrize("case", MADE)
def test_what_the_role_trusts(case):
    issuer = case["url"].removeprefix("https://")
    wanted = {"StringEquals": {f"{issuer}:{claim}": value for claim, value in case["exact"].items()}}
    if "like" in case:
        wanted["StringLike"] = {f"{issuer}:{claim}": value for claim, value in case["like"].items()}
    assert federation(case["provider"], case["given"]).url == case["url"]
    assert trust_of(case) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": wanted,
            }
        ],
    }


@pytest.mark.parametrize("case", MADE)
def test_lint_has_nothing_to_say_of_it(case):
    assert findings(trust_of(case)) == ()


@pytest.mark.parametrize("case", MADE)
def test_only_claims_that_aws_takes_as_condition_keys_are_tested(case):
    issuer = case["url"].removeprefix("https://")
    for tests in trust_of(case)["Statement"][0]["Condition"].values():
        for key in tests:
            assert key.removeprefix(f"{issuer}:") in condition_keys(issuer)


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_not_be_strict_is_refused(case):
    with pytest.raises(UnknownProvider) as refused:
        federation(case["provider"], case["given"])
    assert case["refused"] in str(refused.value) + refused.value.hint


def test_every_provider_has_cases_of_both_kinds_and_every_subject_is_shown():
    rows = provider_rows()
    assert {case["provider"] for case in CASES if "url" in case} == set(rows)
    assert {case["provider"] for case in CASES if "refused" in case} >= set(rows)
    shown = {
        (case["provider"], federation(case["provider"], case["given"]).subjects[0])
        for case in CASES
        if "url" in case
    }
    for row in rows.values():
        assert len({subject for provider, subject in shown if provider == row.id}) >= len(row.subjects)
        assert row.source.startswith("https://")


def test_the_command_line_offers_every_provider_and_parameter():
    options = {option.name: option for option in main.get_command(click.Context(main), "plan").params}
    rows = provider_rows()
    assert list(options["provider"].type.choices) == list(rows)
    given = {name for row in rows.values() for name in row.parameters}
    assert given <= set(options)


def test_a_partition_is_in_the_providers_arn():
    case = CASES[0]
    principal = trust_of(case, "aws-us-gov")["Statement"][0]["Principal"]["Federated"]
    assert principal == f"arn:aws-us-gov:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("claims", "allowed"),
    [
        ({}, True),
        ({"sub": "repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main"}, True),
        ({"sub": "repo:octo-org/octo-repo:ref:refs/heads/other"}, False),
        ({"sub": "repo:octo-org@1/octo-repo@2:ref:refs/heads/main"}, False),
        ({"repository_id": "9"}, False),
        ({"aud": "https://github.com/octo-org"}, False),
        ({"repository_owner_id": "9"}, False),
    ],
)
def test_a_token_of_the_repository_fits_and_no_other(claims, allowed):
    case = next(case for case in CASES if "owner_id" in case["given"])
    issuer = "token.actions.githubusercontent.com"
    token = {
        "aud": "sts.amazonaws.com",
        "sub": "repo:octo-org/octo-repo:ref:refs/heads/main",
        "repository_id": "456789",
        "repository_owner_id": "123456",
        **claims,
    }
    statement = PolicyDocument.parse(trust_of(case), PolicyKind.TRUST).statements[0]
    plain = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Resource": "*",
            "Condition": {k: {n: list(v) for n, v in t.items()} for k, t in statement.condition.items()},
        },
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/deployer"
    request = AuthorizationRequest(
        f"arn:aws:iam::{ACCOUNT}:user/any",
        "sts:AssumeRoleWithWebIdentity",
        role,
        {f"{issuer}:{name}": value for name, value in token.items()},
    )
    decision = evaluate(PolicySet(identity=(PolicyDocument.parse(plain),)), request).decision
    assert (decision is Decision.ALLOWED) is allowed


USER, ROLE, ROOT = (f"arn:aws:iam::{ACCOUNT}:{name}" for name in ("user/ann", "role/team/ops", "root"))


def test_named_principals_are_trusted_with_mfa_where_it_is_asked_for():
    assert principals_trust([ROLE, USER, ROLE])["Statement"] == [
        {"Effect": "Allow", "Principal": {"AWS": [ROLE, USER]}, "Action": "sts:AssumeRole"}
    ]
    with_mfa = principals_trust([ROOT], mfa=True)["Statement"][0]
    assert with_mfa["Principal"] == {"AWS": ROOT}
    assert with_mfa["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    "arns",
    [
        pytest.param([], id="nobody"),
        pytest.param(["*"], id="everybody"),
        pytest.param([f"arn:aws:iam::{ACCOUNT}:role/*"], id="a wildcard"),
        pytest.param(["arn:aws:iam::*:root"], id="any account"),
        pytest.param([f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann"], id="a session"),
        pytest.param(["lambda.amazonaws.com"], id="a service"),
        pytest.param([f"arn:aws:iam::{ACCOUNT}:group/ops"], id="a group"),
        pytest.param(
            [f"arn:aws:iam::{ACCOUNT}:role/{'x' * 60}{number}" for number in range(40)], id="too many"
        ),
    ],
)
def test_who_cannot_be_trusted_is_refused(arns):
    with pytest.raises(TrustRefused):
        principals_trust(arns)


SSO = "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Deploy_0123456789abcdef"


@pytest.mark.parametrize(
    ("partition", "arn", "told"),
    [
        pytest.param("aws", f"arn:aws:iam::{ACCOUNT}:{SSO}", "", id="a role of Identity Center by its path"),
        pytest.param("aws-cn", f"arn:aws-cn:iam::{ACCOUNT}:user/ann", "", id="China"),
        pytest.param("aws-cn", f"arn:aws:iam::{ACCOUNT}:user/ann", "partition aws-cn", id="not China"),
        pytest.param("aws", f"arn:aws-us-gov:iam::{ACCOUNT}:root", "partition aws", id="GovCloud"),
        pytest.param(
            "aws",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Deploy_0123456789abcdef/ann",
            "aws iam get-role --role-name AWSReservedSSO_Deploy_0123456789abcdef",
            id="the session of a role of Identity Center",
        ),
        pytest.param("aws", f"arn:aws:iam::{ACCOUNT}:group/x", f"arn:aws:iam::{ACCOUNT[:1]}", id="a group"),
    ],
)
def test_what_is_said_of_a_principal(partition, arn, told):
    if not told:
        assert principals_trust([arn], partition=partition)["Statement"][0]["Principal"] == {"AWS": arn}
        return
    with pytest.raises(TrustRefused) as refused:
        principals_trust([arn], partition=partition)
    assert told in f"{refused.value} {refused.value.hint}"


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {"StringLike": {"gitlab.com:sub": "*"}},
        {"StringLike": {"gitlab.com:sub": "**"}},
        {"StringLike": {"gitlab.com:sub": "project_path:acm*"}},
    ],
)
def test_a_users_own_trust_policy_is_judged_before_it_is_written(condition):
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        **({"Condition": condition} if condition else {}),
    }
    with pytest.raises(ZappaIamError):
        judged({"Version": "2012-10-17", "Statement": [statement]})


def test_the_page_on_modes_names_every_provider_with_its_options():
    page = (Path(__file__).parents[3] / "docs" / "modes.md").read_text()
    for row in provider_rows().values():
        line = next(line for line in page.splitlines() if line.startswith(f"| `{row.id}` |"))
        for name in row.parameters:
            assert f"`--{name.replace('_', '-')}`" in line, name
        assert all(f"`{claim}`" in line for claim in row.conditions.values())
