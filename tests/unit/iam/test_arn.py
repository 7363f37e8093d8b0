"""ARNs of principals: put together and taken apart in one place."""

from __future__ import annotations

import pytest

from zappa_iam_ext.iam import Principal, user_arn


@pytest.mark.parametrize("path", ["/", "/deployers/", "/a/b/"])
def test_the_arn_of_a_user_gives_its_path_and_name_back(path: str) -> None:
    found = Principal.parse(user_arn("aws-cn", "123456789012", "serverless", path))
    assert (found.partition, found.account, found.path, found.name) == (
        "aws-cn",
        "123456789012",
        path,
        "serverless",
    )


@pytest.mark.parametrize(
    ("arn", "path"),
    [
        pytest.param("arn:aws:iam::123456789012:role/service-role/x", "/service-role/", id="a role's"),
        pytest.param("arn:aws:iam::123456789012:user/a/a", "/a/", id="a path that ends like the name"),
        pytest.param("arn:aws:sts::123456789012:assumed-role/x/me", "/", id="a session has lost it"),
        pytest.param("arn:aws:iam::123456789012:root", "/", id="root has none"),
    ],
)
def test_the_path_of_a_principal(arn: str, path: str) -> None:
    assert Principal.parse(arn).path == path


SESSION = Principal.parse("arn:aws:sts::123456789012:assumed-role/deployer/ci")
STORED = "arn:aws:iam::123456789012:role/teams/deployer"


def test_a_session_whose_role_is_known_has_the_arn_of_the_role_in_its_context() -> None:
    assert "aws:principalarn" not in SESSION.context()
    known = SESSION.of_role(STORED)
    assert (known.arn, known.role_arn, known.role_arns) == (SESSION.arn, STORED, ())
    assert known.context()["aws:principalarn"] == STORED


@pytest.mark.parametrize(
    "arn",
    [
        pytest.param("", id="none"),
        pytest.param("arn:aws:iam::123456789012:role/teams/other", id="another role's"),
        pytest.param("arn:aws:iam::123456789012:role/my-deployer", id="one that ends alike"),
        pytest.param("arn:aws:iam::444455556666:role/deployer", id="another account's"),
        pytest.param("arn:aws:iam::123456789012:user/deployer", id="a user's"),
    ],
)
def test_the_arn_of_something_else_is_not_the_role_of_a_session(arn: str) -> None:
    assert SESSION.of_role(arn) == SESSION


def test_a_user_has_no_role() -> None:
    user = Principal.parse("arn:aws:iam::123456789012:user/deployer")
    assert user.of_role(STORED) == user


def test_the_path_of_a_known_role_tells_whether_it_is_service_linked() -> None:
    session = Principal.parse("arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForX/x")
    assert session.is_service_linked_role
    linked = "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    assert session.of_role(linked).is_service_linked_role
    assert not session.of_role(
        "arn:aws:iam::123456789012:role/teams/AWSServiceRoleForX"
    ).is_service_linked_role
