"""From requirements to the simulator's questions: each recorded rule of what can be asked."""

from __future__ import annotations

import pytest

from tests.support.stages import stage
from zappa_iam_ext.check.simulation.questions import absent_for_certain, again, ask, source_arn
from zappa_iam_ext.check.simulation.words import ContextEntry
from zappa_iam_ext.iam import Principal
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.requirements import requirements

JANE = Principal.parse("arn:aws:iam::123456789012:user/team/jane")
SESSION = Principal.parse("arn:aws:sts::123456789012:assumed-role/deployer/ci")
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello-dev"
ROLE = "arn:aws:iam::123456789012:role/hello-dev"


def asked(*needed: Requirement, principal=JANE, facts=None):
    return ask(needed, principal, "eu-west-1", facts or {})


def entries(item) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {entry.name: (entry.kind, entry.values) for entry in item.question.context}


@pytest.mark.parametrize(
    ("principal", "arn"),
    [
        pytest.param("arn:aws:iam::123456789012:user/team/jane", "arn:aws:iam::123456789012:user/team/jane", id="a user"),
        pytest.param("arn:aws:sts::123456789012:assumed-role/deployer/ci", "arn:aws:iam::123456789012:role/deployer", id="a session: its role, which is found by name, without a GetRole"),
        pytest.param("arn:aws-cn:sts::123456789012:assumed-role/d/ci", "arn:aws-cn:iam::123456789012:role/d", id="in its partition"),
        pytest.param("arn:aws:iam::123456789012:root", "", id="root is refused"),
        pytest.param("arn:aws:sts::123456789012:federated-user/jane", "", id="a federated user is none that it knows"),
    ],
)  # fmt: skip
def test_whom_it_is_asked_about(principal, arn):
    assert source_arn(Principal.parse(principal)) == arn


def test_one_call_for_each_kind_of_resource_and_one_without_resources():
    items = asked(
        Requirement("lambda:GetFunction", FUNCTION),
        Requirement("lambda:InvokeFunction", FUNCTION),
        Requirement("iam:GetRole", ROLE),
        Requirement("events:ListRuleNamesByTarget", "*"),
        Requirement("cloudwatch:GetMetricStatistics", "*"),
    )
    questions = dict.fromkeys(item.question for item in items)
    assert [(question.actions, question.resources) for question in questions] == [
        (("lambda:GetFunction", "lambda:InvokeFunction"), (FUNCTION,)),
        (("iam:GetRole",), (ROLE,)),
        (("events:ListRuleNamesByTarget", "cloudwatch:GetMetricStatistics"), ()),
    ]


def test_another_context_is_another_call():
    items = asked(
        *(
            Requirement("iam:PassRole", ROLE, {"iam:PassedToService": service})
            for service in ("lambda.amazonaws.com", "events.amazonaws.com")
        )
    )
    assert len({item.question for item in items}) == 2
    assert entries(items[0])["iam:PassedToService"] == ("string", ("lambda.amazonaws.com",))


@pytest.mark.parametrize(
    ("needed", "why"),
    [
        pytest.param(Requirement("lambda:GetFunctoin", FUNCTION), "no such action", id="a misspelt action, which it would compare as it stands"),
        pytest.param(Requirement("lambda:GetFunction", ROLE), "of another type", id="a resource of a type that the action cannot have"),
        pytest.param(Requirement("apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis/*"), "every name that AWS may choose", id="a name that AWS chose"),
        pytest.param(Requirement("lambda:GetFunction", "*"), "every name", id="every resource"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_says_why(needed, why):
    (item,) = asked(needed)
    assert item.question is None
    assert why in item.unasked


def test_a_pattern_is_asked_on_a_name_that_it_covers_and_never_with_its_wildcards():
    """Recorded: wildcards in an ARN are accepted; how they meet narrower patterns is not known."""
    (item,) = asked(Requirement("s3:PutObject", "arn:aws:s3:::zappa-?????????/hello-*.zip"))
    assert not item.exact
    assert item.resource == "arn:aws:s3:::zappa-777777777/hello-7zappaiamext7.zip"
    assert not set("*?") & set("".join(item.question.resources))


def test_the_facts_of_the_credentials_and_the_region_are_always_given():
    facts = {
        "aws:MultiFactorAuthPresent": "true",
        "aws:TokenIssueTime": "2026-09-11T00:00:00Z",
        "aws:MultiFactorAuthAge": "900",
        "aws:PrincipalTag/team": "web",
        "aws:SourceIp": None,
        "aws:userid": "AIDAEXAMPLE",
    }
    (item,) = asked(Requirement("lambda:GetFunction", FUNCTION), facts=facts)
    given = entries(item)
    assert given["aws:RequestedRegion"] == ("string", ("eu-west-1",))
    assert given["aws:MultiFactorAuthPresent"] == ("boolean", ("true",))
    assert given["aws:MultiFactorAuthAge"] == ("numeric", ("900",))
    assert given["aws:TokenIssueTime"][0] == "date"
    assert given["aws:PrincipalTag/team"] == ("string", ("web",))
    assert given["aws:userid"] == ("string", ("AIDAEXAMPLE",))
    assert given["aws:username"] == ("string", ("jane",))
    assert given["aws:PrincipalArn"] == ("string", (JANE.arn,))
    assert given["aws:ResourceAccount"] == ("string", ("123456789012",))
    assert "aws:SourceIp" not in given
    assert absent_for_certain(facts) == {"aws:sourceip"}


@pytest.mark.parametrize(
    ("facts", "given"),
    [
        pytest.param({"aws:MultiFactorAuthAge": "soon"}, False, id="a number that is none is refused, and the call with it"),
        pytest.param({"aws:MultiFactorAuthAge": []}, False, id="at least one value"),
        pytest.param({"aws:multifactorauthage": "1", "aws:MultiFactorAuthAge": "2"}, True, id="no name twice, whatever its case"),
    ],
)  # fmt: skip
def test_an_entry_that_would_fail_the_whole_call_is_left_out(facts, given):
    (item,) = asked(Requirement("lambda:GetFunction", FUNCTION), facts=facts)
    names = [name.lower() for name in entries(item)]
    assert names.count("aws:multifactorauthage") == given


def test_a_single_value_has_the_scalar_type_and_a_list_that_of_lists():
    (item,) = asked(
        Requirement(
            "events:PutTargets",
            "arn:aws:events:us-east-1:123456789012:rule/r",
            {"events:TargetArn": (FUNCTION,)},
        )
    )
    assert entries(item)["events:TargetArn"] == ("stringList", (FUNCTION,))


def test_the_path_of_a_sessions_role_is_not_made_up():
    (item,) = asked(Requirement("lambda:GetFunction", FUNCTION), principal=SESSION)
    assert "aws:PrincipalArn" not in entries(item)
    assert entries(item)["aws:PrincipalType"] == ("string", ("AssumedRole",))


def test_asked_again_is_no_more_than_what_is_named():
    items = asked(Requirement("lambda:GetFunction", FUNCTION), Requirement("lambda:InvokeFunction", FUNCTION))
    question = again(items[1:], items[1].question)
    assert (question.actions, question.resources) == (("lambda:InvokeFunction",), (FUNCTION,))
    assert question.context == items[1].question.context


@pytest.mark.parametrize(
    "settings", [{}, {"use_apigateway": False, "keep_warm": False}, {"events": []}], ids=str
)
def test_a_stage_is_a_handful_of_calls_whose_names_aws_knows(settings):
    needed = requirements(stage(settings))
    items = ask(needed, JANE, "us-east-1")
    assert [item.requirement for item in items] == list(needed)
    questions = {item.question for item in items} - {None}
    assert len(questions) <= 16 < len(needed)
    for question in questions:
        assert len({name.lower() for name in question.supplied}) == len(question.context)
        assert ContextEntry("aws:SecureTransport", "boolean", ("true",)) in question.context
        assert all(resource.count(":") >= 5 for resource in question.resources)
