"""Every wording of a denial that AWS, CloudFormation, botocore and Zappa use, and what a terminal does to it."""

from __future__ import annotations

import json
import random
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zappa_iam_ext.permissions.denials.explain import explain
from zappa_iam_ext.permissions.denials.parse import Denial, parse_decoded, parse_denial, parse_denials
from zappa_iam_ext.permissions.denials.text import clean, lowered, near
from zappa_iam_ext.permissions.denials.wordings import OWN_WORDINGS, about_credentials, vague

CASES = Path(__file__).parents[2] / "cases" / "denials" / "wordings.toml"
WORDINGS = tomllib.loads(CASES.read_text(encoding="utf-8"))["wording"]
USER = "arn:aws:iam::123456789012:user/serverless"
TEXTS = [row["text"] for row in WORDINGS]


def meaning(row):
    told = {key: value for key, value in row.items() if key not in {"rule", "source", "text", "further"}}
    return Denial(**{key: tuple(value) if isinstance(value, list) else value for key, value in told.items()})


@pytest.mark.parametrize("row", [pytest.param(row, id=row["rule"]) for row in WORDINGS])
def test_wordings(row) -> None:
    first, *others = parse_denials(row["text"])
    assert first == meaning(row)
    assert [denial.operation for denial in others] == row.get("further", [])
    assert row["source"]


def test_every_layer_and_every_own_wording_has_a_row() -> None:
    assert {row.get("layer", "") for row in WORDINGS} == {
        "",
        "boundary",
        "cross-account",
        "grant",
        "identity",
        "organization",
        "quarantine",
        "resource",
        "session",
    }
    for wording in OWN_WORDINGS:
        assert any(wording.pattern.search(text) for text in TEXTS), wording.source


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "Deployment complete!",
        "An error occurred (ValidationError) when calling the X operation: no",
        "An error occurred (ResourceNotFoundException) when calling the GetFunction operation: Function not found",
        "You are authorized to perform: lambda:GetFunction",
        "EFSMountTimeoutException: The function could not mount the EFS file system due to mount time out.",
        "EFSMountConnectivityException: The function couldn't connect to the Amazon EFS file system.",
        (
            "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token "
            "included in the request is invalid."
        ),
    ],
)
def test_what_is_no_denial_is_none(text: str) -> None:
    assert parse_denial(text) is None


@pytest.mark.parametrize(
    "text",
    [
        (
            "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included "
            "in the request is invalid."
        ),
        (
            "An error occurred (UnrecognizedClientException) when calling the GetFunction operation: The security token included "
            "in the request is invalid"
        ),
        "An error occurred (ExpiredToken) when calling the HeadBucket operation: The provided token has expired.",
        (
            "An error occurred (SignatureDoesNotMatch) when calling the PutObject operation: The request signature we calculated "
            "does not match the signature you provided."
        ),
        (
            "An error occurred (AuthFailure) when calling the DescribeSubnets operation: AWS was not able to validate the provided "
            "access credentials"
        ),
        "botocore.exceptions.NoCredentialsError: Unable to locate credentials",
        "botocore.exceptions.ProfileNotFound: The config profile (serverless) could not be found",
    ],
)
def test_credentials_that_are_not_accepted_are_no_denial(text: str) -> None:
    assert about_credentials(text)
    assert parse_denial(text) is None


def test_no_wording_of_a_denial_is_about_credentials() -> None:
    assert not [row["rule"] for row in WORDINGS if about_credentials(row["text"])]


def test_the_words_by_which_wordings_are_looked_for_hide_no_match() -> None:
    """A wording is only tried around its words: in whole, broken and joined texts the matches are the same."""
    chance = random.Random(7)  # noqa: S311  -- a fixed seed: the same texts each time
    texts = [clean(text) for text in (*TEXTS, *(mutated(chance) for _ in range(1_000)), "\n".join(TEXTS))]
    searches = [(wording.pattern, wording.words, {}) for wording in OWN_WORDINGS]
    searches.append((vague.BARE, vague.WORDS, {"before": 80, "after": 500}))
    for pattern, words, reach in searches:
        for text in texts:
            found = [match.span() for match in near(pattern, words, text, lowered(text), **reach)]
            assert found == [match.span() for match in pattern.finditer(text)], (pattern.pattern, text)


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param("Uploading app.zip\n", id="nothing"),
        pytest.param(TEXTS[0] + "\n", id="one sentence"),
        pytest.param("\n".join(TEXTS), id="every wording"),
        pytest.param("not authorized access denied permission role linked trust 403 ", id="words of denials"),
        pytest.param("arn:aws:iam::123456789012:role/x is ", id="ARNs"),
    ],
)
def test_the_time_grows_with_the_length_of_the_text(piece: str) -> None:
    """Ten times the text takes some ten times the time: a quadratic reader would take a hundred times."""

    def seconds(length: int) -> float:
        text = piece * (length // len(piece) + 1)
        started = time.process_time()
        parse_denials(text[:length])
        return time.process_time() - started

    seconds(10_000)
    assert seconds(1_000_000) < 30 * max(min(seconds(100_000) for _ in range(3)), 0.01)


def test_a_letter_that_is_longer_in_small_moves_nothing() -> None:
    text = "\u0130\u0130 S3 error: Access Denied"
    assert len(lowered(text)) == len(text)
    assert parse_denial(text) == Denial("s3:GetObject", service="cloudformation")


def test_every_denial_of_a_log_is_read_in_order_and_once() -> None:
    one, two = (row["text"] for row in WORDINGS if row["rule"] in {"DynamoDB", "Route 53"})
    log = f"10:00 {one}\n10:01 retrying\n10:02 {one}\n10:03 {two}\n"
    assert [denial.action for denial in parse_denials(log)] == [
        "dynamodb:CreateTable",
        "route53:ChangeResourceRecordSets",
    ]


def test_the_end_of_a_long_log_is_read() -> None:
    noise = "Uploading app.zip\n" * 20_000
    denial = parse_denial(noise + TEXTS[0])
    assert denial is not None
    assert denial.action == "lambda:CreateFunction"


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 132])
def test_a_terminal_of_any_width_changes_nothing(width: int) -> None:
    """A long sentence is cut hard every ``width`` characters, wherever that falls."""
    wrong = []
    for row in WORDINGS:
        if "\n" in row["text"] or row.get("layer", "") != "identity":
            continue
        text = row["text"]
        wrapped = "\n".join(text[at : at + width] for at in range(0, len(text), width))
        found = parse_denial(wrapped)
        if found is None or (found.action, found.resource) != (row["action"], row.get("resource", "")):
            wrong.append((row["rule"], found))
    assert not wrong


OF_ROLES = [
    row
    for row in WORDINGS
    if (row.get("by_role") or row.get("action") == "sts:AssumeRole") and "\n" not in row["text"]
]


SAID = ("action", "also", "resource", "layer", "by_role", "explicit")


def cut(width: int):
    return lambda text: "\n".join(text[at : at + width] for at in range(0, len(text), width))


@pytest.mark.parametrize(
    "around",
    [
        pytest.param(cut(61), id="61 columns"),
        pytest.param(cut(80), id="80 columns"),
        pytest.param(cut(120), id="120 columns"),
        pytest.param(lambda text: "\r\n".join(cut(80)(text).split("\n")), id="80 columns of Windows"),
        pytest.param(lambda text: f"[1526575213000] [ERROR] ClientError: {text}", id="zappa tail"),
        pytest.param(lambda text: f"2026-05-05T10:00:00.123Z\t1b2c\tERROR\t{text}", id="a function's log"),
        pytest.param(lambda text: json.dumps({"errorMessage": text, "errorType": "ClientError"}), id="JSON"),
        pytest.param(lambda text: json.dumps({"message": json.dumps({"a": text})}), id="JSON in JSON"),
        pytest.param(lambda text: "\x1b[31m" + text.replace(" ", " \x1b[1m", 3) + "\x1b[0m", id="colours"),
        pytest.param(lambda text: "[31m" + text.replace(" ", " [0;1m", 3) + "[0m", id="colours without escape"),
        pytest.param(lambda text: "| " + text.replace(" ", "\n| "), id="one word a line, in a frame"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_role_is_read_wherever_it_stands(around) -> None:
    assert len(OF_ROLES) > 30
    wrong = {}
    for row in OF_ROLES:
        found, meant = parse_denial(around(row["text"])), meaning(row)
        if found is None or [getattr(found, name) for name in SAID] != [
            getattr(meant, name) for name in SAID
        ]:
            wrong[row["rule"]] = found
    assert wrong == {}


@pytest.mark.parametrize(
    "after",
    [
        "\nTraceback (most recent call last):\n  File x\n",
        "\nmake: *** [deploy] Error 1\n",
        "\n2 warnings\n",
        "\nError: Process completed with exit code 1.",
    ],
)
def test_what_a_log_goes_on_with_changes_nothing(after: str) -> None:
    """Nor does it where the denial is the log's widest line, as one that a terminal broke would be."""
    for row in WORDINGS:
        if "\n" not in row["text"]:
            text = row["text"]
            assert parse_denials(f"Calling update for stage dev..\n{text}{after}") == parse_denials(text), (
                row["rule"]
            )


def test_a_decoded_message_names_action_and_resource() -> None:
    decoded = {
        "allowed": False,
        "explicitDeny": True,
        "context": {"principal": {"arn": USER}, "action": "ec2:DescribeSubnets", "resource": "*"},
    }
    assert parse_decoded(json.dumps(decoded)) == Denial("ec2:DescribeSubnets", "*", USER, explicit=True)


@pytest.mark.parametrize("text", ["[]", "", "{", '{"context": 1}', '{"context": {}}', "[" * 100_000])
def test_what_is_no_decoded_message_is_none(text: str) -> None:
    assert parse_decoded(text) is None


@given(st.text(max_size=400))
def test_any_text_is_answered(text: str) -> None:
    denial = parse_denial(text)
    assert denial is None or explain(denial).fix


def mutated(chance: random.Random) -> str:
    """Return a wording with pieces cut, doubled, swapped, replaced and broken."""
    text = chance.choice(TEXTS)
    for _ in range(chance.randint(1, 6)):
        at, to = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
        match chance.randint(0, 6):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:to] + text[at:]
            case 2:
                text = text[:at] + chance.choice(TEXTS)[:200] + text[to:]
            case 3:
                text = text[:at] + chance.choice("\n\x1b[1m\x00\u202e\"'<>:*(){}%\\ \t") + text[at:]
            case 4:
                text = text[:at] + text[at:to][::-1] + text[to:]
            case 5:
                text = text[:at] + text[at:to].swapcase() + text[to:]
            case _:
                text = "\n".join((text[:at], text[at:]))
    return text


def test_20_000_mutations_are_answered_without_an_exception_or_a_hang() -> None:
    """A Denial or None; the names that it holds never carry control characters or line breaks."""
    chance = random.Random(20_000)  # noqa: S311  -- a fixed seed: the same texts each time
    read = 0
    for _ in range(20_000):
        text = mutated(chance)
        for denial in parse_denials(text):
            read += 1
            told = f"{denial.action}{denial.resource}{denial.principal}{denial.operation}{denial.policy}"
            assert told.isprintable(), text
    assert read > 10_000


@pytest.mark.parametrize(
    "piece",
    [
        "User:",
        "User: arn:aws:iam::1:user/x ",
        "is not authorized to perform: ",
        "not authorized to perform: a1:b on resource: x\n",
        "because no ",
        "with an explicit deny in a ",
        "Encoded authorization failure message: " + "A" * 40 + "\n",
        "A" * 30 + "\n",
        "error occurred (403) ",
        "error occurred (403) when calling the X operation: ",
        "denied by S3 ",
        "<a-b ",
        "\x1b[",
        "│ ",
        "a:",
        "\n",
    ],
)
def test_a_hostile_text_takes_no_longer_than_a_long_one(piece: str) -> None:
    started = time.perf_counter()
    parse_denials(piece * (300_000 // len(piece)))
    assert time.perf_counter() - started < 20
