"""The profile of a role is taken out of the config file: that section alone, and only when it says what we wrote."""

from __future__ import annotations

import pytest

from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.errors import CredentialsFileError

ARN = "arn:aws:iam::123456789012:role/deployer"
OURS = f"[profile serverless]\nrole_arn = {ARN}\nsource_profile = admin\nregion = us-east-1\n"
WORK = "# mine\n[profile work]  ; kept\nregion=eu-west-1\n  output  =  json\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "credentials").write_text("[serverless]\naws_access_key_id = AKIAX\n")
    return ProfileFiles(tmp_path / "credentials", tmp_path / "config")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(OURS, "", id="alone"),
        pytest.param(f"{WORK}\n{OURS}", WORK, id="the last, as it was appended"),
        pytest.param(f"{OURS}\n{WORK}", WORK, id="the first"),
        pytest.param(f"{WORK}\n{OURS}\n{WORK.replace('work', 'x')}", f"{WORK}\n{WORK.replace('work', 'x')}", id="between"),
        pytest.param(f"{WORK}\n{OURS}# a note\n", f"{WORK}\n# a note\n", id="a comment behind it"),
        pytest.param(f"{WORK}\n{OURS}".replace("\n", "\r\n"), WORK.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(f"{WORK}\n{OURS}".rstrip("\n"), WORK, id="no line end"),
        pytest.param(OURS.replace("region = us-east-1\n", ""), "", id="no region"),
        pytest.param(WORK, WORK, id="no such profile"),
    ],
)  # fmt: skip
def test_only_that_section_goes(files, before, after):
    files.config_path.write_bytes(before.encode())
    kept = files.path.read_bytes()
    assert files.delete_role("serverless", ARN) is (before != after)
    assert files.config_path.read_bytes() == after.encode()
    assert files.path.read_bytes() == kept


def test_writing_and_taking_out_leaves_every_byte(files):
    files.config_path.write_text(WORK)
    files.path.write_text("[admin]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n")
    files.write_role("serverless", ARN, source_profile="admin", region="us-east-1")
    assert files.config_path.read_text() != WORK
    files.delete_role("serverless", ARN)
    assert files.config_path.read_text() == WORK


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(f"{OURS}output = json\n", id="it says more"),
        pytest.param(OURS.replace("deployer", "another"), id="another role"),
        pytest.param(f"{OURS}mfa_serial = arn:x\n", id="a device"),
        pytest.param(f"{OURS}\n{OURS}", id="twice"),
    ],
)
def test_what_says_more_is_left_as_it_is(files, before):
    files.config_path.write_text(before)
    with pytest.raises(CredentialsFileError):
        files.delete_role("serverless", ARN)
    assert files.config_path.read_text() == before
