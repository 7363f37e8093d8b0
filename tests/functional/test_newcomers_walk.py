"""The newcomer's walk: a fresh clone and environment, the built wheel, and each line of the tutorial as it stands there.

From an empty folder to a refused and then a passing deployment, on the local AWS. `-s` shows all of it, with times.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.newcomer import ADMINISTRATOR, ROOT
from tests.support.page_commands import commands, written_files
from tests.support.reader import Reader, at_home
from zappa_iam_ext.rehearsal.local_aws.emulator_gaps import emulator_gaps_document
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws, local_aws
from zappa_iam_ext.settings_file import read_stages

pytestmark = [pytest.mark.aws, pytest.mark.zappa, pytest.mark.longer]
ACCOUNT = "123456789012"
TUTORIAL = ROOT / "docs" / "tutorial.md"
#: What ends otherwise than with 0, and why: the tutorial says so at each.
ENDS = {
    "zappa-iam rehearse dev --policy policy.json": 1,
    "zappa-iam doctor dev": 2,
}
REFUSED = "zappa update dev"
#: Zappa calls the application's address at the end; the local AWS has no name in the world. No reader needs this.
UNTOUCHED = ('"app_function": "app.app",', '"app_function": "app.app", "touch": false,')


@pytest.fixture(scope="module")
def account() -> Iterator[LocalAws]:
    with local_aws(account=ACCOUNT) as aws:
        yield aws


@pytest.fixture
def reader(tmp_path: Path, account: LocalAws) -> Reader:
    """Somebody with an empty folder, a profile ``admin``, and a place where the built wheel is found by name."""
    wheels, home, folder, notes = (tmp_path / name for name in ("wheels", "home", "hello", "notes"))
    for made in (home, folder, notes):
        made.mkdir()
    clone = tmp_path / "clone"
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(wheels)]
    for words, where in ((["git", "clone", "--quiet", str(ROOT), str(clone)], tmp_path), (build, clone)):
        subprocess.run(words, cwd=where, check=True, capture_output=True)
    iam = account.client("iam")
    iam.create_user(UserName="admin")
    iam.put_user_policy(UserName="admin", PolicyName="admin", PolicyDocument=json.dumps(ADMINISTRATOR))
    key = iam.create_access_key(UserName="admin")["AccessKey"]
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(
        f"[admin]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
    )
    environment = at_home(home, AWS_ENDPOINT_URL=account.endpoint, PIP_FIND_LINKS=str(wheels), PIP_QUIET="1")
    return Reader(folder, dict(environment), notes, watch=print)


def test_each_line_of_the_tutorial_runs_as_it_says(reader, account, monkeypatch):
    folder = reader.folder
    pending = [*commands(TUTORIAL), *written_files(TUTORIAL)]
    updates = 0
    for step in sorted(pending, key=lambda each: each.line):
        if hasattr(step, "body"):
            (folder / step.name).write_text(step.body.replace(*UNTOUCHED))
            continue
        wanted = ENDS.get(step.text, 0)
        if step.text == REFUSED:
            updates += 1
            wanted = 1 if updates == 1 else 0
        before = functions(account)
        code, said = reader.types(step.text)
        assert code == wanted, f"{TUTORIAL.name}:{step.line}: {step.text}\n{said}"
        if step.text == REFUSED and wanted:
            assert "lacks " in said
            assert "PutRule" in said
            assert functions(account) == before, "refused before the first write"
        if step.program == "zappa-iam apply":
            monkeypatch.chdir(folder)
            allow_for_the_local_aws(account)
        if step.text == "zappa deploy dev":
            assert list(functions(account)) == ["hello-dev"]
    assert updates == 2
    assert functions(account) == {}
    assert [user["UserName"] for user in account.client("iam").list_users()["Users"]] == [
        "admin",
        "serverless",
    ]
    waited = sum(reader.seconds.values())
    print(f"{len(reader.seconds)} lines, {waited:.0f} s")  # noqa: T201  -- the time that the walk takes


def functions(aws: LocalAws) -> dict[str, str]:
    """Return each function with the hash of its package."""
    found = aws.client("lambda").list_functions()["Functions"]
    return {each["FunctionName"]: each["CodeSha256"] for each in found}


def allow_for_the_local_aws(aws: LocalAws) -> None:
    """Grant where the local AWS checks something else than AWS, which no reader with a real account needs."""
    (stage,) = read_stages()
    document = emulator_gaps_document(replace(stage, account_id=ACCOUNT)).to_json()
    aws.client("iam").put_user_policy(
        UserName="serverless", PolicyName="LocalAwsDiffers", PolicyDocument=document
    )
