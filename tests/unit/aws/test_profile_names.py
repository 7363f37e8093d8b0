"""What a profile holds, whatever it is called; and how profiles of keys and of roles are written."""

from __future__ import annotations

import os
import stat

import botocore.session
import pytest

from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.aws.profile_files.names import KEY_ID, SECRET, key_material, meant
from zappa_iam_ext.aws.secret import AccessKey, Secret
from zappa_iam_ext.errors import CredentialsFileError

KEY = AccessKey("AKIAEXAMPLE000000001", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
ROLE = "arn:aws:iam::123456789012:role/deploy/zappa"


@pytest.fixture
def files(tmp_path):
    return ProfileFiles(tmp_path / "credentials", tmp_path / "config")


NAMES = [
    ("aws_access_key", KEY_ID),
    ("aws_acess_key_id", KEY_ID),
    ("aws_access_keyid", KEY_ID),
    ("aws_access_key_ids", KEY_ID),
    ("access_key_id", KEY_ID),
    ("access_key", KEY_ID),
    ("aws-access-key-id", KEY_ID),
    ("awsaccesskeyid", KEY_ID),
    ("aws_secret_key", SECRET),
    ("aws_secret", SECRET),
    ("aws_secret_acces_key", SECRET),
    ("aws_secret_access_key_id", SECRET),
    ("secret_access_key", SECRET),
    ("secret_key", SECRET),
    ("session_token", "aws_session_token"),
    ("aws_sesion_token", "aws_session_token"),
    ("aws_access_key_id", None),
    ("aws_secret_access_key", None),
    ("aws_session_token", None),
    ("region", None),
    ("output", None),
    ("role_arn", None),
    ("source_profile", None),
    ("credential_process", None),
    ("mfa_serial", None),
    ("role_session_name", None),
    ("web_identity_token_file", None),
    ("sso_session", None),
    ("cli_pager", None),
    ("aws_account_id", None),
    ("s3", None),
]


@pytest.mark.parametrize(("name", "intended"), NAMES)
def test_a_misspelt_setting_of_a_key_is_known_for_what_it_is(name, intended):
    assert meant(name) == intended


@pytest.mark.parametrize(
    ("section", "found"),
    [
        ({"region": "x"}, ()),
        ({KEY_ID: "A"}, (KEY_ID,)),
        ({"aws_session_token": "t"}, ("aws_session_token",)),
        ({"aws_access_key": "A", SECRET: "s"}, ("aws_access_key", SECRET)),
        ({"mine": "AKIAIOSFODNN7EXAMPLE"}, ("mine",)),
        ({"mine": '"AKIAIOSFODNN7EXAMPLE"'}, ("mine",)),
    ],
    ids=["none", "half a key", "a token alone", "a misspelt id", "an id under any name", "an id in quotes"],
)
def test_key_material_is_found_under_any_name(section, found):
    assert key_material(section) == found


MATERIAL = [
    pytest.param("aws_access_key = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n", id="a misspelt id"),
    pytest.param("aws_access_key_id = AKIAOTHER\naws_secret_key = x\n", id="a misspelt secret"),
    pytest.param("access_key_id = A\nsecret_access_key = x\n", id="without aws_"),
    pytest.param("AWS_ACCESS_KEY_ID = AKIAOTHER\nAWS_SECRET_ACCESS_KEY = x\n", id="in capitals"),
    pytest.param("aws_secret_access_key = x\n", id="a secret alone"),
    pytest.param("aws_session_token = x\n", id="a token alone"),
    pytest.param("key = AKIAIOSFODNN7EXAMPLE\n", id="an id under another name"),
]


@pytest.mark.parametrize("where", ["credentials", "config"])
@pytest.mark.parametrize("content", MATERIAL)
def test_a_profile_with_any_key_material_is_overwritten_with_consent_alone(files, content, where):
    path = files.path if where == "credentials" else files.config_path
    path.write_text(
        ("[serverless]\n" if where == "credentials" else "[profile serverless]\n") + content + "region = x\n"
    )
    before = path.read_bytes()
    with pytest.raises(CredentialsFileError) as caught:
        files.write_key("serverless", KEY)
    assert path.read_bytes() == before
    assert "--overwrite-profile" in caught.value.hint
    assert files.write_key("serverless", KEY, overwrite=True)
    after = path.read_text()
    assert "EXAMPLE000000001" in after
    assert "OTHER" not in after
    assert "region = x\n" in after
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_misspelt_name_is_told(files):
    files.path.write_text("[serverless]\naws_access_key = A\naws_secret_access_key = x\n")
    with pytest.raises(CredentialsFileError, match=r"has aws_access_key, .*did you mean aws_access_key_id"):
        files.write_key("serverless", KEY)


def test_another_key_of_the_same_rotation_is_replaced_without_further_consent(files):
    files.write_key("serverless", KEY)
    new = AccessKey("AKIAEXAMPLE000000002", Secret("x" * 40))
    with pytest.raises(CredentialsFileError):
        files.write_key("serverless", new, replacing="AKIASOMEBODY")
    assert files.write_key("serverless", new, replacing=KEY.access_key_id)
    assert files.access_key_id("serverless") == "AKIAEXAMPLE000000002"


ENCODED = [
    pytest.param("[a]\nx = 1\n".encode("utf-8-sig"), "byte order mark", id="byte order mark"),
    pytest.param("[a]\nx = 1\n".encode("utf-16"), "UTF-16", id="as PowerShell writes"),
    pytest.param("[ä]\nx = 1\n".encode("latin-1"), "line 1 has a character that is not UTF-8", id="Latin-1"),
    pytest.param(
        b"[a]\nx = 1\n[a]\ny = 2\n", "line 3: a section that is there already", id="a section twice"
    ),
    pytest.param(
        b"[a]\nx = 1\nX = 2\n",
        "line 3: a setting that its section has already",
        id="an option twice, once in capitals",
    ),
    pytest.param(b"secret = abcdef\n[a]\n", "line 1: it stands before the first", id="before any section"),
    pytest.param(b"[a]\ns3 =\n  nothing here\n", "nested setting of", id="a nested setting that is none"),
]


@pytest.mark.parametrize(("content", "told"), ENCODED)
def test_what_botocore_cannot_read_is_left_and_told_without_quoting_it(files, content, told):
    files.path.write_bytes(content)
    for ask in (files.check_writable, files.access_key_id):
        with pytest.raises(CredentialsFileError, match=told) as caught:
            ask("serverless")
        assert "abcdef" not in str(caught.value)
    assert files.path.read_bytes() == content


CONFIGS = [
    pytest.param(b"", id="empty"),
    pytest.param(b"[default]\nregion = a\n", id="a default"),
    pytest.param(
        b"[sso-session s]\nsso_region = x\n\n[services t]\ns3 =\n  endpoint_url = http://x\n",
        id="other sections",
    ),
    pytest.param(b"[x]\nregion = trap\n", id="a section that is no profile"),
    pytest.param(
        b"[profile x]\r\nregion = eu-west-1\r\noutput=json", id="the profile, Windows lines, no end"
    ),
]


@pytest.mark.parametrize("content", CONFIGS)
def test_a_role_is_written_for_botocore_and_every_other_line_stays(files, content, monkeypatch):
    files.path.write_text("[base]\naws_access_key_id = A\naws_secret_access_key = s\n")
    files.config_path.write_bytes(content)
    assert files.write_role("x", ROLE, source_profile="base", region="us-east-1")
    assert not files.write_role("x", ROLE, source_profile="base", region="us-east-1")
    lines, kept = files.config_path.read_bytes().splitlines(), content.splitlines()
    rest = iter(lines)
    assert all(line in rest for line in kept), "the same lines, in the same order"
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(files.path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(files.config_path))
    scoped = botocore.session.Session(profile="x").get_scoped_config()
    assert (scoped["role_arn"], scoped["source_profile"]) == (ROLE, "base")
    assert scoped["region"] == ("eu-west-1" if b"[profile x]" in content else "us-east-1")


@pytest.mark.parametrize(
    "settings",
    [
        "role_arn = arn:aws:iam::123456789012:role/other\nsource_profile = base\n",
        "credential_process = vault\n",
        "sso_session = s\n",
        "aws_access_key_id = A\n",
        "web_identity_token_file = /t\n",
    ],
)
def test_a_profile_with_other_credentials_becomes_a_role_s_with_consent_alone(files, settings):
    files.path.write_text("[base]\naws_access_key_id = A\naws_secret_access_key = s\n")
    files.config_path.write_text("[profile x]\n" + settings)
    with pytest.raises(CredentialsFileError, match="already has"):
        files.write_role("x", ROLE, source_profile="base")
    assert files.write_role("x", ROLE, source_profile="base", overwrite=True)
    assert "web_identity_token_file" not in files.config_path.read_text()


def test_a_role_needs_a_source_that_there_is(files):
    with pytest.raises(CredentialsFileError, match="there is no profile 'nobody'"):
        files.write_role("x", ROLE, source_profile="nobody")
    with pytest.raises(CredentialsFileError, match="its own source"):
        files.write_role("x", ROLE, source_profile="x")
    with pytest.raises(CredentialsFileError, match="either a source profile or a credential source"):
        files.write_role("x", ROLE)
    assert files.write_role("x", ROLE, credential_source="Environment")
    assert not files.path.exists()


def test_of_two_sections_of_one_profile_the_last_counts_as_for_botocore(files):
    files.config_path.write_text("[default]\nregion = first\n[profile default]\nregion = last\n")
    assert files.region("default") == "last"
    assert files.write_region("default", "new", overwrite=True)
    assert files.config_path.read_text() == "[default]\nregion = first\n[profile default]\nregion = new\n"


FILES = [
    ({"AWS_SHARED_CREDENTIALS_FILE": "~/c"}, "HOME/c"),
    ({"AWS_SHARED_CREDENTIALS_FILE": "$WHERE/c"}, "/w/c"),
    ({}, "HOME/.aws/credentials"),
]


@pytest.mark.parametrize(("given", "found"), FILES)
def test_the_files_are_named_as_botocore_names_them(tmp_path, monkeypatch, given, found):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WHERE", "/w")
    files = ProfileFiles.from_environment({"HOME": str(tmp_path), **given})
    assert str(files.path) == found.replace("HOME", str(tmp_path))


def test_the_owner_of_a_file_stays_when_root_writes_it(files):
    if os.geteuid() != 0:
        pytest.skip("only root may give files away")
    files.path.write_text("[a]\nx = 1\n")
    os.chown(files.path, 1234, 1234)
    files.write_key("serverless", KEY)
    assert (files.path.stat().st_uid, files.path.stat().st_gid) == (1234, 1234)
    home = files.path.with_name("home")
    home.mkdir()
    os.chown(home, 1234, 1234)
    ProfileFiles(home / ".aws" / "credentials", home / ".aws" / "config").write_key("serverless", KEY)
    assert (home / ".aws").stat().st_uid == (home / ".aws" / "credentials").stat().st_uid == 1234


@pytest.mark.parametrize(("old", "new"), [(0o644, 0o600), (0o600, 0o600), (0o640, 0o600)], ids=oct)
def test_the_credentials_file_is_never_wider_than_its_owner_s(files, old, new):
    files.path.write_text("[a]\nx = 1\n")
    files.path.chmod(old)
    files.write_key("serverless", KEY)
    assert stat.S_IMODE(files.path.stat().st_mode) == new


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o640], ids=oct)
def test_the_config_file_keeps_its_mode(files, mode):
    files.config_path.write_text("[default]\n")
    files.config_path.chmod(mode)
    files.write_region("default", "us-east-1")
    assert stat.S_IMODE(files.config_path.stat().st_mode) == mode


def test_a_file_that_is_marked_as_read_only_is_left_and_named_with_its_variable(files):
    files.config_path.write_text("[default]\n")
    files.config_path.chmod(0o444)
    assert not files.takes_region("x")
    with pytest.raises(CredentialsFileError, match="read-only") as caught:
        files.check_writable("x", "us-east-1")
    assert "AWS_CONFIG_FILE" in caught.value.hint
    files.check_writable("x")
    files.config_path.write_text("[profile x]\nregion = us-east-1\n") if os.geteuid() == 0 else None
    assert files.takes_region("x") is (os.geteuid() == 0)
