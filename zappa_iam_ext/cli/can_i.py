"""``zappa-iam can-i``: one question, answered offline from files or from the profile's own policies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.check import Facts
from zappa_iam_ext.cli.shared.options import AwsOptions, aws_options
from zappa_iam_ext.cli.shared.output import chosen, machine_text, own_version, report_options, say
from zappa_iam_ext.cli.shared.questions import Question, asked, list_needed, stage_of
from zappa_iam_ext.config import DEFAULT_USER, OFFLINE_ACCOUNT
from zappa_iam_ext.documents import read_documents
from zappa_iam_ext.errors import ExitCode, InvalidArn, SettingsError, worst
from zappa_iam_ext.iam import (
    Arn,
    AuthorizationRequest,
    Decision,
    EvaluationResult,
    PolicySet,
    Principal,
    evaluate,
    user_arn,
)

if TYPE_CHECKING:
    from zappa_iam_ext.permissions.stage import Stage

EVERYTHING = "note: without RESOURCE this asks about everything (*); --stage asks about what a stage needs"
EXIT = {
    Decision.ALLOWED: ExitCode.OK,
    Decision.IMPLICIT_DENY: ExitCode.DENIED,
    Decision.EXPLICIT_DENY: ExitCode.DENIED,
    Decision.UNKNOWN: ExitCode.CANNOT_TELL,
}
PRINCIPAL_KEYS = frozenset(
    {"aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalType", "aws:username", "aws:userid"}
)


@click.command("can-i")
@click.argument("action", default="")
@click.argument("resource", default="")
@click.option("--stage", default="", help="Ask about what this stage needs, with its profile.")
@click.option(
    "-s",
    "--settings-file",
    type=click.Path(path_type=Path),
    help="The Zappa settings file; found as Zappa does.",
)
@click.option(
    "--list",
    "listed",
    is_flag=True,
    help="A table of all that the stage needs: what the profile may do of it.",
)
@aws_options
@report_options
@click.option(
    "--policy",
    "policies",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Answer offline from this identity policy; may be repeated.",
)
@click.option(
    "--boundary",
    "boundaries",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A permissions boundary, offline.",
)
@click.option(
    "--principal", default="", help="The principal's ARN; default: the profile's, offline a user's."
)
@click.option(
    "--context",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="A condition key of the request; may be repeated.",
)
@click.option(
    "--without",
    "absent",
    multiple=True,
    metavar="KEY",
    help="A condition key that the request does not carry; may be repeated.",
)
@click.option(
    "--explain", "explained", is_flag=True, help="Say which statements decided, and why others did not."
)
def command(
    action: str,
    resource: str,
    stage: str,
    settings_file: Path | None,
    listed: bool,
    profile: str,
    region: str,
    endpoint_url: str,
    as_json: bool,
    output: str,
    policies: tuple[Path, ...],
    boundaries: tuple[Path, ...],
    principal: str,
    pairs: tuple[str, ...],
    absent: tuple[str, ...],
    explained: bool,
) -> None:
    """Answer whether ACTION is allowed on RESOURCE.

    With --stage, RESOURCE, the condition keys and the profile are those that the stage needs; so they are without
    RESOURCE where the settings have one stage. Else RESOURCE is everything. RESOURCE may hold wildcards; yes then means
    all of it. A condition key that is given neither with --context nor with --without may have any value: where it
    matters, the answer is unknown. Exit codes: 0 yes, 1 no, 3 unknown, 2 could not ask.
    """
    from zappa_iam_ext.iam.findings import action_note

    context = {**_context(pairs), **dict.fromkeys(absent)}
    options, chosen_output = AwsOptions(profile, region, endpoint_url), chosen(output, as_json=as_json)
    question = Question(action, resource, stage, settings_file, policies, context, options)
    if listed:
        raise SystemExit(list_needed(question, chosen_output))
    if not action:
        raise click.UsageError("Missing argument 'ACTION'.")
    _require_action(action)
    _require_resource(resource)
    if note := action_note(action):
        click.echo(f"note: {note}", err=True)
    if not principal and not boundaries and (of := stage_of(question)):
        raise SystemExit(_of_stage(question, of, chosen_output, explained=explained))
    everything = resource or "*"
    held, who, unreadable, facts = _policies(
        policies, boundaries, options, principal or _offline_principal(everything)
    )
    request = AuthorizationRequest(
        principal=principal or who,
        action=action,
        resource=everything,
        context={**facts, **context},
        unknown_keys=PRINCIPAL_KEYS if policies and not principal else frozenset(),
        unknown_context=True,
    )
    result = _with_gaps(evaluate(held, request), unreadable)
    say(_text(((request, result),), unreadable, chosen_output, explained=explained))
    if not resource and result.decision is not Decision.ALLOWED and chosen_output == "text":
        click.echo(EVERYTHING, err=True)
    raise SystemExit(EXIT[result.decision])


def _of_stage(question: Question, stage: Stage, output: str, *, explained: bool) -> ExitCode:
    """Tell the answers about what a stage needs; return the worst."""
    held, requests = asked(question, stage)
    answers = [
        (request, _with_gaps(evaluate(held.policies, request), held.unreadable)) for request in requests
    ]
    say(_text(answers, held.unreadable, output, explained=explained, stage=stage.name))
    return worst(EXIT[result.decision] for _, result in answers)


def _text(
    answers: Sequence[tuple[AuthorizationRequest, EvaluationResult]],
    unreadable: tuple[str, ...],
    output: str,
    *,
    explained: bool,
    stage: str = "",
) -> str:
    from zappa_iam_ext.render.evaluation import evaluation_json, evaluation_text, evaluations_json
    from zappa_iam_ext.render.formats import Told
    from zappa_iam_ext.render.items.evaluation import items

    if output == "json":
        return (
            evaluations_json(stage, answers, unreadable)
            if stage
            else evaluation_json(*answers[0], unreadable)
        )
    if output == "text":
        return "\n".join(
            evaluation_text(request, result, unreadable, explained=explained) for request, result in answers
        )
    found = [items(request, result, unreadable) for request, result in answers]
    told = tuple(item for each, _ in found for item in each)
    return machine_text(
        Told("zappa-iam can-i", own_version(), told, tuple(item for _, each in found for item in each)),
        output,
    )


def _require_action(action: str) -> None:
    service, colon, name = action.partition(":")
    if not (service and colon and name) or any(character.isspace() for character in action):
        raise SettingsError(
            f"{action[:100]!r} is not an IAM action", hint="An action looks like lambda:CreateFunction."
        )


def _require_resource(resource: str) -> None:
    if resource.strip("*"):
        try:
            Arn.parse(resource)
        except InvalidArn as error:
            raise InvalidArn(
                str(error),
                hint="A resource looks like arn:aws:s3:::bucket/key, and may hold wildcards; * is everything.",
            ) from None


def _offline_principal(resource: str) -> str:
    """Return a user of the resource's own account: nobody said who asks, and it is no other account's."""
    named = re.match(r"arn:([^:*?]+):[^:]*:[^:]*:([0-9]{12}):", resource)
    partition, account = named.groups() if named else ("aws", OFFLINE_ACCOUNT)
    return user_arn(partition, account, DEFAULT_USER)


def _policies(
    policies: tuple[Path, ...], boundaries: tuple[Path, ...], options: AwsOptions, offline: str
) -> tuple[PolicySet, str | Principal, tuple[str, ...], Facts]:
    """Return the policies, whose they are, what of them could not be read, and what the credentials decide.

    ``offline`` is whose those in files are.
    """
    if policies:
        named = re.match(r"arn:[^:]*:[^:]*:[^:]*:([0-9]{12}):", offline)
        account = named[1] if named else OFFLINE_ACCOUNT
        identity = tuple(item for path in policies for item in read_documents(path, account, options.region))
        boundary = tuple(
            item for path in boundaries for item in read_documents(path, account, options.region)
        )
        return PolicySet(identity=identity, boundary=boundary or None), offline, (), {}
    if boundaries:
        raise SettingsError("a boundary alone allows nothing", hint="Give the identity policy with --policy.")
    from zappa_iam_ext.workflow.deciding.checking import held_policies_and_facts

    held, _, facts = held_policies_and_facts(options)
    return held.policies, held.principal, held.unreadable, facts


def _context(pairs: tuple[str, ...]) -> Mapping[str, str | list[str]]:
    """Return the values of each key; one that AWS sends as a list is a list even of one value."""
    from zappa_iam_ext.iam.findings import is_multivalued

    found: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise SettingsError(
                f"{pair[:100]!r} is no KEY=VALUE",
                hint="For example --context iam:PassedToService=lambda.amazonaws.com.",
            )
        found.setdefault(key, []).append(value)
    return {
        key: values if len(values) > 1 or is_multivalued(key) else values[0] for key, values in found.items()
    }


def _with_gaps(result: EvaluationResult, unreadable: tuple[str, ...]) -> EvaluationResult:
    """Return the result; with policies missing from view nothing but an explicit deny is certain."""
    if unreadable and result.decision is not Decision.EXPLICIT_DENY:
        return replace(result, decision=Decision.UNKNOWN)
    return result
