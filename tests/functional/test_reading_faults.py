"""Whatever goes wrong while policies are read: a verdict, or unknown with the reason; no traceback, no false "may deploy"."""

from __future__ import annotations

import json
import os
import re
import time
from itertools import combinations

import pytest

from tests.support import holders
from tests.support.documents import allow, document
from tests.support.faults import DOCUMENTS, FAULTS, LATE, late
from tests.support.newcomer import ADMINISTRATOR, iam
from tests.support.proxy import proxy
from tests.support.stages import stage
from zappa_iam_ext.aws.asking import together
from zappa_iam_ext.check import Verdict, check
from zappa_iam_ext.errors import TimeLimitReached, ZappaIamError
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.deciding.principals import Principals

pytestmark = [
    pytest.mark.aws,
    pytest.mark.timeout(3600),
]
ALL = os.environ.get("ZAPPA_IAM_EXT_FAULTS") == "all"
"""`make faults` tries every fault at every call; `make test` a part of it."""
LIMIT = 3.0
SLACK = 20.0
"""Seconds over the limit that a busy machine may take; without a limit it would be minutes."""
USER_READS = ("GetUser", "ListUserPolicies", "ListAttachedUserPolicies", "ListGroupsForUser", "GetUserPolicy", "ListGroupPolicies",
              "ListAttachedGroupPolicies", "GetGroupPolicy", "GetPolicy", "GetPolicyVersion", "ListPolicies")  # fmt: skip
ROLE_READS = ("GetRole", "ListRolePolicies", "ListAttachedRolePolicies", "GetRolePolicy", "GetPolicy", "GetPolicyVersion", "ListPolicies")  # fmt: skip
HARMLESS = frozenset({"ListPolicies", "GetPolicy"})
"""Without one of these the other tells the versions."""
DOCUMENT_READS = ("GetUserPolicy", "GetGroupPolicy", "GetPolicyVersion")
SAMPLE = ("GetUser", "GetPolicyVersion")


class Account:
    """A user and a role, bound in every way: allowed, denied explicitly, blocked by a boundary, allowed by nothing."""

    def __init__(self, aws):
        client = aws.client("iam")
        limit = holders.policy(
            aws, "Limit", allow("iam:*", "s3:*", "lambda:*", "logs:*", "apigateway:*"), versions=2
        )
        denies = holders.policy(
            aws, "Denies", document({"Effect": "Deny", "Action": "lambda:*", "Resource": "*"})
        )
        self.keys = {"user": holders.user(aws, "jane", attached=1, groups=1, each=1)}
        client.put_user_permissions_boundary(UserName="jane", PermissionsBoundary=limit)
        client.attach_user_policy(UserName="jane", PolicyArn=denies)
        refused = document({"Effect": "Deny", "Action": "logs:*", "Resource": "*"})
        client.put_group_policy(GroupName="jane-group-0", PolicyName="g", PolicyDocument=json.dumps(refused))
        self.keys["role"] = holders.role(aws, "ci", attached=1, boundary=limit)
        client.attach_role_policy(RoleName="ci", PolicyArn=denies)

    def read(self, kind, endpoint, seconds=30.0):
        """Return what was read of the user or the role, and the verdict of each requirement."""
        options = AwsOptions(endpoint_url=endpoint, timeout=seconds)
        found = Principals(options, [stage()]).of_session(holders.session(self.keys[kind]))
        located = stage().with_account(found.identity.account)
        needed = requirements(located, life_cycle())
        held = found.held
        report = check(
            located, life_cycle(), needed, held.policies, held.principal, unreadable=held.unreadable
        )
        return held, [result.verdict for result in report.results]


@pytest.fixture(scope="module")
def account(running_aws):
    aws = running_aws.another_account()
    made = Account(aws)
    made.endpoint = aws.endpoint
    made.truth = {kind: made.read(kind, aws.endpoint)[1] for kind in made.keys}
    for kind in made.keys:
        assert made.read(kind, aws.endpoint)[0].unreadable == ()
    assert set(made.truth["user"]) == {Verdict.ALLOWED, Verdict.DENIED}
    return made


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(together, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(together, "_LONGEST_PAUSE", 0.2)


def read(account, kind, actions, fault, seconds=30.0):
    """Read through a proxy with a fault at these calls; what is less than the truth is never more."""
    with proxy(
        account.endpoint,
        lambda request: fault.before(request) if request.action in actions else None,
        lambda request, answer: fault.after(request, answer) if request.action in actions else answer,
    ) as endpoint:
        start = time.monotonic()
        try:
            held, verdicts = account.read(kind, endpoint, seconds)
        except ZappaIamError as error:
            return error
        assert time.monotonic() - start < seconds + SLACK
    for told, true in zip(verdicts, account.truth[kind], strict=True):
        assert told in {true, Verdict.UNKNOWN}, actions
    for line in held.unreadable:
        assert line.isprintable()
    return held


def cases(reads, faults):
    return [
        pytest.param(action, fault, id=f"{action}: {fault}")
        for action in reads
        for fault in faults
        if ALL or action in SAMPLE or fault == "denied"
    ]


def limit_of(fault):
    return (
        LIMIT
        if fault
        in {LATE, "throttled", "too many requests", "an error of the server", "a page with status 502"}
        else 30.0
    )


@pytest.mark.parametrize(("action", "fault"), cases(USER_READS, FAULTS))
def test_a_user_is_read_as_far_as_it_goes(account, action, fault):
    held = read(account, "user", {action}, FAULTS[fault], limit_of(fault))
    if isinstance(held, TimeLimitReached):
        assert limit_of(fault) == LIMIT, "a busy machine may not even learn who it is"
    elif isinstance(held, ZappaIamError):
        assert (action, fault) == ("GetUser", "gone")
        assert "does not know" in str(held)
    elif action not in HARMLESS:
        assert any(f"iam:{action}" in line for line in held.unreadable), held.unreadable
    elif limit_of(fault) != LIMIT:
        assert held.unreadable == (), "the other call tells the versions"


@pytest.mark.parametrize(("action", "fault"), cases(ROLE_READS, FAULTS if ALL else ["denied"]))
def test_a_role_is_read_as_far_as_it_goes(account, action, fault):
    held = read(account, "role", {action}, FAULTS[fault], limit_of(fault))
    if isinstance(held, TimeLimitReached):
        assert limit_of(fault) == LIMIT, "a busy machine may not even learn who it is"
    elif isinstance(held, ZappaIamError):
        assert (action, fault) == ("GetRole", "gone")
    elif action not in HARMLESS:
        assert any(f"iam:{action}" in line for line in held.unreadable), held.unreadable


@pytest.mark.parametrize("kind", ["user", "role"])
def test_any_two_reads_denied_never_make_more_allowed_or_denied(account, kind):
    reads = USER_READS if kind == "user" else ROLE_READS
    pairs = list(combinations(reads, 2))
    for pair in pairs if ALL else pairs[::9]:
        assert not isinstance(read(account, kind, set(pair), FAULTS["denied"]), ZappaIamError)


def test_all_reads_denied_leave_everything_unknown(account):
    held = read(account, "user", set(USER_READS), FAULTS["denied"])
    assert (held.held, len(held.unreadable)) == ((), 4)


@pytest.mark.parametrize("text", DOCUMENTS)
@pytest.mark.parametrize("action", DOCUMENT_READS if ALL else DOCUMENT_READS[-1:])
def test_what_is_no_policy_document_is_told(account, action, text):
    held = read(account, "user", {action}, DOCUMENTS[text])
    assert any("not a policy document" in line or "not AWS" in line for line in held.unreadable)


def test_a_busy_aws_is_asked_again(account):
    asked = []

    def before(request):
        asked.append(request.action)
        return FAULTS["throttled"].before(request) if len(asked) % 2 else None

    with proxy(account.endpoint, before) as endpoint:
        held, verdicts = account.read("user", endpoint)
    assert (held.unreadable, verdicts) == ((), account.truth["user"])


@pytest.mark.parametrize("action", ["GetUserPolicy", "GetGroupPolicy"])
def test_a_policy_that_is_deleted_between_two_reads_binds_no_more(running_aws, action):
    aws = running_aws.another_account()
    client = aws.client("iam")
    session = holders.session(holders.user(aws, "jane", groups=1, each=1))
    refused = json.dumps(document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}))
    client.put_user_policy(UserName="jane", PolicyName="gone", PolicyDocument=refused)
    client.put_group_policy(GroupName="jane-group-0", PolicyName="gone", PolicyDocument=refused)
    deleted = []

    def before(request):
        if request.action == action and b"PolicyName=gone" in request.body and not deleted:
            deleted.append(request)
            if action == "GetUserPolicy":
                client.delete_user_policy(UserName="jane", PolicyName="gone")
            else:
                client.delete_group_policy(GroupName="jane-group-0", PolicyName="gone")

    with proxy(aws.endpoint, before) as endpoint:
        held = Principals(AwsOptions(endpoint_url=endpoint)).of_session(session).held
    assert deleted
    assert held.unreadable == ()
    gone = "user jane" if action == "GetUserPolicy" else "group jane-group-0"
    sources = [policy.source for policy in held.held]
    assert f"{gone} / inline policy gone" not in sources
    assert len([source for source in sources if source.endswith("inline policy gone")]) == 1


def test_a_version_that_is_replaced_between_two_reads_is_read_again(running_aws):
    aws = running_aws.another_account()
    client = aws.client("iam")
    session = holders.session(holders.user(aws, "jane", attached=1))
    arn = f"arn:aws:iam::{aws.account}:policy/jane-0"
    changed = []

    def before(request):
        if request.action == "GetPolicyVersion" and not changed:
            changed.append(request)
            client.create_policy_version(
                PolicyArn=arn, PolicyDocument=json.dumps(allow("sqs:SendMessage")), SetAsDefault=True
            )

    with proxy(aws.endpoint, before) as endpoint:
        held = Principals(AwsOptions(endpoint_url=endpoint)).of_session(session).held
    assert held.unreadable == ()
    (found,) = [policy for policy in held.held if policy.arn == arn]
    assert found.document.statements[0].actions == ("sqs:SendMessage",)


@pytest.mark.parametrize("name", ["grün", "名前", "a\u202eb", "x\u2028y", "a/b", "tab\there", "%2F=+"])
def test_names_of_any_characters_are_read_and_told_on_one_line(running_aws, name):
    aws = running_aws.another_account()
    client = aws.client("iam")
    session = holders.session(holders.user(aws, "jane"))
    client.put_user_policy(
        UserName="jane", PolicyName=name, PolicyDocument=json.dumps(allow("s3:ListBucket"))
    )
    held = Principals(AwsOptions(endpoint_url=aws.endpoint)).of_session(session).held
    assert [policy.source.isprintable() for policy in held.held] + [
        *map(str.isprintable, held.unreadable)
    ] == [True, True]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("denied", "sts:GetCallerIdentity"),
        ("throttled", "Throttling"),
        ("a dropped connection", "cannot be reached"),
        (LATE, "within 3 seconds"),
        ("a page with status 200", "not AWS"),
        ("a page with status 403", "not AWS"),
        ("a page that is XML, with status 403", "not AWS"),
        ("a page that is XML", "not AWS"),
        ("nothing", "not AWS"),
        ("an empty result", "not AWS"),
        ("a clock that is wrong", "clock"),
        ("credentials that IAM does not accept", "does not accept"),
    ],
)
def test_where_nobody_can_tell_who_it_is_the_check_could_not_run(newcomer, monkeypatch, fault, words):
    newcomer.user("serverless", ADMINISTRATOR)
    with proxy(newcomer.aws.endpoint, FAULTS[fault].before) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        done = iam("check", "dev", "--timeout", str(LIMIT))
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_what_does_not_answer_in_time_is_unknown_with_the_reason(newcomer, monkeypatch):
    newcomer.user("serverless", ADMINISTRATOR)
    slow = late(6.0)
    with proxy(
        newcomer.aws.endpoint, lambda request: slow.before(request) if request.action == "GetUser" else None
    ) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        done = iam("check", "dev", "--json", "--timeout", "4")
    assert done.exit_code == 3
    (line,) = json.loads(done.stdout)["unreadable"]
    assert re.match(
        r"the permissions boundary of user serverless: iam:GetUser: AWS did not answer within [12](\.\d+)? seconds",
        line,
    )
