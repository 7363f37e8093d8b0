"""Pages as the commands make them, for tests of how they are shown in a browser."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from tests.support.rehearsals import a_policy, another_zappa, denied
from tests.support.reports import REPORTS, may_deploy, two_stages
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.check import Evidence, Report, RoleReport, Verdict
from zappa_iam_ext.check.model import CheckedRequirement
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.runtime import runtime_requirements
from zappa_iam_ext.rehearsal import summary as rehearsed
from zappa_iam_ext.render.formats import Failed, Item, Level, Origin, Outcome, Place, Rule, Summary, Told
from zappa_iam_ext.render.items import difference as differences
from zappa_iam_ext.render.report.items import items, summary


def with_role() -> Report:
    """Return a report of a deployer who may all, for an execution role that may write no logs."""
    needed = runtime_requirements(stage({"events": [{"function": "app.f", "event_source": QUEUE}]}))
    results = tuple(
        CheckedRequirement(
            item,
            Verdict.DENIED if item.action.startswith(("logs:", "sqs:")) else Verdict.ALLOWED,
            Evidence.POLICIES,
        )
        for item in needed
    )
    role = RoleReport(
        "hello-dev-role", f"arn:aws:iam::{ACCOUNT}:role/hello-dev-role", exists=True, results=results
    )
    return replace(may_deploy(), role=role)


QUEUE = {"arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"}
SERVICES = ("apigateway", "cloudformation", "events", "iam", "lambda", "logs", "s3", "sns", "sqs", "ec2")


def of_check(*reports: Report) -> Told:
    """Return what `check` tells of these reports."""
    lines = [CommandLines(report.stage) for report in reports]
    return Told(
        "zappa-iam check",
        "0.2.0",
        tuple(item for report in reports for item in items(report)),
        tuple(summary(report, line) for report, line in zip(reports, lines, strict=True)),
    )


@cache
def told() -> dict[str, Told]:
    """Return one of each kind, by its name."""
    found = {name: of_check(make()) for name, make in REPORTS.items()}
    found["an execution role"] = of_check(with_role())
    found["two stages"] = of_check(*two_stages())
    for name, compared in (("another Zappa", another_zappa()), ("a policy", a_policy())):
        found[f"diff with {name}"] = Told(
            "zappa-iam diff", "0.2.0", tuple(differences.items(compared)), (differences.summary(compared),)
        )
    rehearsal = denied()
    found["rehearsal"] = Told(
        "zappa-iam rehearse",
        "0.2.0",
        tuple(rehearsed.items(rehearsal)),
        (rehearsed.summary(rehearsal, CommandLines("dev")),),
    )
    found["a stage that cannot be checked"] = Told(
        "zappa-iam check",
        "0.2.0",
        found["one missing"].items,
        found["one missing"].summaries,
        (Failed("test", "there is no profile test", "aws configure --profile test"),),
    )
    found["nothing"] = Told("zappa-iam lint", "0.2.0")
    return found


def large(count: int) -> Told:
    """Return so many permissions of ten services: one in ten is denied, one in ten undecided."""
    stops = Rule("missing-permission-stops", "A missing permission stops the Zappa command")
    undecided = Rule("undecided-permission", "It could not be decided", level=Level.WARNING)
    held = Rule("held-permission", "A permission is held", level=Level.NOTE)
    kinds = {0: (stops, Outcome.FAILED), 1: (undecided, Outcome.UNDECIDED)}
    made = []
    for number in range(count):
        rule, outcome = kinds.get(number % 10, (held, Outcome.PASSED))
        service = SERVICES[number // 10 % len(SERVICES)]
        made.append(
            Item(
                rule=rule,
                name=f"{service}:Action{number // 3}",
                where=f"arn:aws:{service}:us-east-1:123456789012:thing/{number}",
                message="told",
                outcome=outcome,
                level=rule.level,
                suite="dev",
                key=(str(number),),
                origin=Origin("zappa deploy", f"{service}.Call{number // 7}", "events" if number % 4 else ""),
            )
        )
    return Told(
        "zappa-iam check",
        "0.2.0",
        tuple(made),
        (Summary("user serverless may not deploy hello-dev", passed=False, suite="dev"),),
    )


def hostile(text: str) -> Told:
    """Return a page on which everything that comes from outside is this text."""
    rule = Rule(text, text, text)
    origin = Origin(text, text, text, text)
    item = Item(
        rule, text, text, where=text, hint=text, suite=text, case=text, place=Place(text, 3), origin=origin
    )
    bare = Item(rule, text, text, level=Level.WARNING, suite=text, logical=text)
    passed = Item(rule, text, text, Outcome.PASSED, Level.NOTE, suite=text)
    one_line = " ".join(text.splitlines())
    advice = f"{one_line}\nzappa-iam check {one_line}"
    stage = Summary(text, False, notes=(text, text), advice=advice, suite=text)
    return Told(text, text, (item, bare, passed), (stage,), (Failed(text, text, text),))
