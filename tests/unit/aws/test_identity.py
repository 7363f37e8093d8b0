"""The four kinds of caller told apart, and botocore's errors told in our words."""

from __future__ import annotations

import boto3
import pytest
from botocore import exceptions as boto
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from zappa_iam_ext.aws.errors import scrub, translate
from zappa_iam_ext.aws.identity import caller, identity_from, role_arn
from zappa_iam_ext.errors import (
    AccessDenied,
    AwsUnavailable,
    CredentialSourceError,
    CredentialsProblem,
    InvalidPolicyDocument,
    QuotaExceeded,
    UnknownPrincipal,
    ZappaIamError,
)
from zappa_iam_ext.iam import PrincipalKind
from zappa_iam_ext.sessions import AwsOptions, open_client

ACCOUNT = "123456789012"


def client(service):
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.mark.parametrize(
    ("arn", "kind", "name", "temporary"),
    [
        pytest.param(
            f"arn:aws:iam::{ACCOUNT}:user/serverless", PrincipalKind.USER, "serverless", False, id="user"
        ),
        pytest.param(
            f"arn:aws:iam::{ACCOUNT}:user/a/b/bob", PrincipalKind.USER, "bob", False, id="user with a path"
        ),
        pytest.param(
            f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/Deployer/ci",
            PrincipalKind.ASSUMED_ROLE,
            "Deployer",
            True,
            id="role",
        ),
        pytest.param(
            f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
            PrincipalKind.FEDERATED_USER,
            "bob",
            True,
            id="federated",
        ),
        pytest.param(f"arn:aws:iam::{ACCOUNT}:root", PrincipalKind.ROOT, "", False, id="root"),
    ],
)
def test_caller(arn, kind, name, temporary):
    sts = client("sts")
    with Stubber(sts) as stub:
        stub.add_response("get_caller_identity", {"Arn": arn, "Account": ACCOUNT, "UserId": "AIDA"})
        identity = caller(sts)
    assert (identity.principal.kind, identity.principal.name) == (kind, name)
    assert (identity.temporary, identity.account, identity.partition) == (
        temporary,
        ACCOUNT,
        arn.split(":")[1],
    )


@pytest.mark.parametrize("arn", ["", "nonsense", "arn:aws:iam::1:group/x", "arn:aws:iam::1:user/", "\x1b[2J"])
def test_a_caller_that_is_none(arn):
    with pytest.raises(UnknownPrincipal) as caught:
        identity_from(arn, ACCOUNT)
    assert "\x1b" not in str(caught.value)


def test_the_path_of_a_session_role_is_asked_from_iam():
    iam = client("iam")
    session = identity_from(f"arn:aws:sts::{ACCOUNT}:assumed-role/Deployer/ci", ACCOUNT).principal
    with Stubber(iam) as stub:
        role = {
            "Path": "/ci/",
            "RoleName": "Deployer",
            "RoleId": "AROA0123456789012345",
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/ci/Deployer",
            "CreateDate": "2026-01-01",
        }
        stub.add_response("get_role", {"Role": role}, {"RoleName": "Deployer"})
        assert role_arn(iam, session) == role["Arn"]
        stub.add_client_error("get_role", "NoSuchEntity", "", 404)
        with pytest.raises(UnknownPrincipal):
            role_arn(iam, session)
        stub.add_client_error("get_role", "AccessDenied", "", 403)
        with pytest.raises(AccessDenied, match="iam:GetRole"):
            role_arn(iam, session)


def answer(code, message="", status=400):
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "CreateUser",
    )


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        pytest.param(boto.NoCredentialsError(), CredentialsProblem, "credentials", id="no credentials"),
        pytest.param(
            boto.PartialCredentialsError(provider="env", cred_var="aws_secret_access_key"),
            CredentialsProblem,
            "aws_secret_access_key",
            id="half a key",
        ),
        pytest.param(
            boto.ProfileNotFound(profile="nobody"), CredentialsProblem, "nobody", id="no such profile"
        ),
        pytest.param(boto.NoRegionError(), CredentialsProblem, "region", id="no region"),
        pytest.param(boto.ConfigParseError(path="/x"), CredentialsProblem, "/x", id="broken file"),
        pytest.param(boto.UnauthorizedSSOTokenError(), CredentialsProblem, "SSO", id="signed out of SSO"),
        pytest.param(
            boto.EndpointConnectionError(endpoint_url="https://x"),
            AwsUnavailable,
            "https://x",
            id="no such region",
        ),
        pytest.param(
            boto.ConnectTimeoutError(endpoint_url="https://x"), AwsUnavailable, "https://x", id="timeout"
        ),
        pytest.param(
            boto.ReadTimeoutError(endpoint_url="https://x"), AwsUnavailable, "https://x", id="no answer"
        ),
        pytest.param(boto.ProxyConnectionError(proxy_url="http://p"), AwsUnavailable, "http://p", id="proxy"),
        pytest.param(
            boto.SSLError(endpoint_url="https://x", error="e"), AwsUnavailable, "https://x", id="TLS"
        ),
        pytest.param(
            boto.InvalidRegionError(region_name="a b"), AwsUnavailable, "a b", id="region that is none"
        ),
        *(
            pytest.param(answer(code), CredentialSourceError, "expired", id=code)
            for code in ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
        ),
        *(
            pytest.param(answer(code), CredentialsProblem, "does not accept", id=code)
            for code in ("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch")
        ),
        pytest.param(
            answer("403", "Forbidden", 403),
            AwsUnavailable,
            "not AWS",
            id="a proxy's page is no denial of AWS",
        ),
        pytest.param(
            answer(
                "SignatureDoesNotMatch",
                "Signature expired: 20260101T000000Z is now earlier than"
                " 20260101T000500Z (20260101T001000Z - 5 min.)",
            ),
            CredentialSourceError,
            "10 minutes behind",
            id="a clock that is off is no wrong key",
        ),
        pytest.param(
            answer("AccessDenied", status=403), AccessDenied, "iam:CreateUser", id="denied: the call"
        ),
        pytest.param(
            answer("AccessDenied", "User: x is not authorized to perform: iam:TagUser on resource: y"),
            AccessDenied,
            "not allowed to call iam:TagUser",
            id="denied: the action AWS names",
        ),
        pytest.param(answer("Throttling"), AwsUnavailable, "Throttling", id="throttled"),
        pytest.param(
            answer("ServiceFailure", status=500), AwsUnavailable, "ServiceFailure", id="server error"
        ),
        pytest.param(answer("LimitExceeded"), QuotaExceeded, "quota", id="quota"),
        pytest.param(
            answer("MalformedPolicyDocument", "Syntax"), InvalidPolicyDocument, "Syntax", id="document"
        ),
        pytest.param(answer("Whatever"), ZappaIamError, "Whatever", id="anything else"),
    ],
)
def test_translate(error, expected, words):
    ours = translate(error, "iam:CreateUser")
    assert type(ours) is expected
    assert words in str(ours)
    assert ours.hint or expected is ZappaIamError
    assert ours.exit_code == 2


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", id="secret access key"),
        pytest.param(
            "FwoGZXIvYXdzEBYaDH7example1TokenThatIsLong0123456789abcdefABCDEF+/==", id="session token"
        ),
        pytest.param("AKIAIOSFODNN7EXAMPLE", id="access key id"),
        pytest.param("\x1b[31m", id="terminal escape"),
    ],
)
def test_no_secret_and_no_escape_survives(secret):
    told = translate(answer("SignatureDoesNotMatch", f"canonical string was\n{secret}\nend"))
    shown = scrub(f"before {secret} after") + str(told) + told.hint
    assert secret not in shown
    assert "before" in shown
    assert scrub(f"arn:aws:iam::{ACCOUNT}:role/ZappaLambdaExecutionRole").endswith(
        "role/ZappaLambdaExecutionRole"
    )


def test_a_certificate_that_nobody_trusts_names_where_trust_is_said():
    told = translate(boto.SSLError(endpoint_url="https://x", error="self-signed certificate"))
    assert "AWS_CA_BUNDLE" in told.hint


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9 ", "http://127.0.0.1:http", "localhost:4566", "http://", "http://[::1"]
)
def test_an_endpoint_that_is_no_url_is_told_before_a_call(monkeypatch, url):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    session = boto3.Session("AKIAEXAMPLE", "secret", region_name="us-east-1")
    with pytest.raises(AwsUnavailable) as caught:
        open_client(session, "sts", AwsOptions())
    assert caught.value.hint.startswith("An endpoint is a URL")
