"""The secret of a new key is told to nobody: not to any log at any level, not in an error, not to other processes."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.support.newcomer import ROOT, iam
from tests.support.proxy import Answer, proxy
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.aws.profile_files.stored_file import StoredFile
from zappa_iam_ext.aws.provisioning.making_keys import create_access_key
from zappa_iam_ext.aws.secret import AccessKey, Secret
from zappa_iam_ext.errors import CredentialsFileError, ZappaIamError

pytestmark = pytest.mark.aws
APPLY = ("apply", "dev", "--admin-profile", "admin", "--yes", "--create-keys")
TALKATIVE = """
import logging, sys
import boto3, http.client
boto3.set_stream_logger('')
logging.basicConfig(level=1, filename='all.log', force=True)
logging.getLogger().addHandler(logging.StreamHandler())
for name in ('botocore', 'botocore.parsers', 'urllib3', 'zappa'):
    logging.getLogger(name).setLevel(1)
    logging.getLogger(name).addHandler(logging.FileHandler('%s.log' % name))
http.client.HTTPConnection.debuglevel = 1
from zappa_iam_ext.cli import main
main()
"""


def client(newcomer, url="", **config):
    return boto3.Session(region_name="us-east-1").client(
        "iam",
        endpoint_url=url or newcomer.aws.endpoint,
        aws_access_key_id=newcomer.account,
        aws_secret_access_key="root",
        config=Config(**config),
    )


def watch(process) -> str:
    """Return all that other processes can read of a process and its children while it runs: words and environment."""
    seen = set()
    while process.poll() is None:
        for folder in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                try:
                    seen.add((folder / name).read_bytes().decode(errors="replace"))
                except OSError:
                    continue
    return "\n".join(seen)


def test_with_every_logger_listening_the_secret_is_in_the_file_alone(newcomer, tmp_path):
    newcomer.administrator()
    known = newcomer.secrets()
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-c", TALKATIVE, *APPLY, "--json"],
            cwd=newcomer.folder, stdout=out, stderr=err, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        others = watch(process)
    told = "".join(path.read_text(errors="replace") for path in newcomer.folder.glob("*.log"))
    told += (tmp_path / "out").read_text() + (tmp_path / "err").read_text()
    assert process.returncode == 0, told[-2000:]
    assert "Response body" in told, "botocore's log is on"
    assert "CreateUser" in told
    (secret,) = newcomer.secrets() - known
    assert secret not in told + others
    held = [
        path
        for path in newcomer.home.rglob("*")
        if path.is_file() and secret in path.read_text(errors="replace")
    ]
    assert held == [newcomer.credentials]


def test_the_loggers_speak_again_afterwards(newcomer):
    newcomer.aws.client("iam").create_user(UserName="u")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("botocore")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        made = create_access_key(client(newcomer), "u", lambda _: None)
        client(newcomer).get_user(UserName="u")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert "GetUser" in stream.getvalue()
    assert made.secret_access_key.reveal() not in stream.getvalue()


BROKEN = {
    "no answer": lambda _: Answer(0),
    "cut short": lambda answer: Answer(200, answer.body[:-60]),
    "an error of the server": lambda answer: Answer(500, answer.body),
    "half a page of a proxy": lambda answer: Answer(200, b"<html>" + answer.body[:400]),
}


@pytest.mark.parametrize("attempts", [1, 4], ids=["botocore sends once", "botocore sends again"])
@pytest.mark.parametrize("breaks", BROKEN.values(), ids=BROKEN)
def test_a_lost_answer_leaves_no_key_and_no_part_of_it_in_the_error(newcomer, breaks, attempts):
    root = newcomer.aws.client("iam")
    root.create_user(UserName="u")
    root.create_access_key(UserName="u")
    before = [key["AccessKeyId"] for key in root.list_access_keys(UserName="u")["AccessKeyMetadata"]]
    bodies: list[bytes] = []

    def after(request, answer):
        if request.action != "CreateAccessKey":
            return answer
        bodies.append(answer.body)
        return breaks(answer)

    with proxy(newcomer.aws.endpoint, after=after) as url:
        asking = client(newcomer, url, retries={"total_max_attempts": attempts, "mode": "standard"})
        with pytest.raises(ZappaIamError, match="was lost") as caught:
            create_access_key(asking, "u", lambda _: None)
    assert len(bodies) == 1, "sent once"
    left = [key["AccessKeyId"] for key in root.list_access_keys(UserName="u")["AccessKeyMetadata"]]
    assert left == before
    secret = bodies[0].decode().split("<SecretAccessKey>")[1].split("<")[0]
    assert secret not in everything_of(caught.value)


def everything_of(error: BaseException) -> str:
    """Return an error with the local variables of its frames below this test, and with its causes."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    told.stack = traceback.StackSummary.from_list([])
    frames = traceback.StackSummary.extract(
        (
            (frame, line)
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename != __file__
        ),
        capture_locals=True,
    )
    assert frames, "it comes from below"
    return "".join([*frames.format(), *told.format(chain=True), repr(error), repr(error.args)])


@pytest.mark.parametrize("moment", ["_store", "_decoded", "_restrict"])
def test_no_frame_of_an_error_holds_a_secret(tmp_path, monkeypatch, moment):
    files = ProfileFiles(tmp_path / "credentials", tmp_path / "config")
    files.path.write_text("[other]\naws_access_key_id = A\naws_secret_access_key = THEIRS0000\n")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StoredFile, moment, fail)
    with pytest.raises(CredentialsFileError) as caught:
        files.write_key(
            "other" if moment == "_restrict" else "x", AccessKey("A", Secret("THEIRS0000")), overwrite=True
        )
    assert "THEIRS0000" not in everything_of(caught.value)


def test_keys_are_not_made_in_ci(newcomer, monkeypatch):
    newcomer.administrator()
    before = newcomer.aws.client("iam").list_users()["Users"]
    monkeypatch.setenv("TF_BUILD", "True")
    done = iam(*APPLY)
    assert done.exit_code == 2
    assert "Azure Pipelines" in done.stderr
    assert newcomer.aws.client("iam").list_users()["Users"] == before
    monkeypatch.delenv("TF_BUILD")
    assert iam(*APPLY).exit_code == 0
