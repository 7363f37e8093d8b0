"""What of a stage's settings no rehearsal can show."""

from __future__ import annotations

import pytest

from tests.support.stages import stage
from zappa_iam_ext.rehearsal.limits import not_rehearsed

OWN, OTHER = "123456789012", "999988887777"


def told(**settings):
    return not_rehearsed(stage(settings, account=OWN))


def event(arn: str):
    return {"events": [{"function": "app.handle", "event_source": {"arn": arn}}]}


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(event(f"arn:aws:sqs:us-east-1:{OTHER}:queue"), id="a queue"),
        pytest.param(event(f"arn:aws:sns:us-east-1:{OTHER}:topic"), id="a topic"),
        pytest.param(event(f"arn:aws:kinesis:us-east-1:{OTHER}:stream/x"), id="a stream"),
        pytest.param(event(f"arn:aws:dynamodb:us-east-1:{OTHER}:table/x/stream/y"), id="a table's stream"),
        pytest.param({"role_arn": f"arn:aws:iam::{OTHER}:role/x"}, id="a role"),
        pytest.param({"layers": [f"arn:aws:lambda:us-east-1:{OTHER}:layer:x:3"]}, id="a layer"),
        pytest.param({"dead_letter_arn": f"arn:aws:sqs:us-east-1:{OTHER}:dead"}, id="a dead letter queue"),
        pytest.param({"aws_kms_key_arn": f"arn:aws:kms:us-east-1:{OTHER}:key/x"}, id="a key"),
        pytest.param({"certificate_arn": f"arn:aws:acm:us-east-1:{OTHER}:certificate/x"}, id="a certificate"),
        pytest.param(
            {"alb_vpc_config": {"CertificateArn": f"arn:aws:acm:us-east-1:{OTHER}:certificate/x"}},
            id="a certificate further inside",
        ),
        pytest.param(
            {"authorizer": {"arn": f"arn:aws:lambda:us-east-1:{OTHER}:function:x"}}, id="an authorizer"
        ),
    ],
)
def test_what_belongs_to_another_account_is_told(settings) -> None:
    (line,) = told(**settings)
    assert (
        f"belongs to account {OTHER}, the rehearsal plays {OWN} (--account {OTHER} plays the other)" in line
    )
    assert line.startswith(f"{next(iter(settings))}: arn:aws:")


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(event(f"arn:aws:sqs:us-west-2:{OWN}:queue"), id="a queue"),
        pytest.param(event(f"arn:aws:sns:eu-central-1:{OWN}:topic"), id="a topic"),
    ],
)
def test_an_event_source_of_another_region_is_told(settings) -> None:
    (line,) = told(**settings)
    assert "and Zappa asks for it in the stage's us-east-1" in line


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="nothing"),
        pytest.param(event(f"arn:aws:sqs:us-east-1:{OWN}:queue"), id="a queue of one's own"),
        pytest.param(event("arn:aws:s3:::bucket"), id="a bucket, whose ARN names no account"),
        pytest.param({"certificate_arn": f"arn:aws:acm:us-west-2:{OWN}:certificate/x"}, id="no event source"),
        pytest.param(
            {"environment_variables": {"QUEUE": f"arn:aws:sqs:us-east-1:{OTHER}:q"}}, id="a variable"
        ),
        pytest.param(
            {"extra_permissions": [{"Resource": f"arn:aws:s3:us-east-1:{OTHER}:x"}]}, id="a document"
        ),
        pytest.param({"tags": {"owner": f"arn:aws:iam::{OTHER}:user/x"}}, id="a tag"),
        pytest.param({"app_function": "arn:nonsense"}, id="no ARN"),
        pytest.param({"layers": ["arn:aws:lambda:us-east-1:aws:layer:x:3"]}, id="AWS's own"),
    ],
)
def test_what_can_be_rehearsed_is_not(settings) -> None:
    assert told(**settings) == ()
