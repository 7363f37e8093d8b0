"""How many times the check waits for AWS: a bounded number of rounds, whatever is held."""

from __future__ import annotations

import pytest

from tests.support import holders
from tests.support.slow_aws import slow_aws
from tests.support.stages import stage
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.deciding.checking import check_with_session

pytestmark = pytest.mark.aws
QUIET = 0.3
TRIES = 4
DOCUMENTS = frozenset({"GetUserPolicy", "GetRolePolicy", "GetGroupPolicy", "GetPolicyVersion"})
LISTS = ("iam:ListPolicies",)


@pytest.fixture(scope="module")
def slow(running_aws):
    with slow_aws(running_aws.endpoint, quiet=QUIET) as slow:
        yield slow


@pytest.mark.parametrize(
    ("who", "held", "most", "policies"),
    [
        pytest.param(holders.user, {"attached": 20}, 4, 21, id="a user, 20 policies"),
        pytest.param(holders.user, {"attached": 10, "denied": LISTS, "versions": 2}, 4, 11, id="a user who may not list policies"),
        pytest.param(holders.user, {"attached": 1, "groups": 10, "each": 10}, 5, 102, id="10 groups of 10"),
        pytest.param(holders.user, {"groups": 2, "each": 3, "denied": LISTS, "versions": 2}, 5, 7, id="groups, policies may not be listed"),
        pytest.param(holders.role, {"attached": 20, "versions": 2}, 3, 21, id="a role, 20 policies"),
        pytest.param(holders.role, {"attached": 10, "denied": LISTS}, 3, 11, id="a role that may not list policies, of one version each"),
        pytest.param(holders.role, {"attached": 10, "denied": LISTS, "versions": 2}, 4, 11, id="a role that may not list policies, of several versions"),
    ],
)  # fmt: skip
def test_the_rounds_are_bounded_whatever_is_held(  # noqa: PLR0917  -- a table
    aws, slow, who, held, most, policies
):
    session = holders.session(who(aws, "jane", **held))
    asked = _fewest_rounds(slow, session, most)
    documents = sum(action in DOCUMENTS for actions in asked.rounds for action in actions)
    assert documents >= policies
    assert asked.rounds[0] == ("GetCallerIdentity",)
    assert len(asked.rounds) <= most, [sorted(set(actions)) for actions in asked.rounds]


@pytest.mark.parametrize(
    ("who", "most"),
    [pytest.param(holders.user, 3, id="a user"), pytest.param(holders.role, 3, id="a role")],
)
def test_an_execution_role_that_zappa_only_finds_takes_no_round_more(aws, slow, who, most):
    holders.role(aws, "mine", attached=5)
    session = holders.session(who(aws, "jane", attached=1))
    settings = {"manage_roles": False, "role_name": "mine"}
    asked = _fewest_rounds(slow, session, most, settings)
    assert len(asked.rounds) <= most, [sorted(set(actions)) for actions in asked.rounds]
    assert "ListAttachedRolePolicies" in asked.rounds[1]
    assert sum(action == "GetPolicyVersion" for actions in asked.rounds for action in actions) >= 6


def _fewest_rounds(slow, session, most: int, settings=None):
    """Return what was asked in the fewest rounds: what is sent late on a busy machine looks like a round of its own."""
    tries = []
    for _ in range(TRIES):
        slow.asked()
        report = check_with_session(
            stage(settings), life_cycle(), session, AwsOptions(endpoint_url=slow.endpoint, timeout=120)
        )
        assert report.unreadable == ()
        tries.append(slow.asked())
        if len(tries[-1].rounds) <= most:
            break
    return min(tries, key=lambda asked: len(asked.rounds))
