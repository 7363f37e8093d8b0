"""From ``--command`` lines to what the real ``zappa`` is given, and what has to be there before."""

from __future__ import annotations

import pytest

from zappa_iam_ext.rehearsal.command_lines import arguments_of, preparation


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        pytest.param("deploy", "deploy dev", id="the stage follows the name"),
        pytest.param("zappa deploy", "deploy dev", id="as typed at a prompt"),
        pytest.param("zappa deploy dev", "deploy dev", id="as typed at a prompt, with the stage"),
        pytest.param(
            "undeploy --remove-logs", "undeploy dev --remove-logs --yes", id="questions are answered"
        ),
        pytest.param("undeploy -y", "undeploy dev -y", id="once"),
        pytest.param("certify", "certify dev --yes", id="certify asks too"),
        pytest.param("tail", "tail dev --disable-keep-open", id="endless commands end"),
        pytest.param("rollback", "rollback dev -n 1", id="rollback needs a number"),
        pytest.param("rollback -n 2", "rollback dev -n 2", id="or has one"),
        pytest.param("manage", "manage dev check", id="manage needs a command"),
        pytest.param("manage migrate", "manage dev migrate", id="or has one "),
        pytest.param("status --json", "status dev --json", id="flags stay"),
    ],
)
def test_arguments(line: str, arguments: str) -> None:
    assert arguments_of(line, "dev") == arguments.split()


def test_a_quoted_word_stays_one() -> None:
    assert arguments_of("invoke 'print(1)' --raw", "dev") == ["invoke", "dev", "print(1)", "--raw"]
    assert arguments_of("invoke", "dev") == ["invoke", "dev", "1 + 1", "--raw"]


@pytest.mark.parametrize(
    ("lines", "before"),
    [
        pytest.param(["deploy"], (), id="deploy is the beginning"),
        pytest.param(["deploy", "update", "undeploy"], (), id="what deploy made is there"),
        pytest.param(["update"], ("deploy",), id="update updates something"),
        pytest.param(["zappa status dev"], ("deploy",), id="status shows something"),
        pytest.param(["undeploy"], ("deploy",), id="undeploy removes something"),
        pytest.param(["status", "deploy"], ("deploy",), id="what comes first counts"),
        pytest.param(["rollback"], ("deploy", "update"), id="rollback needs a version to go back to"),
        pytest.param(["update", "rollback"], ("deploy",), id="which an update made"),
        pytest.param(["status", "rollback", "update"], ("deploy", "update"), id="but not a later one"),
    ],
)
def test_preparation(lines, before) -> None:
    assert preparation(lines, "dev") == before
