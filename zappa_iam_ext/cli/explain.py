"""``zappa-iam explain``: an AccessDenied message pasted in, the requirement, the setting and the fix out."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.cli.shared.options import AwsOptions, aws_options, read
from zappa_iam_ext.cli.shared.output import chosen, is_masked, machine_text, own_version, report_options, say
from zappa_iam_ext.errors import SettingsError, ZappaIamError
from zappa_iam_ext.mask import masked_values

if TYPE_CHECKING:
    from zappa_iam_ext.permissions.denials.denial import Denial
    from zappa_iam_ext.permissions.denials.explain import Explanation
    from zappa_iam_ext.permissions.fixes import CommandLines
    from zappa_iam_ext.permissions.stage import Stage

#: Bytes of a pasted message that are read; AWS's own messages are far shorter, a CI log may be long.
MAX_INPUT = 10_000_000
STDIN = "-"
_STAGE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}", re.ASCII)


class Unrecognised(ZappaIamError):
    """The text is no denial that we can read."""


@click.command("explain")
@click.argument("words", metavar="[STAGE] [TEXT]", nargs=-1)
@click.option(
    "-s",
    "--settings-file",
    type=click.Path(path_type=Path),
    help="The Zappa settings file; found as Zappa does. Without STAGE its only stage is meant.",
)
@aws_options
@report_options
def command(
    words: tuple[str, ...],
    settings_file: Path | None,
    profile: str,
    region: str,
    endpoint_url: str,
    as_json: bool,
    output: str,
) -> None:
    """Explain an AccessDenied message from Zappa, CloudFormation or botocore, given as TEXT or on stdin.

    The first word is the STAGE when the settings file has a stage of that name: only its calls then count, and the
    answer carries its own ARNs. Without STAGE and -s no settings are read. A whole log may be pasted: every denial in
    it is explained. Encoded authorisation messages are decoded when the profile may call
    sts:DecodeAuthorizationMessage. Exit codes: 0 explained, 2 no denial was found, or the command could not run.
    """
    from zappa_iam_ext.permissions.denials.parse import parse_denials

    name, told = _told_apart(words, settings_file)
    options = AwsOptions(profile, region, endpoint_url)
    stage = _stage(name, settings_file, options)
    message = _message(told)
    denials = parse_denials(message)
    if not denials:
        raise _unrecognised(message)
    explanations = _explained(denials, stage, options, settings_file)
    say(_rendered(explanations, chosen(output, as_json=as_json)))


def _told_apart(words: Sequence[str], settings_file: Path | None) -> tuple[str | None, Sequence[str]]:
    """Return the stage that the words name first, if any, and the text."""
    first = words[0] if words else ""
    if not first or first == STDIN or not _STAGE_NAME.fullmatch(first):
        return None, words
    if first in _stage_names(settings_file):
        return first, words[1:]
    return (first, ()) if len(words) == 1 and not _is_denial(first) else (None, words)


def _stage_names(settings_file: Path | None) -> tuple[str, ...]:
    """Return the stages of the settings; none where no file was named and none can be read."""
    from zappa_iam_ext.settings_file import stage_names

    try:
        return stage_names(settings_file)
    except SettingsError:
        if settings_file is not None:
            raise
        return ()


def _is_denial(text: str) -> bool:
    from zappa_iam_ext.permissions.denials.parse import parse_denial

    return parse_denial(text) is not None


def _stage(name: str | None, settings_file: Path | None, options: AwsOptions) -> Stage | None:
    if name is None and settings_file is None:
        return None
    if name is None and len(names := _stage_names(settings_file)) != 1:
        raise SettingsError(
            f"{settings_file} has several stages: {', '.join(names)}",
            hint=f"Name one of them: {_lines(options, settings_file, names[0]).zappa_iam('explain')}",
        )
    (stage,) = read(name, settings_file, all_stages=False, options=options, credentials="unused")
    return stage


def _message(words: Sequence[str]) -> str:
    if words and tuple(words) != (STDIN,):
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


def _lines(options: AwsOptions, settings_file: Path | None, stage: str = "") -> CommandLines:
    from zappa_iam_ext.permissions.fixes import CommandLines

    file = str(settings_file) if settings_file else ""
    return CommandLines(stage, file, options.profile, options.region, options.endpoint_url)


def _explained(
    denials: Sequence[Denial], stage: Stage | None, options: AwsOptions, settings_file: Path | None
) -> Sequence[Explanation]:
    from zappa_iam_ext.config import iam_ext_settings
    from zappa_iam_ext.permissions.denials.explain import explain_all

    lines = _lines(options, settings_file)
    if stage is None:
        return explain_all([_decoded(denial, options) for denial in denials], lines=lines)
    asked = AwsOptions(
        options.profile or stage.profile_name or "", options.region or stage.region, options.endpoint_url
    )
    decoded = [_decoded(denial, asked) for denial in denials]
    return explain_all(decoded, stage, deployer=iam_ext_settings(stage).user, lines=lines)


def _decoded(denial: Denial, options: AwsOptions) -> Denial:
    if not denial.encoded:
        return denial
    from zappa_iam_ext.workflow import decode_denial

    decoded, note = decode_denial(denial, options)
    if note:
        click.echo(note, err=True)
    return decoded


def _rendered(explanations: Sequence[Explanation], output: str) -> str:
    from zappa_iam_ext.render.explanation import explanation_github, explanation_json, explanation_text
    from zappa_iam_ext.render.formats import Told
    from zappa_iam_ext.render.items.explanation import items, summaries

    if is_masked():
        explanations = masked_values(list(explanations))
    renderers = {"github": explanation_github, "json": explanation_json, "text": explanation_text}
    if output in renderers:
        return renderers[output](explanations)
    told = Told("zappa-iam explain", own_version(), items(explanations), summaries(explanations))
    return machine_text(told, output)
