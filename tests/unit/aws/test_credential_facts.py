"""What the credentials decide of a request, by their kind; what is not certain is left open."""

from __future__ import annotations

import base64
import json

import pytest

from zappa_iam_ext.aws.credentials.choice import choose
from zappa_iam_ext.aws.credentials.facts import Credential, facts_of
from zappa_iam_ext.aws.credentials.failed_source import masked
from zappa_iam_ext.aws.credentials.profiles import ProfileFiles
from zappa_iam_ext.aws.credentials.providers import kind_of, program_of, source_of
from zappa_iam_ext.aws.credentials.web_identity import provider_of_token, token_file
from zappa_iam_ext.aws.errors import clock_skew
from zappa_iam_ext.aws.principal_policies import HeldPolicy, PrincipalPolicies
from zappa_iam_ext.check import CredentialKind
from zappa_iam_ext.errors import CompromisedKey, CredentialSourceError
from zappa_iam_ext.iam import PolicyDocument, Principal
from zappa_iam_ext.workflow.guarding import (
    is_quarantine,
    principal_warnings,
    require_mfa,
    require_no_quarantine,
)

ACCOUNT = "123456789012"
USER = Principal.parse(f"arn:aws:iam::{ACCOUNT}:user/jane")
ROLE = Principal.parse(f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci")
SSO_ROLE = Principal.parse(f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Deploy_0123456789abcdef/jane")
FEDERATED = Principal.parse(f"arn:aws:sts::{ACCOUNT}:federated-user/bob")
ROOT = Principal.parse(f"arn:aws:iam::{ACCOUNT}:root")
MFA, AGE, ISSUED = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:TokenIssueTime"
OPEN = "open"


@pytest.mark.parametrize(
    ("credential", "expected"),
    [
        pytest.param(
            Credential(USER, "AIDA1", temporary=False),
            {MFA: None, AGE: None, ISSUED: None, "aws:SourceIdentity": None, "aws:userid": "AIDA1", "aws:username": OPEN},
            id="a user's long-term key has nothing of a session",
        ),
        pytest.param(
            Credential(USER), {MFA: OPEN, AGE: OPEN, ISSUED: OPEN}, id="a user's session may have been begun with MFA"
        ),
        pytest.param(Credential(USER, mfa=True), {MFA: "true", AGE: OPEN}, id="a user's session that called IAM had MFA"),
        pytest.param(Credential(USER, mfa=False), {MFA: OPEN, AGE: None}, id="without MFA there is no age of it"),
        pytest.param(
            Credential(ROLE, "AROA1:ci"),
            {MFA: OPEN, ISSUED: OPEN, "aws:username": None, "aws:userid": "AROA1:ci", "aws:FederatedProvider": OPEN},
            id="a role's session from elsewhere",
        ),
        pytest.param(
            Credential(ROLE, issued="2026-01-01T00:00:00Z", from_long_term_key=True),
            {ISSUED: "2026-01-01T00:00:00Z", "aws:SourceIdentity": None, "aws:FederatedProvider": None, MFA: OPEN},
            id="a role's session that botocore began with a user's key",
        ),
        pytest.param(
            Credential(ROLE, provider=f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com"),
            {"aws:FederatedProvider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com", "aws:SourceIdentity": OPEN},
            id="a web identity's provider",
        ),
        pytest.param(Credential(FEDERATED), {MFA: OPEN, "aws:username": None}, id="a federated user"),
        pytest.param(
            Credential(ROOT, ACCOUNT, temporary=False), {MFA: None, "aws:username": None}, id="root's long-term key"
        ),
    ],
)  # fmt: skip
def test_facts_by_kind(credential, expected):
    facts = facts_of(credential)
    assert {key: facts.get(key, OPEN) for key in expected} == expected


NAMING = PolicyDocument.from_dict(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::${aws:PrincipalTag/bucket}/${aws:principaltag/Größe, 'x'}",
            "Condition": {"StringEquals": {"aws:PrincipalTag/Team": "${aws:PrincipalTag/cost center}"}},
        },
    }
)


@pytest.mark.parametrize(
    ("principal", "tags", "own_session", "expected"),
    [
        pytest.param(
            USER, {"team": "web"}, False,
            {"team": "web", "bucket": None, "Größe": None, "cost center": None},
            id="a user has its tags and no others, whatever their case",
        ),
        pytest.param(USER, None, False, {}, id="tags that could not be read are open"),
        pytest.param(ROLE, {"team": "web"}, False, {}, id="a session may have other tags"),
        pytest.param(
            ROLE, {"team": "web"}, True,
            {"team": "web", "bucket": None, "Größe": None, "cost center": None},
            id="a session that botocore began has its role's",
        ),
    ],
)  # fmt: skip
def test_principal_tags(principal, tags, own_session, expected):
    facts = facts_of(Credential(principal, tags=tags, from_long_term_key=own_session, documents=(NAMING,)))
    found = {
        key.partition("/")[2]: value for key, value in facts.items() if key.startswith("aws:PrincipalTag/")
    }
    assert found == expected


@pytest.mark.parametrize(
    ("method", "principal", "temporary", "kind"),
    [
        ("shared-credentials-file", USER, False, CredentialKind.LONG_TERM_KEY),
        ("config-file", USER, False, CredentialKind.LONG_TERM_KEY),
        ("env", USER, False, CredentialKind.LONG_TERM_KEY),
        ("explicit", USER, False, CredentialKind.LONG_TERM_KEY),
        ("explicit", USER, True, CredentialKind.SESSION_TOKEN),
        ("explicit", ROLE, True, CredentialKind.SESSION_TOKEN),
        ("assume-role", ROLE, True, CredentialKind.ASSUME_ROLE),
        ("assume-role-with-web-identity", ROLE, True, CredentialKind.WEB_IDENTITY),
        ("sso", SSO_ROLE, True, CredentialKind.SSO),
        ("login", USER, True, CredentialKind.LOGIN),
        ("custom-process", USER, False, CredentialKind.PROCESS),
        ("container-role", ROLE, True, CredentialKind.CONTAINER),
        ("iam-role", ROLE, True, CredentialKind.INSTANCE),
        ("env", FEDERATED, True, CredentialKind.FEDERATED),
        ("custom-process", ROOT, False, CredentialKind.ROOT),
        ("what comes next", ROLE, True, CredentialKind.OTHER),
    ],
)
def test_kinds(method, principal, temporary, kind):
    assert kind_of(method, principal, temporary=temporary) is kind


FILES = ProfileFiles(
    credentials={"key": {"aws_access_key_id": "AKIA"}},
    config={
        "profile role": {"role_arn": "arn:aws:iam::1:role/r", "source_profile": "key"},
        "profile box": {"role_arn": "arn:aws:iam::1:role/r", "credential_source": "Ec2InstanceMetadata"},
        "profile oidc": {"role_arn": "arn:aws:iam::1:role/r", "web_identity_token_file": "/run/token"},
        "profile sso": {"sso_session": "acme", "sso_account_id": "1", "sso_role_name": "Deploy"},
        "profile old": {"sso_start_url": "https://a.awsapps.com/start", "sso_role_name": "Deploy"},
        "profile vault": {"credential_process": "/bin/vault --password hunter2"},
        "profile login": {"login_session": "arn:aws:iam::1:user/jane"},
    },
)


@pytest.mark.parametrize(
    ("method", "profile", "told"),
    [
        ("shared-credentials-file", "key", "profile key in ~/.aws/credentials"),
        ("config-file", "key", "profile key in ~/.aws/config"),
        ("assume-role", "role", "profile role: role_arn arn:aws:iam::1:role/r by source_profile key"),
        (
            "assume-role",
            "box",
            "profile box: role_arn arn:aws:iam::1:role/r by credential_source Ec2InstanceMetadata",
        ),
        (
            "assume-role-with-web-identity",
            "oidc",
            "profile oidc: role_arn arn:aws:iam::1:role/r by the token in /run/token",
        ),
        (
            "assume-role-with-web-identity",
            None,
            "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN in the environment",
        ),
        ("sso", "sso", "profile sso: sso_session acme, permission set Deploy"),
        ("sso", "old", "profile old: sso_start_url https://a.awsapps.com/start, permission set Deploy"),
        ("login", "login", "profile login: login_session arn:aws:iam::1:user/jane"),
        ("custom-process", "vault", "profile vault: credential_process /bin/vault"),
        ("explicit", None, "AWS_ACCESS_KEY_ID in the environment"),
        ("container-role", None, "the container's endpoint"),
        ("iam-role", None, "the instance's metadata"),
    ],
)
def test_sources(method, profile, told):
    assert source_of(method, choose(profile, {}), FILES) == told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/opt/vault export serverless", "/opt/vault export serverless"),
        ("/opt/vault --password hunter2 get", "/opt/vault --password *** get"),
        ("/opt/vault --api-token='a b' get", "/opt/vault --api-token=*** get"),
        ("sh -c 'SECRET=abc vault'", "sh -c 'SECRET=*** vault'"),
        ("/x/keychain get aws", "/x/keychain get aws"),
    ],
)
def test_a_command_line_is_told_without_its_secrets(line, told):
    assert masked(line) == told
    assert program_of(line) == line.partition(" ")[0]


def test_the_provider_of_a_token(tmp_path):
    claims = base64.urlsafe_b64encode(json.dumps({"iss": "https://gitlab.example/x/"}).encode()).rstrip(b"=")
    token = tmp_path / "token"
    token.write_text(f"e30.{claims.decode()}.c2ln")
    assert provider_of_token(str(token), "aws", ACCOUNT) == (
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.example/x"
    )
    for text in ("", "no token", "a.b.c", "a.e30.c", "a.W10.c"):
        token.write_text(text)
        assert provider_of_token(str(token), "aws", ACCOUNT) == ""
    assert provider_of_token(str(tmp_path / "gone"), "aws", ACCOUNT) == ""
    variable = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/env/token"}
    assert token_file(choose(None, variable), FILES, variable) == "/env/token"
    assert token_file(choose("oidc", variable), FILES, variable) == "/run/token"


def test_a_users_session_that_iam_does_not_accept_was_begun_without_mfa():
    refused = "the groups of user jane: iam:ListGroupsForUser: IAM does not accept these credentials (InvalidClientTokenId)"
    held = PrincipalPolicies(USER, unreadable=(refused,))
    with pytest.raises(CredentialSourceError, match="begun without MFA") as caught:
        require_mfa(USER, held, temporary=True)
    assert "get-session-token" in caught.value.hint
    require_mfa(USER, held, temporary=False)
    require_mfa(ROLE, held, temporary=True)
    require_mfa(
        USER,
        PrincipalPolicies(USER, unreadable=("the groups: iam:ListGroupsForUser is denied",)),
        temporary=True,
    )


@pytest.mark.parametrize(
    ("arn", "found"),
    [
        ("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine", True),
        ("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2", True),
        ("arn:aws-us-gov:iam::aws:policy/AWSCompromisedKeyQuarantineV3", True),
        (f"arn:aws:iam::{ACCOUNT}:policy/AWSCompromisedKeyQuarantineV3", False),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", False),
        ("", False),
    ],
)
def test_only_aws_puts_a_key_into_quarantine(arn, found):
    assert is_quarantine(arn) is found
    held = PrincipalPolicies(USER, (HeldPolicy("user jane", "identity", NAMING, arn),))
    if found:
        with pytest.raises(CompromisedKey, match="leaked") as caught:
            require_no_quarantine(held)
        assert "Leave the policy attached" in caught.value.hint
    else:
        require_no_quarantine(held)


def test_a_quarantine_that_cannot_be_read_is_one_too():
    told = "user jane / managed policy AWSCompromisedKeyQuarantineV2: iam:GetPolicyVersion is denied"
    with pytest.raises(CompromisedKey):
        require_no_quarantine(PrincipalPolicies(USER, unreadable=(told,)))


@pytest.mark.parametrize(
    ("kind", "principal", "told"),
    [
        (CredentialKind.ROOT, ROOT, "root user"),
        (CredentialKind.FEDERATED, FEDERATED, "cannot call IAM"),
        (CredentialKind.SESSION_TOKEN, SSO_ROLE, "its permission set is edited"),
        (CredentialKind.SSO, SSO_ROLE, ""),
        (CredentialKind.LONG_TERM_KEY, USER, ""),
    ],
)
def test_what_is_odd_about_a_principal(kind, principal, told):
    found = list(principal_warnings(kind, principal))
    assert [told in line for line in found] == ([True] if told else [])


@pytest.mark.parametrize(
    ("code", "text", "told"),
    [
        pytest.param(
            "SignatureDoesNotMatch",
            "Signature expired: 20260101T000000Z is now earlier than 20260101T002500Z (20260101T003000Z - 5 min.)",
            "30 minutes behind",
            id="behind",
        ),
        pytest.param(
            "InvalidSignatureException",
            "Signature not yet current: 20260101T010000Z is still later than 20260101T002500Z (20260101T002000Z + 5 min.)",
            "40 minutes ahead of",
            id="ahead",
        ),
        pytest.param("RequestTimeTooSkewed", "The difference is too large.", "clock of this machine is wrong", id="S3"),
        pytest.param("SignatureDoesNotMatch", "The request signature we calculated does not match", "", id="a secret"),
        pytest.param("ExpiredToken", "The security token included in the request is expired", "", id="a token"),
    ],
)  # fmt: skip
def test_a_wrong_clock_is_no_wrong_key(code, text, told):
    assert told in clock_skew(code, text)
    assert bool(clock_skew(code, text)) is bool(told)
