"""The local AWS as a child process: what is said when it does not come up, and that it never stays behind."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
from pathlib import Path

import pytest

from zappa_iam_ext.errors import LocalAwsError
from zappa_iam_ext.rehearsal.local_aws import server as module
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws, local_aws, new_account

pytestmark = pytest.mark.skipif(os.name == "nt", reason="stands in for a Python with a shell script")

ANSWERING = """
import http.server, os, pathlib
pathlib.Path(os.environ["PIDS"]).write_text(str(os.getpid()))
{extra}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
http.server.HTTPServer((os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Lay down what is started in the place of the local AWS."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    def lay_down(script: str) -> Path:
        file = tmp_path / "python"
        file.write_text(f"#!{sys.executable}\n{textwrap.dedent(script)}")
        file.chmod(0o755)
        monkeypatch.setattr(module, "local_aws_python", lambda _: file)
        return tmp_path / "pid"

    yield lay_down
    assert list(temporary.iterdir()) == []


def test_what_it_said_last_is_told_when_it_does_not_start(stand_in) -> None:
    stand_in("import sys; sys.exit('the port is taken')")
    with pytest.raises(LocalAwsError, match="did not start: the port is taken"), local_aws():
        pytest.fail("it cannot have started")


def test_one_that_never_answers_is_given_up_and_ended(stand_in, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(module, "PATIENCE", 1.0)
    pid = stand_in(
        f"import os, pathlib, time; pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid())); time.sleep(600)"
    )
    with pytest.raises(LocalAwsError, match="no answer"), local_aws():
        pytest.fail("it cannot have started")
    assert _is_gone(int(pid.read_text()))


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param("", id="one that ends when asked to"),
        pytest.param(
            f"import signal; signal.signal({signal.SIGTERM.value}, signal.SIG_IGN)", id="one that does not"
        ),
    ],
)
def test_it_is_ended_whatever_happens_inside(stand_in, extra: str, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(module, "_LAST_CHANCE", 0.5)
    script = ANSWERING.format(extra=extra).replace('os.environ["PIDS"]', repr(str(tmp_path / "pid")))
    pid = stand_in(script)
    with pytest.raises(KeyboardInterrupt), local_aws() as aws:  # noqa: PT012  -- what happens inside is the case
        assert aws.endpoint.startswith("http://127.0.0.1:")
        assert not _is_gone(int(pid.read_text()))
        raise KeyboardInterrupt
    assert _is_gone(int(pid.read_text()))


def test_a_proxy_of_the_users_is_not_asked(stand_in, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    stand_in(ANSWERING.format(extra="").replace('os.environ["PIDS"]', repr(str(tmp_path / "pid"))))
    with local_aws() as aws:
        client = aws.client("sts")
        assert client.meta.config.proxies == {}


def test_its_environment_has_nothing_of_the_users(stand_in, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    stand_in(
        ANSWERING.format(extra="").replace(
            'os.environ["PIDS"]).write_text(str(os.getpid()))',
            f"{str(tmp_path / 'seen')!r}).write_text(repr(os.environ))",
        )
    )
    with local_aws():
        seen = (tmp_path / "seen").read_text()
    assert "AWS_" not in seen
    assert "'BIND_HOST': '127.0.0.1'" in seen
    assert "'AUTH': 'true'" in seen


def test_an_account_of_its_own() -> None:
    one = LocalAws("http://127.0.0.1:1", "123456789012")
    other = one.another_account()
    assert other.endpoint == one.endpoint
    assert other.account != one.account
    assert new_account().isdecimal()
    assert len(new_account()) == 12


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
