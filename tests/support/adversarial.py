"""Policy documents made to be hard to look at: each family fills a size with one kind of entanglement."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

Statement = dict[str, Any]
Family = Callable[[random.Random], Iterator[Statement]]
LETTERS = "abcdefghij"
SERVICES = ("s3", "lambda", "iam", "dynamodb", "sqs", "logs", "ec2")


def _allow(actions: Any, resources: Any, **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def _text(source: random.Random, letters: str, length: int) -> str:
    return "".join(source.choice(letters) for _ in range(length))


def many_stars(source: random.Random) -> Iterator[Statement]:
    while True:
        name = "*".join(_text(source, LETTERS, source.randint(1, 2)) for _ in range(source.randint(5, 40)))
        yield _allow("s3:GetObject", f"arn:aws:s3:::*{name}*")


def one_letter_and_stars(source: random.Random) -> Iterator[Statement]:
    while True:
        yield _allow("s3:*", f"arn:aws:s3:::{'a*' * source.randint(1, 60)}{'b' * source.randint(0, 1)}")


def runs_of_question_marks(source: random.Random) -> Iterator[Statement]:
    while True:
        name = "".join(f"*{source.choice(LETTERS)}{'?' * source.randint(1, 30)}" for _ in range(3))
        yield _allow("s3:GetObject", [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{'?' * source.randint(1, 60)}*"])


def question_marks_after_stars(source: random.Random) -> Iterator[Statement]:
    """Patterns whose containment no pairing tells: what is behind the star may fill the question marks."""
    while True:
        parts = [source.choice(["a*", "a?*", "*a", "?*a", "b", "a", "?a?"]) for _ in range(12)]
        yield _allow("s3:GetObject", f"arn:aws:s3:::*{''.join(parts)}*")


def parts_of_arns(source: random.Random) -> Iterator[Statement]:
    while True:
        parts = ["".join(source.choice(["a", "b", "*", "?", "a*", "*b"]) for _ in range(4)) for _ in range(3)]
        yield _allow("lambda:*", f"arn:aws:lambda:{parts[0]}x:{parts[1]}1:function:{parts[2]}")


def shared_prefixes(_source: random.Random) -> Iterator[Statement]:
    yield _allow(
        ["lambda:GetFunction", "lambda:UpdateFunctionCode"],
        [f"arn:aws:lambda:*:123456789012:function:project-{number}-*" for number in range(400)],
    )


def shared_prefixes_apart(_source: random.Random) -> Iterator[Statement]:
    for number in count():
        yield _allow("lambda:GetFunction", f"arn:aws:lambda:*:*:function:p-*-{number % 7}*-{number}")


def nested(_source: random.Random) -> Iterator[Statement]:
    yield _allow("s3:GetObject", [f"arn:aws:s3:::{'a' * length}*" for length in range(1, 200)])


def nested_stars(_source: random.Random) -> Iterator[Statement]:
    yield _allow("s3:GetObject", [f"arn:aws:s3:::{'*a' * length}*" for length in range(1, 100)])


def short_resources(_source: random.Random) -> Iterator[Statement]:
    yield _allow(
        ["s3:Get*", "s3:List*"],
        [f"arn:aws:s3:::*{a}*{b}*{c}" for a in LETTERS for b in LETTERS for c in LETTERS],
    )


def denies_of_other_resources(source: random.Random) -> Iterator[Statement]:
    yield _allow("*", "*")
    while True:
        spared = [f"arn:aws:s3:::*{_text(source, LETTERS, 2)}*" for _ in range(3)]
        yield {"Effect": "Deny", "Action": "s3:*", "NotResource": spared}


def denies_of_iam(source: random.Random) -> Iterator[Statement]:
    yield _allow(["iam:*", "lambda:*", "sts:*"], [f"arn:aws:iam::*:role/*{letter}*" for letter in LETTERS])
    while True:
        name = f"*{_text(source, LETTERS, 1)}*{_text(source, LETTERS, 1)}{'?' * source.randint(0, 6)}"
        yield {"Effect": "Deny", "Action": "iam:*", "Resource": f"arn:aws:iam::*:role/{name}"}


def denies_of_iam_but(source: random.Random) -> Iterator[Statement]:
    yield _allow(["iam:*", "lambda:*", "cloudformation:*"], "arn:aws:iam::*:*a*")
    while True:
        name = f"*{_text(source, LETTERS, 1)}*{'?' * source.randint(0, 6)}{_text(source, LETTERS, 1)}*"
        yield {"Effect": "Deny", "Action": "iam:*", "NotResource": [f"arn:aws:iam::*:role/{name}"]}


def action_patterns(source: random.Random) -> Iterator[Statement]:
    yield _allow([f"ec2:*{_text(source, 'aeinorst', 2)}*" for _ in range(700)], "*")


def action_patterns_apart(source: random.Random) -> Iterator[Statement]:
    while True:
        yield _allow(
            f"ec2:*{_text(source, 'aeinorst', 1)}*{_text(source, 'aeinorst', 1)}*", "arn:aws:ec2:*:*:*/i*"
        )


def whole_services(source: random.Random) -> Iterator[Statement]:
    for number in count():
        yield _allow([f"ec2:{'*' * (1 + number)}"], f"arn:aws:ec2:*:*:instance/i-{source.randint(0, 999)}*")


def actions_left_out(source: random.Random) -> Iterator[Statement]:
    while True:
        names = [f"{service}:*{source.choice(LETTERS)}*" for service in SERVICES]
        yield {"Effect": source.choice(["Allow", "Deny"]), "NotAction": names, "Resource": "*"}


def conditions(source: random.Random) -> Iterator[Statement]:
    while True:
        values = [f"*{_text(source, LETTERS, 2)}*{_text(source, LETTERS, 1)}?*" for _ in range(6)]
        tests = {
            "StringLike": {"s3:prefix": values},
            "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{values[0]}"},
        }
        yield _allow(["s3:ListBucket", "s3:Get*"], "*", Condition=tests)


def condition_keys(source: random.Random) -> Iterator[Statement]:
    keys = {f"ec2:{_text(source, LETTERS, 6)}": "x" for _ in range(150)}
    yield _allow(["ec2:*", "ec2:D*", "ec2:C*", "ec2:*e"], "*", Condition={"StringEquals": keys})


def tag_keys(_source: random.Random) -> Iterator[Statement]:
    tests = {f"aws:ResourceTag/{number}": "x" for number in range(150)}
    yield _allow(["ec2:*", "ec2:Describe*", "s3:*"], "*", Condition={"StringEquals": tests})


def misspelt_actions(source: random.Random) -> Iterator[Statement]:
    yield _allow([f"ec2:Describ{_text(source, LETTERS, 6)}" for _ in range(300)], "*")


def misspelt_services(source: random.Random) -> Iterator[Statement]:
    yield _allow([f"{_text(source, 'aelmnorst', 6)}:Get" for _ in range(400)], "*")


def one_long_pattern(_source: random.Random) -> Iterator[Statement]:
    yield _allow("s3:GetObject", "arn:aws:s3:::" + "*?" * 2_900)
    yield {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*a"}


def two_long_patterns(_source: random.Random) -> Iterator[Statement]:
    yield _allow("s3:GetObject", ["arn:aws:s3:::" + "*a?" * 950, "arn:aws:s3:::" + "a*?a" * 700])


def variables(source: random.Random) -> Iterator[Statement]:
    while True:
        key = source.choice(["aws:username", "aws:PrincipalTag/a", "aws:userid"])
        yield _allow("s3:*", f"arn:aws:s3:::*{_text(source, LETTERS, 2)}*${{{key}}}*")


def everything_at_once(source: random.Random) -> Iterator[Statement]:
    others = [family(source) for family in FAMILIES.values() if family is not everything_at_once]
    while True:
        statement = next(source.choice(others), None)
        if statement is not None and len(json.dumps(statement)) < 2_000:
            yield statement


FAMILIES: dict[str, Family] = {
    family.__name__: family
    for family in (
        many_stars, one_letter_and_stars, runs_of_question_marks, question_marks_after_stars, parts_of_arns,
        shared_prefixes, shared_prefixes_apart, nested, nested_stars, short_resources, denies_of_other_resources,
        denies_of_iam, denies_of_iam_but, action_patterns, action_patterns_apart, whole_services, actions_left_out,
        conditions, condition_keys, tag_keys, misspelt_actions, misspelt_services, one_long_pattern, two_long_patterns,
        variables, everything_at_once,
    )
}  # fmt: skip


def adversarial(family: str, seed: int, size: int) -> dict[str, Any]:
    """Return a document of a family of at most ``size`` characters, white space not counted."""
    source = random.Random(f"{family} {seed}")  # noqa: S311  -- reproducible, not secret
    kept: list[Statement] = []
    left = size - len('{"Version":"2012-10-17","Statement":[]}')
    for statement in FAMILIES[family](source):
        fitting = _fitting(statement, left)
        if fitting is None:
            break
        kept.append(fitting)
        left -= _length(fitting) + 1
        if left < 100:
            break
    return {"Version": "2012-10-17", "Statement": kept}


def _fitting(statement: Statement, room: int) -> Statement | None:
    """Return a statement with as many entries of its longest list as there is room for."""
    while _length(statement) > room:
        lists = [key for key, value in statement.items() if isinstance(value, list) and len(value) > 1]
        if not lists:
            tests = statement.get("Condition", {}).get("StringEquals", {})
            if len(tests) < 2:
                return None
            fewer = dict(list(tests.items())[: len(tests) * 9 // 10])
            statement = {**statement, "Condition": {"StringEquals": fewer}}
            continue
        longest = max(lists, key=lambda key: len(statement[key]))
        values = statement[longest]
        statement = {**statement, longest: values[: max(1, len(values) * 19 // 20)]}
    return statement


def _length(statement: Statement) -> int:
    return len(json.dumps(statement, separators=(",", ":")))
