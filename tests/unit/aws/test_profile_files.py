"""The files of profiles: botocore reads back what was written, and every other byte stays."""

from __future__ import annotations

import configparser
import os
import stat

import botocore.session
import pytest
from botocore.configloader import raw_config_parse
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from zappa_iam_ext.aws.profile_files import ProfileFiles, check_profile_name
from zappa_iam_ext.aws.profile_files.ini_text import parse
from zappa_iam_ext.aws.profile_files.names import OTHER_KINDS
from zappa_iam_ext.aws.secret import AccessKey, Secret
from zappa_iam_ext.errors import CredentialsFileError, ZappaIamError

KEY = AccessKey("AKIAEXAMPLE000000001", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
OTHER = AccessKey("AKIAEXAMPLE000000002", Secret("je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"))


@pytest.fixture
def files(tmp_path):
    return ProfileFiles(tmp_path / ".aws" / "credentials", tmp_path / ".aws" / "config")


def seen_by_botocore(files, profile, monkeypatch):
    """Resolve the profile as boto3 and Zappa do, with nothing else in the environment."""
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(files.path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(files.config_path))
    session = botocore.session.Session(profile=profile)
    return session.get_credentials(), session.get_config_variable("region")


def put(files, content):
    files.path.parent.mkdir(exist_ok=True)
    files.path.write_bytes(content)


EXISTING = [
    pytest.param(b"", id="empty file"),
    pytest.param(b"[a]\naws_access_key_id = A\naws_secret_access_key = B\n", id="another profile"),
    pytest.param(b"[a]\naws_access_key_id = A\naws_secret_access_key = B", id="no newline at the end"),
    pytest.param(b"[a]\r\naws_access_key_id=A\r\naws_secret_access_key=B\r\n", id="Windows line endings"),
    pytest.param(b"# mine\n\n[a] ; work\nx=1\n;old\n", id="comments"),
    pytest.param(b"[profile serverless]\naws_access_key_id = A\n", id="a section that only looks like ours"),
    pytest.param(b"[a]\nregion   =   eu-west-1   \n\n\n", id="blanks around the equals sign"),
    pytest.param(b"[a]\ns3 =\n  addressing_style = path\n", id="a nested section at the end"),
    pytest.param("[ä]\nx = ü\n".encode(), id="not ASCII"),
]


@pytest.mark.parametrize("content", EXISTING)
def test_a_new_profile_is_appended_and_every_byte_before_it_stays(files, content, monkeypatch):
    put(files, content)
    assert files.write_key("serverless", KEY)
    assert files.path.read_bytes().startswith(content)
    credentials, _ = seen_by_botocore(files, "serverless", monkeypatch)
    assert (credentials.access_key, credentials.secret_key) == (
        "AKIAEXAMPLE000000001",
        KEY.secret_access_key.reveal(),
    )
    if b"\r\n" in content:
        assert b"\n" not in files.path.read_bytes().replace(b"\r\n", b"")


def test_replacing_a_key_changes_only_its_two_values_and_drops_the_stale_token(files, monkeypatch):
    put(
        files,
        b"# top\n[serverless] \n# note\naws_access_key_id=OLD\n  aws_session_token = T\n"
        b"\naws_secret_access_key   :   OLDSECRET\nregion=x\n[b]\nk = v",
    )
    with pytest.raises(CredentialsFileError, match="already holds another access key"):
        files.write_key("serverless", KEY)
    put(
        files,
        b"# top\n[serverless] \n# note\naws_access_key_id=OLD\naws_session_token = T\n"
        b"\naws_secret_access_key   :   OLDSECRET\nregion=x\n[b]\nk = v",
    )
    assert files.write_key("serverless", KEY, overwrite=True)
    assert files.path.read_bytes() == (
        b"# top\n[serverless] \n# note\naws_access_key_id=AKIAEXAMPLE000000001\n"
        b"\naws_secret_access_key   :   wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nregion=x\n[b]\nk = v"
    )
    credentials, _ = seen_by_botocore(files, "serverless", monkeypatch)
    assert credentials.token is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"[serverless]\n  region = x\n", id="indented options"),
        pytest.param(b"[serverless]\n    [b]\nk=v\n", id="an indented section follows"),
        pytest.param(b"[serverless]\n# only a comment\n", id="only a comment"),
        pytest.param(b"[serverless]", id="only the header, without newline"),
        pytest.param(b"  [serverless]\n  region = x\n [b]\n k = v\n", id="indented header"),
        pytest.param(b"[a]\rx = 1\r[serverless]\rregion = x\r", id="lone carriage returns"),
    ],
)
def test_a_key_is_added_to_a_profile_that_has_none(files, content):
    put(files, content)
    before = {s: dict(v) for s, v in raw_config_parse(str(files.path)).items()}
    files.write_key("serverless", KEY)
    after = raw_config_parse(str(files.path))
    assert after["serverless"].pop("aws_access_key_id") == "AKIAEXAMPLE000000001"
    assert after["serverless"].pop("aws_secret_access_key") == KEY.secret_access_key.reveal()
    assert after == before


NAMES = st.one_of(
    st.text(alphabet="abcXYZ019-_.@+ #;=:'\"%$\\{}/,()äé", min_size=1, max_size=12),
    st.sampled_from(
        ["default", "profile x", "a=b", "#x", ";x", "x:y", "DEFAULT", "default ", "]", "a]b", "é"]
    ),
)
NEWLINE = st.sampled_from(["\n", "\r\n"])
LINE = st.one_of(
    st.sampled_from(
        [
            "",
            "# note",
            "; note",
            "  # indented note",
            "[a]",
            "[b]",
            "[profile x]",
            "[ spaced ]",
            "[x] # tail",
            "\t",
        ]
    ),
    st.builds(
        lambda key, eq, value: f"{key}{eq}{value}",
        st.sampled_from(
            ["k", "region", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "K2"]
        ),
        st.sampled_from(["=", " = ", ":", "   =\t"]),
        st.sampled_from(["", "v", "a = b", "%x", "#no comment", "v ; no comment"]),
    ),
    st.sampled_from(["  continued", "\tcontinued = x"]),
)


@st.composite
def contents(draw):
    newline = draw(NEWLINE)
    text = newline.join(draw(st.lists(LINE, max_size=14)))
    return text + draw(st.sampled_from(["", newline]))


@given(name=NAMES, content=contents())
@example(name="b", content="[b]\nk = 1\n\tcontinued = x\naws_access_key_id = A\n  more\n# c\n  more\nz = 2")
@example(name="x", content="k")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_law_botocore_reads_the_key_and_everything_else_is_as_before(tmp_path, name, content):
    files = ProfileFiles(tmp_path / "credentials", tmp_path / "config")
    files.path.write_bytes(content.encode())
    try:
        check_profile_name(name)
        parse(content)
    except (ZappaIamError, configparser.Error):
        with pytest.raises(CredentialsFileError):
            files.write_key(name, KEY, overwrite=True)
        assert files.path.read_bytes() == content.encode()
        return
    before = raw_config_parse(str(files.path), parse_subsections=False)
    try:
        files.write_key(name, KEY, overwrite=True)
    except CredentialsFileError:
        assert files.path.read_bytes() == content.encode()
        assume(False)
    after = raw_config_parse(str(files.path), parse_subsections=False)
    ours, old = after.pop(name), before.pop(name, {})
    assert after == before
    assert ours.pop("aws_access_key_id") == KEY.access_key_id
    assert ours.pop("aws_secret_access_key") == KEY.secret_access_key.reveal()
    gone = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}
    assert ours == {k: v for k, v in old.items() if k not in gone}
    comments = [line for line in content.splitlines() if line.strip().startswith(("#", ";"))]
    kept = files.path.read_bytes().decode().splitlines()
    assert [line for line in kept if line.strip().startswith(("#", ";"))] == comments
    written = files.path.read_bytes()
    assert files.write_key(name, KEY) is False, "the second time changes nothing"
    assert files.path.read_bytes() == written
    assert [p.name for p in tmp_path.iterdir()] == ["credentials"], "no temporary file stays"


@pytest.mark.parametrize(
    "name", ["", " ", "a\nb", "a]", "[a", "a\x00", " a", "a ", "\x1b[31m", "a\u2028b", "DEFAULT"]
)
def test_a_name_that_would_break_the_file_is_refused(files, name):
    with pytest.raises(CredentialsFileError) as caught:
        files.write_key(name, KEY)
    assert caught.value.hint
    assert not files.path.exists()
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"k = v\n", id="no section"),
        pytest.param(b"[a]\n[a]\n", id="section twice"),
        pytest.param(b"[a]\nx=1\nx=2\n", id="option twice"),
        pytest.param(b"[a]\nx=\xff\xfe\n", id="not text"),
        pytest.param(b"\xef\xbb\xbf[a]\nx=1\n", id="byte order mark"),
    ],
)
def test_a_file_that_botocore_cannot_read_is_left_alone(files, content):
    put(files, content)
    with pytest.raises(CredentialsFileError, match="not a file that AWS's tools can read"):
        files.write_key("serverless", KEY)
    assert files.path.read_bytes() == content


def test_modes_are_private(files):
    old = os.umask(0)
    try:
        files.write_key("serverless", KEY)
    finally:
        os.umask(old)
    assert stat.S_IMODE(files.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.path.parent.stat().st_mode) == 0o700
    files.path.chmod(0o644)
    assert files.write_key("serverless", KEY) is False
    assert stat.S_IMODE(files.path.stat().st_mode) == 0o600


def test_a_symbolic_link_stays_a_link(files, tmp_path):
    real = tmp_path / "dotfiles"
    real.write_bytes(b"[a]\nx = 1\n")
    files.path.parent.mkdir()
    files.path.symlink_to(real)
    files.write_key("serverless", KEY)
    assert files.path.is_symlink()
    assert b"AKIAEXAMPLE000000001" in real.read_bytes()


@pytest.mark.parametrize("kind", ["home is a file", "target is a folder"])
def test_an_unwritable_home_is_found_before_anything_is_created(tmp_path, kind):
    files = ProfileFiles.from_environment({"HOME": str(tmp_path)})
    if kind == "home is a file":
        (tmp_path / ".aws").write_text("")
    else:
        (tmp_path / ".aws" / "credentials").mkdir(parents=True)
    with pytest.raises(CredentialsFileError) as caught:
        files.check_writable("serverless")
    assert caught.value.hint


def test_the_preflight_leaves_nothing_behind(tmp_path):
    files = ProfileFiles.from_environment({"HOME": str(tmp_path)})
    files.check_writable("serverless")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".aws").mkdir()
    files.check_writable("serverless")
    assert list((tmp_path / ".aws").iterdir()) == []


@pytest.mark.parametrize("stronger", OTHER_KINDS)
@pytest.mark.parametrize("where", ["credentials", "config"])
def test_a_profile_of_another_kind_is_refused(files, stronger, where):
    put(files, b"")
    section = "[serverless]" if where == "credentials" else "[profile serverless]"
    (files.path if where == "credentials" else files.config_path).write_text(f"{section}\n{stronger} = x\n")
    with pytest.raises(CredentialsFileError, match=stronger):
        files.write_key("serverless", KEY, overwrite=True)


@pytest.mark.parametrize("profile", ["default", "serverless", "my work", "it's", 'a"b', "back\\slash"])
def test_the_region_goes_into_the_config_file_when_asked(files, profile, monkeypatch):
    files.path.parent.mkdir()
    files.config_path.write_bytes(b"[profile other]\nregion = us-west-2\n")
    files.write_key(profile, KEY)
    assert files.write_region(profile, "eu-west-1")
    assert files.config_path.read_bytes().startswith(b"[profile other]\nregion = us-west-2\n")
    credentials, region = seen_by_botocore(files, profile, monkeypatch)
    assert (credentials.access_key, region) == (KEY.access_key_id, "eu-west-1")
    assert files.write_region(profile, "eu-west-1") is False
    assert files.write_region(profile, "eu-west-2") is False, "never overwritten unasked"
    assert files.write_region(profile, "eu-west-2", overwrite=True)


def test_the_files_are_found_as_botocore_finds_them(tmp_path):
    found = ProfileFiles.from_environment({"HOME": str(tmp_path)})
    assert found.path == tmp_path / ".aws" / "credentials"
    found = ProfileFiles.from_environment({"AWS_SHARED_CREDENTIALS_FILE": "/x/c", "AWS_CONFIG_FILE": "/x/d"})
    assert (str(found.path), str(found.config_path)) == ("/x/c", "/x/d")
    with pytest.raises(CredentialsFileError, match="set but empty"):
        ProfileFiles.from_environment({"AWS_SHARED_CREDENTIALS_FILE": ""})


def test_a_secret_is_masked_wherever_it_is_shown():
    text = KEY.secret_access_key.reveal()
    shown = f"{KEY} {KEY!r} {KEY.secret_access_key} {KEY.secret_access_key:>20} {[KEY.secret_access_key]}"
    assert text not in shown
    with pytest.raises(TypeError):
        __import__("pickle").dumps(KEY.secret_access_key)
    assert KEY.secret_access_key == Secret(text) != OTHER.secret_access_key
