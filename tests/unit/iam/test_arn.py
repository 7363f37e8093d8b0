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
