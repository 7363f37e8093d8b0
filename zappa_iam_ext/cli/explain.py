"""``zappa-iam explain``: an AccessDenied message pasted in, the requirement, the setting and the fix out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.cli.options import AwsOptions, aws_options, format_options
from zappa_iam_ext.errors import SettingsError, ZappaIamError

if TYPE_CHECKING:
    from zappa_iam_ext.permissions.denials.parse import Denial

#: Bytes of a pasted message that are read; AWS's own messages are far shorter, a CI log may be long.
MAX_INPUT = 10_000_000


class Unrecognised(ZappaIamError):
    """The text is no denial that we can read."""


@click.command("explain")
@click.argument("words", metavar="[TEXT]", nargs=-1)
@aws_options
@format_options
def command(
    words: tuple[str, ...], profile: str, region: str, endpoint_url: str, as_json: bool, output: str
) -> None:
    """Explain an AccessDenied message from Zappa, CloudFormation or botocore, given as TEXT or on stdin.

    A whole log may be pasted: every denial in it is explained. Encoded authorisation messages are decoded when
    the profile may call sts:DecodeAuthorizationMessage. Exit codes: 0 explained, 2 not recognised.
    """
    from zappa_iam_ext.permissions.denials.explain import explain
    from zappa_iam_ext.permissions.denials.parse import parse_denials
    from zappa_iam_ext.render.explanation import explanation_json, explanation_text

    message = _message(words)
    denials = parse_denials(message)
    if not denials:
        raise _unrecognised(message)
    options = AwsOptions(profile, region, endpoint_url)
    explanations = [explain(_decoded(denial, options)) for denial in denials]
    as_json = as_json or output == "json"
    click.echo(explanation_json(explanations) if as_json else explanation_text(explanations))


def _message(words: tuple[str, ...]) -> str:
    if words and words != ("-",):
        return " ".join(words)
    if sys.stdin.isatty():
        click.echo("Paste the message, then end it with Ctrl-D (Ctrl-Z and Enter on Windows):", err=True)
    message = sys.stdin.buffer.read(MAX_INPUT).decode("utf-8", "replace")
    if not message.strip():
        raise SettingsError(
            "there is no text to explain",
            hint="Give it as an argument, or on stdin: zappa deploy dev 2>&1 | zappa-iam explain",
        )
    return message


def _unrecognised(message: str) -> Unrecognised:
    from zappa_iam_ext.permissions.denials.wordings import about_credentials

    if about_credentials(message):
        return Unrecognised(
            "this is no denied permission: AWS did not accept the credentials themselves",
            hint="Look at the profile's keys (expired, deleted, of another partition), and at the clock of this machine.",
        )
    return Unrecognised(
        "this text is no access denial that we recognise",
        hint="Paste the whole message, from 'An error occurred' or 'User: arn:...' on.",
    )


def _decoded(denial: Denial, options: AwsOptions) -> Denial:
    if not denial.encoded:
        return denial
    from zappa_iam_ext.workflow import decode_denial

    decoded, note = decode_denial(denial, options)
    if note:
        click.echo(note, err=True)
    return decoded
