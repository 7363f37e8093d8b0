"""``ensure_deploy_permissions`` on a local AWS: each typed error from a situation that is real, and nothing changed by it."""

from __future__ import annotations

import json

import pytest

from tests.functional.test_provision import state
from tests.support.documents import allow, document
from tests.support.newcomer import Newcomer, iam
from zappa_iam_ext import ensure_deploy_permissions as ensure
from zappa_iam_ext import errors

pytestmark = [pytest.mark.aws, pytest.mark.longer]
POLICY = "ZappaLambdaDeploymentPolicy"
DENIES = document({"Effect": "Deny", "Action": "lambda:CreateFunction", "Resource": "*"})


@pytest.fixture
def someone(newcomer: Newcomer) -> Newcomer:
    """A user without permissions, and an administrator."""
    newcomer.administrator()
    newcomer.user("serverless")
    return newcomer


def _edited(newcomer):
    assert iam("apply", "dev", "--admin-profile", "admin", "--yes").exit_code == 0
    arn = f"arn:aws:iam::{newcomer.account}:policy/{POLICY}"
    newcomer.aws.client("iam").create_policy_version(
        PolicyArn=arn, PolicyDocument=json.dumps(allow("s3:*")), SetAsDefault=True
    )


def _not_ours(newcomer):
    newcomer.aws.client("iam").create_policy(PolicyName=POLICY, PolicyDocument=json.dumps(allow("s3:*")))


def _ten_policies(newcomer):
    client = newcomer.aws.client("iam")
    for number in range(10):
        made = client.create_policy(
            PolicyName=f"p{number}", PolicyDocument=json.dumps(allow("s3:ListBucket"))
        )
        client.attach_user_policy(UserName="serverless", PolicyArn=made["Policy"]["Arn"])


def _weak_administrator(newcomer):
    newcomer.credentials.write_text(newcomer.credentials.read_text().replace("[admin]", "[strong]"))
    newcomer.user("weak", allow("iam:Get*", "iam:List*"), profile="admin", inspects=False)


def _dead_key(newcomer):
    newcomer.aws.client("iam").delete_access_key(
        UserName="serverless",
        AccessKeyId=newcomer.aws.client("iam").list_access_keys(UserName="serverless")["AccessKeyMetadata"][
            0
        ]["AccessKeyId"],
    )


@pytest.mark.parametrize(
    ("situation", "error", "told"),
    [
        pytest.param(_edited, errors.PolicyDrift, "--adopt", id="somebody edited the policy"),
        pytest.param(_not_ours, errors.NotOwned, "--adopt", id="somebody else made it"),
        pytest.param(_ten_policies, errors.QuotaExceeded, "--group", id="no room for a policy"),
        pytest.param(_weak_administrator, errors.AccessDenied, "--for-admin", id="the administrator may not"),
        pytest.param(_dead_key, errors.CredentialsProblem, "", id="a key that is gone"),
    ],
)
def test_what_is_refused_is_told_by_its_type_and_changes_nothing(someone, situation, error, told):
    situation(someone)
    before, steps = state(someone), []
    with pytest.raises(error) as caught:
        ensure("dev", admin_profile="admin", progress=steps.append)
    assert told in caught.value.hint
    assert (state(someone), steps) == (before, [])


def test_what_others_deny_is_missing_after_all_that_can_be_added(someone):
    someone.aws.client("iam").put_user_policy(
        UserName="serverless", PolicyName="others", PolicyDocument=json.dumps(DENIES)
    )
    with pytest.raises(errors.MissingPermissions) as caught:
        ensure("dev", admin_profile="admin")
    assert [item.requirement.action for item in caught.value.report.denied] == ["lambda:CreateFunction"]
    assert "`apply` cannot" in caught.value.hint


def test_what_cannot_be_read_is_inconclusive_unless_it_is_allowed(newcomer):
    newcomer.administrator()
    newcomer.user("serverless", inspects=False)
    with pytest.raises(errors.InconclusiveCheck):
        ensure("dev")
    assert ensure("dev", allow_unknown=True).undecided


def test_an_interrupt_leaves_what_the_next_call_completes_and_a_third_finds_nothing_to_do(someone):
    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure("dev", admin_profile="admin", progress=interrupted)
    assert not ensure("dev", admin_profile="admin").denied
    after, steps = state(someone), []
    assert not ensure("dev", admin_profile="admin", progress=steps.append).denied
    assert (state(someone), steps) == (after, [])
