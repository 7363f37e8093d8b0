"""Which calls a rehearsal refuses whatever the policies say."""

from __future__ import annotations

import pytest

from zappa_iam_ext.permissions.model import Call
from zappa_iam_ext.rehearsal.inside_zappa.enforcement import ForcedDenial, with_template
from zappa_iam_ext.rehearsal.observation import Observation, Outcome

ALIAS = Call("lambda", "GetAlias", {"FunctionName": "hello-dev", "Name": "snapstart"})
PLACE = "Zappa.migrate_lambda_alias < ZappaCLI.update"


@pytest.mark.parametrize(
    ("text", "met"),
    [
        pytest.param("lambda.GetAlias", True, id="by its name alone"),
        pytest.param("lambda.GetFunction", False, id="another operation"),
        pytest.param(f"lambda.GetAlias @ {PLACE}", True, id="at its place"),
        pytest.param("lambda.GetAlias @ ZappaCLI.update", False, id="at another place"),
        pytest.param(f"lambda.GetAlias @ {PLACE} | Name=snapstart", True, id="with its parameter"),
        pytest.param(f"lambda.GetAlias @ {PLACE} | Name=other", False, id="with another parameter"),
        pytest.param(
            f"lambda.GetAlias @ {PLACE} | Name=snapstart & FunctionName=x", False, id="all parameters count"
        ),
    ],
)
def test_what_is_refused(text: str, met: bool) -> None:
    refused = ForcedDenial.parse(text)
    assert refused.meets(ALIAS, PLACE) is met
    assert str(refused) == text


def test_a_stack_is_judged_with_its_template_and_tags() -> None:
    template = {
        "Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": {"Ref": "x"}}}}
    }
    tags = [{"Key": "ZappaProject", "Value": "hello-dev"}]
    judged = with_template(Call("cloudformation", "DeleteStack", {"StackName": "hello-dev"}), template, tags)
    assert judged.parameters == {
        "StackName": "hello-dev",
        "Template": {"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {}}}},
        "Tags": tags,
    }


@pytest.mark.parametrize(
    ("operation", "at", "minds"),
    [
        ("ListAccountAliases", "ZappaCLI.callback", False),
        ("ListAccountAliases", "Zappa.get_credentials_arn", True),
        ("GetUser", "ZappaCLI.callback", True),
        ("GetRole", "Zappa.get_credentials_arn", True),
    ],
)
def test_a_harmless_question_of_the_gate_may_go_unanswered(operation, at, minds):
    assert Observation("iam", operation, outcome=Outcome.DENIED_BY_AWS, at=at).denied is minds
