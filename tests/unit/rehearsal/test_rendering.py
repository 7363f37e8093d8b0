"""What a rehearsal showed, as a person reads it in a terminal or a CI log, and as a program does."""

from __future__ import annotations

import json

import pytest

from zappa_iam_ext.rehearsal.observation import Checked, Observation, Outcome
from zappa_iam_ext.rehearsal.rendering import records, rehearsal_json, rehearsal_text
from zappa_iam_ext.rehearsal.report import RehearsalReport, RehearsedCommand, Unused

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello-dev"
ROLE = "arn:aws:iam::123456789012:role/hello"


def seen(operation: str, *checked: Checked, service: str = "lambda", **more) -> Observation:
    return Observation(
        service, operation, checked=checked or (Checked(f"{service}:{operation}", FUNCTION),), **more
    )


def refused(operation: str, **more) -> Observation:
    denied = Checked(f"lambda:{operation}", FUNCTION, allowed=False)
    return seen(operation, denied, outcome=Outcome.DENIED, error="AccessDeniedException", **more)


def report(*commands: RehearsedCommand, **more) -> RehearsalReport:
    return RehearsalReport(
        "dev", "hello-dev", "arn:user", "the computed policy", "0.63.0", tuple(commands), **more
    )


def text(*observations: Observation, words: str = "deploy", exit_code: int = 0, **more) -> str:
    return rehearsal_text(report(RehearsedCommand(words, exit_code, observations), **more))


def test_a_call_and_what_was_authorised_is_one_line() -> None:
    assert f"\n  authorised lambda.GetFunction on {FUNCTION}\n" in text(seen("GetFunction"))


def test_the_action_is_named_where_it_is_called_otherwise() -> None:
    shown = text(seen("HeadBucket", Checked("s3:ListBucket", "arn:aws:s3:::b"), service="s3"))
    assert "authorised s3.HeadBucket: s3:ListBucket on arn:aws:s3:::b" in shown


def test_what_aws_checks_beside_stands_below_the_same_resource_once() -> None:
    put, get = (
        Checked(f"apigateway:{verb}", "arn:aws:apigateway:::/restapis/*", dependent=True)
        for verb in ("PUT", "GET")
    )
    shown = text(
        seen(
            "CreateFunction",
            Checked("lambda:CreateFunction", FUNCTION),
            Checked("iam:PassRole", ROLE, dependent=True),
            put,
            get,
            put,
            get,
        )
    )
    lines = shown.splitlines()
    place = lines.index(f"  authorised lambda.CreateFunction on {FUNCTION}")
    assert [line.strip() for line in lines[place + 1 : place + 3]] == [
        f"and iam:PassRole on {ROLE}",
        "and apigateway:PUT, apigateway:GET on arn:aws:apigateway:::/restapis/*",
    ]


def test_equal_calls_are_one_line_with_their_number_and_answers() -> None:
    missing = seen("GetFunction", outcome=Outcome.FAILED, error="ResourceNotFoundException")
    shown = text(missing, seen("GetFunction"), seen("GetFunction"))
    assert f"on {FUNCTION} (3 times; answered ResourceNotFoundException)" in shown
    assert shown.count("lambda.GetFunction") == 1


def test_a_call_without_a_permission_says_so() -> None:
    caller = Observation("sts", "GetCallerIdentity")
    assert "authorised sts.GetCallerIdentity: no permission needed" in text(caller)


def test_a_denial_that_zappa_swallowed_is_pointed_out_with_what_is_wrong_now() -> None:
    shown = text(seen("GetFunction"), refused("GetPolicy"), words="undeploy")
    assert "zappa undeploy: 2 calls, 1 denied, exit code 0\n  ! Zappa swallowed what was denied" in shown
    assert f"DENIED lambda:GetPolicy on {FUNCTION}" in shown
    assert "swallowed by zappa undeploy: permissions of former schedules" in shown.rpartition("Missing:")[2]


def test_the_denial_that_stopped_zappa_is_told_from_those_that_did_not() -> None:
    command = RehearsedCommand(
        "deploy",
        1,
        (refused("GetPolicy"), refused("CreateFunction"), seen("GetFunction")),
        "An error occurred (AccessDeniedException) when calling the CreateFunction operation: ...",
    )
    shown = rehearsal_text(report(command))
    assert "  lambda:CreateFunction\n" + f"      on {FUNCTION}\n      stopped zappa deploy\n" in shown
    assert "  lambda:GetPolicy\n" + f"      on {FUNCTION}\n      swallowed by zappa deploy\n" in shown
    assert "Zappa's last words:\n  | An error occurred" in shown
    assert "To fix it: zappa-iam policy dev" in shown


def test_of_a_traceback_only_the_end_is_told() -> None:
    words = (
        'Calling deploy..\nTraceback (most recent call last):\n  File "x", line 1\n    call()\nValueError: no'
    )
    shown = rehearsal_text(report(RehearsedCommand("deploy", 1, (seen("GetFunction"),), words)))
    assert "  Zappa's last words:\n  | Calling deploy..\n  | ValueError: no\n" in shown


def test_a_command_that_failed_for_another_reason_is_told_first() -> None:
    shown = rehearsal_text(
        report(RehearsedCommand("deploy", 1, (seen("GetFunction"),), "KeyError: 'events'"))
    )
    assert shown.index("! NOT REHEARSED") < shown.index("zappa deploy: 1 call")
    assert "  zappa deploy: what comes after the failure" in shown


def test_a_command_that_ended_early_may_not_have_used_all() -> None:
    surplus = (Unused("sqs:*"),)
    assert "used by none of these commands:" in text(seen("GetFunction"), unused=surplus)
    assert "some of which ended early:" in text(seen("GetFunction"), unused=surplus, exit_code=1)


def test_an_action_missing_in_many_commands_is_told_once() -> None:
    commands = [RehearsedCommand(name, 0, (refused("GetPolicy"),) * 3) for name in ("deploy", "update")]
    end = rehearsal_text(report(*commands)).rpartition("Missing:")[2]
    assert end.count("lambda:GetPolicy") == 1
    assert end.count(FUNCTION) == 1
    assert "swallowed by zappa deploy" in end
    assert "swallowed by zappa update" in end


def test_a_refusal_of_the_local_aws_alone_is_told_from_ours() -> None:
    odd = seen("GetFunction", outcome=Outcome.DENIED_BY_AWS, error="AccessDenied")
    shown = text(odd)
    assert "refused by the local AWS (AccessDenied), not by our tables" in shown
    assert shown.index("! NOT REHEARSED") < shown.index("zappa deploy:")
    assert (
        f"lambda.GetFunction: the local AWS refused it, and our tables allow it (lambda:GetFunction on {FUNCTION})"
        in shown
    )
    assert "Missing:" not in shown
    assert "please report it" not in shown


@pytest.mark.parametrize(
    ("command", "name"),
    [
        pytest.param("HeadBucket", "s3:HeadBucket", id="refused by the local AWS alone"),
        pytest.param("InventObject", "s3:InventObject", id="known to no row"),
    ],
)
def test_no_action_is_made_up_for_a_call(command: str, name: str) -> None:
    listed = Checked("s3:ListBucket", "arn:aws:s3:::b")
    known = command == "HeadBucket"
    checked = listed if known else Checked(name, "*", allowed=False)
    odd = seen(
        command,
        checked,
        service="s3",
        known=known,
        outcome=Outcome.DENIED_BY_AWS if known else Outcome.DENIED,
        error="403",
    )
    made = report(RehearsedCommand("deploy", 255, (odd,)))
    shown = rehearsal_text(made)
    assert made.exit_code() == 3
    assert name not in shown.partition("NOT REHEARSED")[2].partition("\n\n")[0]
    assert "Missing:" not in shown


def test_a_call_that_no_row_knows_is_said() -> None:
    odd = refused("InventFunction", known=False)
    assert "no row of the tables knows this call" in text(odd)


def test_the_surplus_is_grouped_by_statement_and_wrapped() -> None:
    surplus = tuple(Unused(f"ec2:Describe{number:04}Something", "Network") for number in range(30))
    shown = text(seen("GetFunction"), unused=(*surplus, Unused("sqs:*")))
    part = shown.partition("Granted, and used by none of these commands:\n")[2].partition("\n\n")[0]
    lines = part.splitlines()
    assert lines[0].startswith("  Network: ec2:Describe0000Something, ")
    assert lines[-1] == "  sqs:*"
    assert max(map(len, lines)) <= 112
    assert part.count("Network") == 1


def test_what_is_modelled_is_told_by_resource() -> None:
    passed = Checked("iam:PassRole", ROLE, dependent=True)
    shown = text(seen("CreateFunction", Checked("lambda:CreateFunction", FUNCTION), passed))
    assert "Not observed but modelled" in shown
    assert f"  iam:PassRole\n      on {ROLE}" in shown
    assert "Not observed but modelled" not in text(seen("GetFunction"))


def test_what_is_not_part_of_it_is_said() -> None:
    shown = text(
        seen("GetFunction"),
        left_out=("callbacks are not run",),
        missing=("layer x",),
        unreadable=("group y",),
        prepared=("deploy", "update"),
    )
    assert "Not part of this rehearsal:\n  callbacks are not run" in shown
    assert "could not make:\n  layer x" in shown
    assert "could not be read, so what they allow was denied:\n  group y" in shown
    assert "after deploy, update by an administrator" in shown


@pytest.mark.parametrize(
    ("commands", "code", "words"),
    [
        pytest.param(
            [RehearsedCommand("deploy", 0, (seen("GetFunction"),))], 0, "1 call, none denied.", id="all well"
        ),
        pytest.param(
            [RehearsedCommand("deploy", 0, (refused("GetPolicy"),))], 1, "1 call, 1 denied.", id="denied"
        ),
        pytest.param([RehearsedCommand("deploy", 1, ())], 2, "No call was made", id="nothing was called"),
        pytest.param(
            [RehearsedCommand("deploy", 1, (seen("GetFunction"),))],
            2,
            "zappa deploy failed, but not for a permission",
            id="another failure is no success",
        ),
        pytest.param(
            [
                RehearsedCommand("deploy", 1, (refused("GetPolicy"),)),
                RehearsedCommand("status", 1, (seen("GetFunction"),)),
            ],
            1,
            "zappa status failed",
            id="a denial comes first",
        ),
        pytest.param(
            [
                RehearsedCommand(
                    "deploy", 0, (seen("GetFunction", outcome=Outcome.DENIED_BY_AWS, error="403"),)
                )
            ],
            3,
            "1 call, none denied. Not everything was rehearsed",
            id="a disagreement decides nothing",
        ),
        pytest.param(
            [RehearsedCommand("deploy", 0, (refused("InventFunction", known=False),))],
            3,
            "none denied. Not everything",
            id="a call that no row knows decides nothing",
        ),
        pytest.param(
            [
                RehearsedCommand(
                    "deploy",
                    0,
                    (
                        seen(
                            "CreateEventSourceMapping",
                            outcome=Outcome.FAILED,
                            error="InvalidParameterValueException",
                        ),
                    ),
                )
            ],
            3,
            "lambda.CreateEventSourceMapping: the local AWS answered InvalidParameterValueException",
            id="an error that is no everyday answer",
        ),
        pytest.param(
            [
                RehearsedCommand(
                    "deploy",
                    0,
                    (seen("GetFunction", outcome=Outcome.FAILED, error="ResourceNotFoundException"),),
                )
            ],
            0,
            "1 call, none denied.",
            id="an everyday answer",
        ),
    ],
)
def test_how_it_ends(commands, code: int, words: str) -> None:
    made = report(*commands)
    assert made.exit_code() == code
    assert words in rehearsal_text(made)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({"missing": ("layer x",)}, 3, id="what the local AWS could not make"),
        pytest.param({"beyond": ("events: another account",)}, 3, id="what no rehearsal can show"),
        pytest.param({"left_out": ("callbacks are not run",)}, 0, id="settings without effect"),
        pytest.param({"unreadable": ("group y",)}, 0, id="all was allowed by what could be read"),
    ],
)
def test_what_was_not_rehearsed_has_an_exit_code_of_its_own(more, code: int) -> None:
    assert report(RehearsedCommand("deploy", 0, (seen("GetFunction"),)), **more).exit_code() == code


def test_a_denial_is_certain_only_when_every_policy_could_be_read() -> None:
    command = RehearsedCommand("deploy", 0, (refused("GetPolicy"),))
    assert report(command, beyond=("events: another account",)).exit_code() == 1
    assert report(command, unreadable=("group y",)).exit_code() == 3


def test_what_the_local_aws_needs_besides_is_told() -> None:
    besides = (("acm:ImportCertificate", "*", "checked as *"), ("lambda:CreateFunction", "*", "no name"))
    made = report(RehearsedCommand("deploy", 0, (seen("GetFunction"),)), besides=besides)
    assert "Granted beside the policy, on the local AWS alone" in rehearsal_text(made)
    assert "  acm:ImportCertificate, lambda:CreateFunction" in rehearsal_text(made)
    assert json.loads(rehearsal_json([made]))["besides"][0]["because"] == "checked as *"


def test_control_characters_from_outside_never_reach_the_terminal() -> None:
    evil = "\x1b[2Jarn"
    observation = seen("GetFunction", Checked("lambda:GetFunction", evil), error="\x1b]0;x\x07")
    made = report(
        RehearsedCommand("deploy\x1b[31m", 1, (observation,), "\x1b[31mred"),
        missing=(evil,),
        left_out=(evil,),
    )
    assert rehearsal_text(made).replace("\n", "").isprintable()


def test_json_is_one_document_whatever_the_number_of_stages() -> None:
    made = report(RehearsedCommand("deploy", 0, (refused("GetPolicy"),)))
    one = json.loads(rehearsal_json([made]))
    two = json.loads(rehearsal_json([made, made]))
    assert one["schema_version"] == two["schema_version"] == 1
    assert [{"schema_version": 1, **item} for item in two["rehearsals"]] == [one, one]
    assert one["commands"][0]["swallowed"] is True
    assert one["commands"][0]["calls"][0]["checked"][0]["allowed"] is False


def test_records_keep_repeated_commands_apart() -> None:
    made = report(
        RehearsedCommand("status", 0, (seen("GetFunction"),)),
        RehearsedCommand("status", 0, (refused("GetPolicy"),)),
    )
    assert [[call["operation"] for call in command["calls"]] for command in records(made)["commands"]] == [
        ["GetFunction"],
        ["GetPolicy"],
    ]
