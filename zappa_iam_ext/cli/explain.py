"""``zappa-iam explain``: an AccessDenied message pasted in, the requirement, the setting and the fix out."""

from __future__ import annotations

import sys

import click

from zappa_iam_ext.cli.options import AwsOptions, aws_options, format_options
from zappa_iam_ext.errors import ZappaIamError

#: Bytes of a pasted message that are read; AWS's own messages are far shorter.
MAX_INPUT = 1_000_000


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

    Encoded authorisation messages are decoded when a --profile is given that may.
    """
    from zappa_iam_ext.permissions.denials import parse_denial  # noqa: PLC0415
    from zappa_iam_ext.permissions.explain import explain  # noqa: PLC0415
    from zappa_iam_ext.render.explanation import explanation_json, explanation_text  # noqa: PLC0415

    message = " ".join(words) if words else sys.stdin.buffer.read(MAX_INPUT).decode("utf-8", "replace")
    denial = parse_denial(message)
    if denial is None:
        raise Unrecognised(
            "this text is no access denial that we recognise",
            hint="Paste the whole message, from 'An error occurred' or 'User: arn:...' on.",
        )
    if denial.encoded:
        from zappa_iam_ext.workflow import decode_denial  # noqa: PLC0415

        denial, note = decode_denial(denial, AwsOptions(profile, region, endpoint_url))
        if note:
            click.echo(note, err=True)
    explanation = explain(denial)
    click.echo(
        explanation_json(explanation) if as_json or output == "json" else explanation_text(explanation)
    )
