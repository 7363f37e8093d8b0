"""Which functions of which regions run as a role: what is not known keeps the role, and where it was asked is told."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from zappa_iam_ext.aws.asking.deadline import Deadline
from zappa_iam_ext.aws.provisioning.removal.functions import ask_functions, enabled_regions

ROLE = "hello-dev-ZappaLambdaExecutionRole"


def refused(code, operation="ListFunctions"):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


NO_ANSWER = EndpointConnectionError(endpoint_url="https://lambda.nowhere.amazonaws.com")


class Region:
    """A region's Lambda: the functions that it lists, by name with their role, or an error."""

    def __init__(self, answer) -> None:
        self.answer = answer

    def get_paginator(self, name):
        assert name == "list_functions"
        return self

    def paginate(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        for name, role in self.answer.items():
            arn = f"arn:aws:iam::123456789012:role/service/{role}"
            yield {"Functions": [{"FunctionName": name, "Role": arn}]}


def asked(regions, *, all_enabled=True):
    return ask_functions(
        lambda name: Region(regions[name]),
        sorted(regions),
        [ROLE],
        all_enabled=all_enabled,
        deadline=Deadline(5),
    )


@pytest.mark.parametrize(
    ("regions", "running", "not_asked"),
    [
        pytest.param({"eu-west-1": {}, "us-east-1": {"a": "other"}}, "", "", id="all said that none does"),
        pytest.param(
            {"eu-west-1": {}, "us-east-1": {"web": ROLE}},
            "the function web in us-east-1 runs as it (`zappa undeploy` first)",
            "",
            id="one does in another region",
        ),
        pytest.param(
            {"eu-west-1": {"a": ROLE}, "us-east-1": {"b": ROLE}},
            "the function a in eu-west-1, the function b in us-east-1 run as it (`zappa undeploy` first)",
            "",
            id="two do",
        ),
        pytest.param(
            {"eu-west-1": refused("AccessDeniedException"), "us-east-1": {}},
            "",
            "could not be asked in eu-west-1 (lambda:ListFunctions), only in us-east-1",
            id="one region may not be asked",
        ),
        pytest.param({"eu-west-1": refused("AccessDenied")}, "", "nor anywhere else", id="none may be asked"),
        pytest.param(
            {"eu-west-1": NO_ANSWER, "us-east-1": {}}, "", "eu-west-1 (no answer)", id="one does not answer"
        ),
        pytest.param(
            {"eu-west-1": refused("UnrecognizedClientException"), "us-east-1": {}},
            "",
            "eu-west-1 (UnrecognizedClientException)",
            id="a region that is enabled does not know the credentials",
        ),
        pytest.param(
            {f"r-{number}": refused("AccessDenied") for number in range(7)},
            "",
            "r-0, r-1, r-2, r-3 and 3 more regions (lambda:ListFunctions)",
            id="of many some are named",
        ),
    ],
)  # fmt: skip
def test_what_the_regions_say(regions, running, not_asked):
    answer = asked(regions)
    assert answer.running(ROLE) == running
    assert not_asked in answer.not_asked()
    assert bool(answer.not_asked()) is bool(not_asked)


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "InvalidClientTokenId", "OptInRequired"])
def test_where_nobody_says_which_are_enabled_a_region_that_knows_nobody_is_not(code):
    answer = asked({"af-south-1": refused(code), "us-east-1": {}}, all_enabled=False)
    assert (answer.asked, answer.not_asked()) == (("us-east-1",), "")


def test_credentials_that_no_region_knows_tell_nothing():
    answer = asked({"af-south-1": refused("UnrecognizedClientException")}, all_enabled=False)
    assert "af-south-1 (the credentials are not valid there), nor anywhere else" in answer.not_asked()


class Ec2:
    """Says which regions are enabled, or refuses."""

    def __init__(self, *names, error=None) -> None:
        self.names, self.error = names, error

    def describe_regions(self):
        if self.error:
            raise self.error
        return {"Regions": [{"RegionName": name} for name in self.names]}


def test_who_may_not_ask_which_regions_are_enabled_knows_none():
    assert enabled_regions(Ec2("us-east-1", "eu-west-1")) == ("eu-west-1", "us-east-1")
    assert enabled_regions(Ec2(error=refused("UnauthorizedOperation", "DescribeRegions"))) == ()
    assert enabled_regions(Ec2(error=NO_ANSWER)) == ()
