"""Nothing of a rehearsal leaves this machine: which endpoints and which credentials are refused."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zappa_iam_ext.errors import LocalAwsError
from zappa_iam_ext.rehearsal.local_aws.loopback import is_loopback, require_dummy_keys, require_loopback

HOME = Path("/rehearsal/.home")
OWN = {
    "AWS_SHARED_CREDENTIALS_FILE": str(HOME / "credentials"),
    "AWS_CONFIG_FILE": str(HOME / "config"),
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4566",
        "http://localhost:4566",
        "http://LOCALHOST:4566",
        "https://127.0.0.1",
        "http://127.8.9.10:1",
        "http://[::1]:4566",
        "http://[::ffff:127.0.0.1]:4566",
        "http://127.0.0.1:4566/some/path",
    ],
)
def test_loopback_is_accepted_as_it_is(url: str) -> None:
    assert require_loopback(url) == url


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1.evil.example:4566", id="a name that begins like loopback"),
        pytest.param("http://localhost.evil.example", id="a name that begins like localhost"),
        pytest.param("http://evil.example/127.0.0.1", id="loopback in the path"),
        pytest.param("http://evil.example#127.0.0.1", id="loopback in the fragment"),
        pytest.param("http://evil.example?@127.0.0.1", id="loopback in the query"),
        pytest.param("http://127.0.0.1@evil.example", id="loopback as a user"),
        pytest.param("http://user@127.0.0.1:4566", id="a user"),
        pytest.param("http://:secret@127.0.0.1:4566", id="a password"),
        pytest.param("http://@127.0.0.1", id="an empty user"),
        pytest.param("http://0.0.0.0:4566", id="every address"),
        pytest.param("http://[::]:4566", id="every address, IPv6"),
        pytest.param("http://2130706433:4566", id="a decimal address"),
        pytest.param("http://0x7f000001:4566", id="a hexadecimal address"),
        pytest.param("http://0177.0.0.1", id="an octal address"),
        pytest.param("http://127.1", id="a short address"),
        pytest.param("http://10.0.0.1", id="a private address"),
        pytest.param("http://169.254.169.254", id="the instance metadata"),
        pytest.param("http://[::ffff:10.0.0.1]", id="a private address in IPv6"),
        pytest.param("http://[fe80::1%25lo]", id="a link-local address"),
        pytest.param("http://127.0.0.1\\.evil.example", id="a backslash"),
        pytest.param("http://127.0.0.1\n.evil.example", id="a line break, which urlsplit drops"),
        pytest.param("http://127.0.0.1\t:80", id="a tab"),
        pytest.param("http://127.0.0.1:99999", id="no port"),
        pytest.param("http://[::1", id="no address"),
        pytest.param("http://", id="no host"),
        pytest.param("127.0.0.1:4566", id="no scheme"),
        pytest.param("ftp://127.0.0.1", id="another scheme"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("https://lambda.us-east-1.amazonaws.com", id="AWS"),
        pytest.param("", id="nothing"),
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(LocalAwsError, match="not an endpoint on this machine"):
        require_loopback(url)


def test_a_password_in_an_endpoint_is_not_told() -> None:
    with pytest.raises(LocalAwsError) as refused:
        require_loopback("http://user:hunter2@evil.example")
    assert "hunter2" not in str(refused.value)


@given(st.text(max_size=60))
def test_what_is_accepted_is_an_address_of_this_machine(host: str) -> None:
    """Whatever the text: an accepted host resolves, numerically, to loopback and nothing else."""
    try:
        require_loopback(f"http://{host}")
    except LocalAwsError:
        return
    assert host.lower().startswith(("localhost", "127.", "[::1", "[::ffff:127", "[0", "[::"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "127.255.255.254", "::1%lo"])
def test_loopback_addresses(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "localhost.", "example.com", "::", "0.0.0.0", "8.8.8.8", "::2"])  # noqa: S104
def test_other_addresses(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "more",
    [
        {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"},
        {"AWS_SECRET_ACCESS_KEY": "x"},
        {"AWS_SESSION_TOKEN": "x"},
        {"AWS_PROFILE": "prod"},
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/"},
        {"AWS_SHARED_CREDENTIALS_FILE": "/home/user/.aws/credentials"},
        {"AWS_CONFIG_FILE": "/home/user/.aws/config"},
        {"AWS_EC2_METADATA_DISABLED": "false"},
    ],
)
def test_a_process_that_would_find_other_credentials_is_not_started(more) -> None:
    require_dummy_keys(OWN, HOME)
    with pytest.raises(LocalAwsError, match="other credentials"):
        require_dummy_keys(OWN | more, HOME)


def test_a_process_without_any_credentials_of_the_rehearsal_is_not_started() -> None:
    with pytest.raises(LocalAwsError, match="other credentials"):
        require_dummy_keys({}, HOME)


def test_a_process_that_stays_reaches_nothing_beyond_loopback() -> None:
    """In a process of its own, since it cannot be taken back: connect and look-up, both by address and by name."""
    script = """
import socket
from zappa_iam_ext.rehearsal.local_aws.loopback import stay_on_this_machine
stay_on_this_machine()
def fails(call):
    try:
        call()
    except OSError as error:
        return "does not leave this machine" in str(error)
    return False
assert fails(lambda: socket.create_connection(("10.255.255.1", 9), timeout=1))
assert fails(lambda: socket.socket().connect(("10.255.255.1", 9)))
assert fails(lambda: socket.socket().connect_ex(("10.255.255.1", 9)))
assert fails(lambda: socket.getaddrinfo("sts.amazonaws.com", 443))
assert fails(lambda: socket.getaddrinfo(b"sts.amazonaws.com", 443))
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_the_guard_is_not_in_this_process() -> None:
    assert socket.getaddrinfo.__module__ in {"socket", "_socket"}
