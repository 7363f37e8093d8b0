"""``role ensure`` on the local AWS: what is made, what stays, what is refused, which settings are shown and written."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.support.newcomer import Ran
from zappa_iam_ext.cli.role_ensure import ensure as command

pytestmark = [pytest.mark.aws]
ROLE = "hello-dev-ZappaLambdaExecutionRole"
POLICY = "ZappaLambdaExecutionPolicy"


def ensure(*arguments, code=0, **options):
    done = CliRunner().invoke(
        command, ["dev", "--admin-profile", "admin", "--wait", "0", *arguments], **options
    )
    told = done.stdout + done.stderr
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, told
    return Ran(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def project(newcomer):
    newcomer.administrator()
    newcomer.settings(s3_bucket=f"packages-{newcomer.account}")
    return newcomer


def test_it_works(project):
    print(ensure("--plan").stdout)
    print(ensure("-y").stdout)
    iam = project.aws.client("iam")
    print(iam.get_role(RoleName=ROLE)["Role"])
    print(ensure("-y").stdout)
    print(ensure("-y", "--write-settings").stdout)
    print((project.folder / "zappa_settings.json").read_text())
    print(ensure("-y").stdout)
    print(ensure("-y", "--manage-roles").stdout)
    assert 0
