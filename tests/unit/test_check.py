"""From requirements and policies to a verdict each, and to the exit code of the whole."""

from __future__ import annotations

import pytest

from tests.support.stages import stage
from zappa_iam_ext.check import Verdict, check
from zappa_iam_ext.config import IamExtSettings
from zappa_iam_ext.iam import PolicySet
from zappa_iam_ext.permissions.commands import COMMANDS, WRITING
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.model import Command, Consequence, Requirement, ResourceState
from zappa_iam_ext.permissions.tables.rows import call_rows
from zappa_iam_ext.render.gate import passing_text
from zappa_iam_ext.workflow.gating import GateAnswer

USER = "arn:aws:iam::123456789012:user/serverless"
CREATE = Requirement("lambda:CreateFunction", "arn:aws:lambda:us-east-1:123456789012:function:hello-dev")


def report(statements, requirements=(CREATE,), unreadable=()):
    document = {"Version": "2012-10-17", "Statement": statements}
    return check(stage(), (), requirements, PolicySet(identity=document), USER, unreadable=unreadable)


ALLOW = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "lambda:CreateFunction", "Resource": "*"}
VPC_ONLY = {**DENY, "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}
OTHER = {**ALLOW, "Action": "s3:*"}


@pytest.mark.parametrize(
    ("statements", "unreadable", "verdict", "why", "codes"),
    [
        pytest.param([ALLOW], (), Verdict.ALLOWED, "", (0, 0), id="what a policy allows is allowed"),
        pytest.param([OTHER], (), Verdict.DENIED, "", (1, 1), id="what no policy allows is denied"),
        pytest.param([ALLOW, DENY], (), Verdict.DENIED, "", (1, 1), id="a deny wins"),
        pytest.param(
            [ALLOW, VPC_ONLY],
            (),
            Verdict.UNKNOWN,
            "it depends on aws:SourceVpc",
            (0, 3),
            id="a key that only the request carries leaves it open",
        ),
        pytest.param(
            [ALLOW],
            ("policy Team",),
            Verdict.UNKNOWN,
            "a policy could not be read",
            (0, 3),
            id="with a policy unread nothing is called allowed",
        ),
        pytest.param(
            [DENY], ("policy Team",), Verdict.DENIED, "", (1, 1), id="a deny is certain, whatever is unread"
        ),
    ],
)
def test_a_verdict_and_its_exit_code(statements, unreadable, verdict, why, codes):
    found = report(statements, unreadable=unreadable)
    (result,) = found.results
    assert (result.verdict, result.why) == (verdict, why)
    assert (found.exit_code(allow_unknown=True), found.exit_code()) == codes


def needs(consequence, action="lambda:CreateFunction"):
    return Requirement(action, CREATE.resource, consequence=consequence)


@pytest.mark.parametrize(
    ("consequence", "denied", "undecided"),
    [
        pytest.param(Consequence.REFUSED, 1, 3, id="what AWS refuses at deploy counts"),
        pytest.param(Consequence.STOPS, 1, 3, id="what stops the command counts"),
        pytest.param(Consequence.SILENT, 1, 3, id="what goes unnoticed counts as much"),
        pytest.param(Consequence.HARMLESS, 0, 0, id="what is harmless keeps nobody from deploying"),
    ],
)
def test_what_a_denial_does_decides_the_exit_code(consequence, denied, undecided):
    lacking = report([OTHER], (needs(consequence), needs(Consequence.STOPS, "s3:GetObject")))
    open_ = report([ALLOW, VPC_ONLY], (needs(consequence),))
    assert [len(lacking.denied), len(open_.unknown)] == [1, 1]
    assert [lacking.exit_code(), lacking.exit_code(allow_unknown=True)] == [denied, denied]
    assert [open_.exit_code(), open_.exit_code(allow_unknown=True)] == [undecided, 0]


def test_a_gate_that_checked_nothing_does_not_open():
    assert report([ALLOW], requirements=()).exit_code() == 2


API = "arn:aws:apigateway:us-east-1::/restapis/*"
MAPPING = "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:*"


def allow(action: str, *resources: str):
    return {"Effect": "Allow", "Action": action, "Resource": list(resources)}


@pytest.mark.parametrize(
    ("action", "needed", "given", "verdict"),
    [
        pytest.param("apigateway:GET", API, API, Verdict.ALLOWED, id="every API"),
        pytest.param("apigateway:GET", API, API[:-1] + "abc123defg", Verdict.UNKNOWN, id="one API"),
        pytest.param(
            "apigateway:GET", API, API[:-1] + "abc*", Verdict.DENIED, id="the beginning of some ids"
        ),
        pytest.param(
            "apigateway:GET", API, API[:-1] + "abc123defg*", Verdict.UNKNOWN, id="one API and all in it"
        ),
        pytest.param(
            "apigateway:PATCH",
            f"{API}/stages/dev",
            API[:-1] + "abc123defg/*",
            Verdict.UNKNOWN,
            id="its stage",
        ),
        pytest.param(
            "apigateway:GET",
            f"{API}/resources/*",
            API[:-1] + "abc123defg*",
            Verdict.UNKNOWN,
            id="its resources",
        ),
        pytest.param(
            "apigateway:GET",
            f"{API}/resources/*",
            API[:-1] + "abc123defg",
            Verdict.DENIED,
            id="one API, but not what is in it",
        ),
        pytest.param(
            "apigateway:DELETE",
            API,
            API[:-1] + "abc123defg/stages/*",
            Verdict.DENIED,
            id="another part of the API",
        ),
        pytest.param(
            "apigateway:GET",
            API,
            API.replace("us-east-1", "eu-west-1")[:-1] + "abc123defg",
            Verdict.DENIED,
            id="an API of another region",
        ),
        pytest.param(
            "apigateway:POST",
            API[:-2],
            API[:-1] + "abc123defg*",
            Verdict.DENIED,
            id="no name in what is needed",
        ),
        pytest.param(
            "lambda:DeleteEventSourceMapping",
            MAPPING,
            MAPPING[:-1] + "a1b2c3d4-5678-90ab-cdef-11111EXAMPLE",
            Verdict.UNKNOWN,
            id="a mapping by UUID",
        ),
        pytest.param(
            "route53:ChangeResourceRecordSets",
            "arn:aws:route53:::hostedzone/*",
            "arn:aws:route53:::hostedzone/Z0123456789",
            Verdict.UNKNOWN,
            id="a hosted zone",
        ),
        pytest.param(
            "cloudfront:UpdateDistribution",
            "arn:aws:cloudfront::123456789012:distribution/*",
            "arn:aws:cloudfront::123456789012:distribution/E2QWRUHEXAMPLE",
            Verdict.UNKNOWN,
            id="a distribution",
        ),
        pytest.param(
            "elasticfilesystem:DescribeMountTargets",
            "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/*",
            "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-01234567",
            Verdict.UNKNOWN,
            id="a file system",
        ),
        pytest.param(
            "cloudformation:UpdateStack",
            "arn:aws:cloudformation:us-east-1:123456789012:stack/hello-dev/*",
            "arn:aws:cloudformation:us-east-1:123456789012:stack/hello-dev/7b1f",
            Verdict.UNKNOWN,
            id="one stack of the name",
        ),
        pytest.param(
            "cloudformation:UpdateStack",
            "arn:aws:cloudformation:us-east-1:123456789012:stack/hello-dev/*",
            "arn:aws:cloudformation:us-east-1:123456789012:stack/other-dev/7b1f",
            Verdict.DENIED,
            id="a stack of another name",
        ),
        pytest.param(
            "s3:PutObject",
            "arn:aws:s3:::zappa-?????????/x",
            "arn:aws:s3:::zappa-abcdefghi/x",
            Verdict.DENIED,
            id="a name that Zappa makes up is not AWS's",
        ),
    ],
)
def test_a_policy_that_names_what_aws_chose_decides_nothing_offline(action, needed, given, verdict):
    (result,) = report([allow(action, given)], (Requirement(action, needed),)).results
    assert result.verdict is verdict
    if verdict is Verdict.UNKNOWN:
        assert result.why.startswith("it is allowed on arn:aws:")
        assert result.why.endswith("only, and only AWS knows which one is this stage's")


@pytest.mark.parametrize(
    ("denied", "verdict"),
    [
        pytest.param(API[:-1] + "abc123defg*", Verdict.UNKNOWN, id="one API"),
        pytest.param(API, Verdict.DENIED, id="every API"),
        pytest.param("*", Verdict.DENIED, id="everything"),
    ],
)
def test_a_deny_on_what_aws_chose_denies_only_that_one(denied, verdict):
    statements = [allow("apigateway:*", "*"), {**allow("apigateway:GET", denied), "Effect": "Deny"}]
    (result,) = report(statements, (Requirement("apigateway:GET", API),)).results
    assert result.verdict is verdict


LEFT = Requirement(
    "lambda:UpdateAlias",
    "arn:aws:lambda:us-east-1:123456789012:function:hello-dev",
    only_if=ResourceState.ORPHANED,
)


@pytest.mark.parametrize(
    ("statements", "codes"),
    [
        pytest.param([OTHER], (1, 1), id="what is always needed is missing: denied"),
        pytest.param(
            [{**ALLOW, "Action": "lambda:CreateFunction"}], (3, 3), id="what may be needed: not told"
        ),
        pytest.param([ALLOW], (0, 0), id="both are held"),
    ],
)
def test_what_is_needed_only_in_some_states_denies_nothing_for_certain(statements, codes):
    found = report(statements, requirements=(CREATE, LEFT))
    assert (found.exit_code(allow_unknown=True), found.exit_code()) == codes


@pytest.mark.parametrize(
    ("spared", "verdict"),
    [
        pytest.param([API[:-1] + "abc123defg"], Verdict.UNKNOWN, id="one API"),
        pytest.param([API[:-1] + "abc123defg", API[:-1] + "xyz123defg*"], Verdict.UNKNOWN, id="two of them"),
        pytest.param([API], Verdict.DENIED, id="every API"),
        pytest.param([API.replace("us-east-1", "eu-west-1")], Verdict.ALLOWED, id="another region's"),
    ],
)
def test_a_not_resource_with_a_name_that_aws_chose_leaves_the_others(spared, verdict):
    statement = {"Effect": "Allow", "Action": "apigateway:*", "NotResource": spared}
    (result,) = report([statement], requirements=(Requirement("apigateway:GET", API),)).results
    assert result.verdict is verdict
    assert result.why == (
        "a NotResource names some of these, and only AWS knows which one is this stage's"
        if verdict is Verdict.UNKNOWN
        else ""
    )


def answer(statements, requirements=(CREATE,), *, in_ci=False, command="deploy", unreadable=(), **own):
    found = report(statements, requirements, unreadable)
    return GateAnswer(stage(), Command(command), found, IamExtSettings(**own), in_ci, None)


ONLY_CREATE = {**ALLOW, "Action": "lambda:CreateFunction"}
ADMIN = {"admin_profile": "admin"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param(answer([ALLOW]), None, id="what is held goes on"),
        pytest.param(answer([OTHER]), 1, id="what is missing stops"),
        pytest.param(answer([OTHER], on_missing="warn"), None, id="unless only a warning is asked for"),
        pytest.param(answer([ONLY_CREATE], (CREATE, LEFT)), None, id="what only some states need stops nothing"),
        pytest.param(answer([OTHER], (CREATE, LEFT)), 1, id="what is always needed does"),
        pytest.param(answer([ALLOW, VPC_ONLY]), None, id="what is undecided is told"),
        pytest.param(answer([ALLOW, VPC_ONLY], in_ci=True), 3, id="in CI it stops"),
        pytest.param(answer([ALLOW, VPC_ONLY], in_ci=True, unknown="warn"), None, id="unless CI may go on"),
        pytest.param(answer([ALLOW, VPC_ONLY], unknown="fail"), 3, id="anywhere if so asked for"),
        pytest.param(
            answer([{**ALLOW, "Action": "s3:*"}], (CREATE, needs(Consequence.STOPS, "s3:PutObject")),
                   on_missing="warn", unknown="fail", unreadable=("p",)),
            3, id="a warning about what is missing lets nothing undecided pass"),
        pytest.param(answer([ALLOW], ()), 2, id="a gate that checked nothing does not open"),
        pytest.param(answer([ALLOW], (), on_missing="warn"), 2, id="whatever is asked for"),
        pytest.param(answer([OTHER], (needs(Consequence.HARMLESS),)), None, id="what is harmless stops nothing"),
        pytest.param(answer([OTHER], (needs(Consequence.SILENT),)), 1, id="what goes unnoticed stops"),
        pytest.param(answer([OTHER], (needs(Consequence.REFUSED),)), 1, id="what AWS refuses stops"),
    ],
)  # fmt: skip
def test_what_the_gate_lets_go_on(given, code):
    assert given.refusal == code


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("in_ci", [False, True], ids=["desk", "CI"])
def test_the_gate_provisions_for_commands_that_write_and_never_in_ci(command, in_ci):
    given = answer([OTHER], in_ci=in_ci, command=command, on_missing="provision", **ADMIN)
    assert given.provisions is (command in WRITING and not in_ci)
    assert not answer([OTHER], command=command).provisions
    assert not answer([ALLOW], command=command, on_missing="provision", **ADMIN).provisions


READING = ("Get", "List", "Head", "Describe", "Filter", "Invoke")


def test_a_command_that_writes_is_one_that_calls_more_than_reading():
    writing = {name for row in call_rows() for name in row.commands if not row.operation.startswith(READING)}
    assert {name for name in COMMANDS if name in writing} == WRITING


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        pytest.param([ALLOW], ["may deploy", "holds all 1 permission"], id="all is well: one line"),
        pytest.param([ALLOW, VPC_ONLY], ["the gate decided nothing", "cannot tell whether"], id="nothing decided never sounds like passed"),
        pytest.param([OTHER], ["may not", "CreateFunction", "To fix it"], id="what is missing, where it only warns"),
    ],
)  # fmt: skip
def test_what_the_gate_says_before_it_goes_on(statements, said):
    text = passing_text(report(statements), CommandLines("dev"))
    assert all(words in text for words in said)
    assert ("holds all" in text) == (statements == [ALLOW])


def test_the_gate_names_the_fix_of_what_only_some_states_need():
    (line,) = passing_text(
        report([ONLY_CREATE], requirements=(CREATE, LEFT)), CommandLines("dev")
    ).splitlines()
    assert "lacks 1 of 2 permissions that only some states of the account need" in line
    assert "zappa-iam apply dev" in line
