"""Keeps what the commands of the guides print in the guides: ``python -m tests.generate.guides`` writes it.

Each guide is walked on the local AWS: its files are written, and its lines of `plan` and `apply` run.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.page_commands import commands, written_files
from tests.support.reader import at_home

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"
PIPELINES = ROOT / "docs" / "pipelines.md"
ACCOUNT = "123456789012"
PRINTED = re.compile(
    r"(<!-- printed by the last command: `make docs` writes it -->\n\n```yaml\n)(.*?)(^```$)",
    re.MULTILINE | re.DOTALL,
)
STEPS = re.compile(
    r"(<!-- the steps that the last command prints: `make docs` writes it -->\n\n```text\n)(.*?)(^```$)",
    re.MULTILINE | re.DOTALL,
)
ACTION = re.compile(
    r"(<!-- the workflow of the action's page -->\n\n```yaml\n)(.*?)(^```$)", re.MULTILINE | re.DOTALL
)
TEMPLATE = re.compile(
    r"(<!-- the template of the pipelines' page -->\n\n```yaml\n)(.*?)(^```$)", re.MULTILINE | re.DOTALL
)
#: A guide, its gap, and what the line before it prints there.
WALKED = (
    ("github", PRINTED, "# .github/workflows/deploy.yml"),
    ("gitlab", PRINTED, "# .gitlab-ci.yml"),
    ("bitbucket", PRINTED, "# bitbucket-pipelines.yml"),
    ("identity-center", STEPS, "Permission set "),
)
COPIED = (("github", ACTION, "# .github/workflows/permissions.yml"), ("gitlab", TEMPLATE, "# .gitlab-ci.yml"))


def shown(guide: str, gap: re.Pattern[str]) -> str:
    """Return what stands in a gap of a guide."""
    (found,) = gap.findall((GUIDES / f"{guide}.md").read_text("utf-8"))
    return str(found[1])


def lines_before(guide: str, gap: re.Pattern[str]) -> list[str]:
    """Return the lines of `plan` and `apply` that stand before a gap, in order."""
    page = GUIDES / f"{guide}.md"
    found = gap.search(page.read_text("utf-8"))
    assert found
    line = page.read_text("utf-8")[: found.start()].count("\n") + 1
    return [
        each.text
        for each in commands(page)
        if each.line < line and each.program in {"zappa-iam plan", "zappa-iam apply"}
    ]


def printed(said: str, begins: str) -> str:
    """Return the part of an output that belongs into a gap: a file from its name on, steps up to the commands."""
    text = said[said.index(begins) :]
    return text.partition("\nWith the AWS CLI:")[0].rstrip() + "\n"


def copied(begins: str) -> str:
    """Return a file that the page of pipelines shows."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PIPELINES.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if block.startswith(begins))


def prepare(guide: str, folder: Path) -> None:
    """Write the files of a guide."""
    for file in written_files(GUIDES / f"{guide}.md"):
        (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.name).write_text(file.body, "utf-8")


def write() -> None:
    """Walk the guides, and write what is printed into them."""
    for guide, gap, begins in COPIED:
        _put(guide, gap, copied(begins))
    for guide, gap, begins in WALKED:
        with _at_a_fresh_account() as run:
            prepare(guide, Path.cwd())
            for line in lines_before(guide, gap):
                said = run(line)
            _put(guide, gap, printed(said, begins))


def _put(guide: str, gap: re.Pattern[str], text: str) -> None:
    page = GUIDES / f"{guide}.md"
    page.write_text(gap.sub(lambda found: found[1] + text + found[3], page.read_text("utf-8")), "utf-8")


@contextmanager
def _at_a_fresh_account() -> Iterator[Callable[[str], str]]:
    """Yield what runs a line of ours at an account with a profile ``admin``, in an empty folder."""
    import json

    from tests.support.newcomer import ADMINISTRATOR, iam
    from zappa_iam_ext.rehearsal.local_aws.server import local_aws

    before, here = dict(os.environ), Path.cwd()
    with local_aws(account=ACCOUNT) as aws, tempfile.TemporaryDirectory() as base:
        home, folder = Path(base) / "home", Path(base) / "project"
        (home / ".aws").mkdir(parents=True)
        folder.mkdir()
        client = aws.client("iam")
        client.create_user(UserName="admin")
        client.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=json.dumps(ADMINISTRATOR))
        key = client.create_access_key(UserName="admin")["AccessKey"]
        (home / ".aws" / "credentials").write_text(
            f"[admin]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
        )
        try:
            os.environ.clear()
            os.environ.update(at_home(home, AWS_ENDPOINT_URL=aws.endpoint))
            os.chdir(folder)

            def run(line: str) -> str:
                words = shlex.split(line)[1:]
                done = iam(*words, *(["--yes"] if words[0] == "apply" else []))
                assert done.exit_code == 0, f"{line}\n{done.stdout}{done.stderr}"
                return done.stdout

            yield run
        finally:
            os.chdir(here)
            os.environ.clear()
            os.environ.update(before)


if __name__ == "__main__":
    write()
