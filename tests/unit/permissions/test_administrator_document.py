"""What an administrator needs, by mode: no call that a plan of the mode never makes."""

from __future__ import annotations

from functools import cache

import pytest

from tests.support.stages import stage
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.iam import evaluate
from zappa_iam_ext.iam.policyset import PolicySet
from zappa_iam_ext.iam.request import AuthorizationRequest
from zappa_iam_ext.workflow.provisioning.administrator import administrator_document

ACCOUNT = "123456789012"
SOMEBODY = f"arn:aws:iam::{ACCOUNT}:user/admin"
RUN, DEPLOYER = "hello-dev-ZappaLambdaExecutionRole", "hello-zappa-deployer"


@cache
def document_of(mode, role_name=""):
    return administrator_document(stage().with_account(ACCOUNT), ACCOUNT, "aws", mode, role_name)


def may(mode, action, resource, **more):
    document = document_of(mode, **more)
    arn = f"arn:aws:iam::{ACCOUNT}:{resource}" if ":" not in resource and resource != "*" else resource
    asked = AuthorizationRequest(SOMEBODY, f"iam:{action}", arn)
    return evaluate(PolicySet(identity=(document,)), asked).decision == "allowed"


@pytest.mark.parametrize(
    ("action", "resource", "modes"),
    [
        ("CreateUser", "user/serverless", {"user"}),
        ("CreateUser", "user/somebody", set()),
        ("CreateAccessKey", "user/serverless", {"user"}),
        ("UpdateAccessKey", "user/serverless", {"user"}),
        ("UntagUser", "user/serverless", {"user"}),
        ("CreateGroup", "group/deployers", {"user"}),
        ("CreateRole", f"role/{RUN}", {"user", "role", "oidc"}),
        ("PutRolePolicy", f"role/{RUN}", {"user", "role", "oidc"}),
        ("AttachRolePolicy", f"role/{RUN}", set()),
        ("CreateRole", f"role/{DEPLOYER}", {"role", "oidc"}),
        ("AttachRolePolicy", f"role/{DEPLOYER}", {"role", "oidc"}),
        ("UpdateAssumeRolePolicy", f"role/{DEPLOYER}", {"role", "oidc"}),
        ("PutRolePolicy", f"role/{DEPLOYER}", set()),
        ("CreateOpenIDConnectProvider", "oidc-provider/token.actions.githubusercontent.com", {"oidc"}),
        ("ListRoles", "*", {"oidc"}),
        ("CreatePolicy", f"policy/ZappaLambdaDeploymentPolicy-role-{DEPLOYER}", {"user", "role", "oidc"}),
        ("CreatePolicy", f"policy/{RUN}-Boundary", {"user", "role", "oidc"}),
        ("CreatePolicy", "policy/Others", set()),
    ],
)  # fmt: skip
def test_each_mode_has_its_calls(action, resource, modes):
    assert {mode for mode in ("user", "role", "oidc") if may(mode, action, resource)} == modes


def test_a_role_may_have_another_name():
    assert may("role", "CreateRole", "role/shipper", role_name="shipper")
    assert not may("role", "CreateRole", f"role/{DEPLOYER}", role_name="shipper")
    with pytest.raises(SettingsError):
        may("role", "CreateRole", "role/x", role_name="no name")
