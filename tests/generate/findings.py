"""Writes ``docs/findings.md`` and a page for each finding: ``python -m tests.generate.findings``.

What a finding means is in the catalogue of rules; its examples are the cases that hold the rule, the first that has the
finding and the first that just has not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from zappa_iam_ext.iam.findings import Kind, Rule, rules

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "findings.md"
FOLDER = ROOT / "docs" / "findings"
CASES = ROOT / "tests" / "cases" / "findings"
MOST_LINES = 60
"""Lines of an example: one that is about length is cut."""
HEAD = """# Findings

    zappa-iam lint policy.json trust.json   # documents in files; "-" is stdin
    zappa-iam lint dev                      # the document that is computed for a stage
    zappa-iam lint --profile serverless     # the policies attached to a profile's user or role

tells what is to be said of policy documents. Every finding has an id that never changes, a kind and a severity:

| kind | is about |
| --- | --- |
| security | more power than meant |
| correctness | a document that does not do what it says |
| style | what is written twice, or in an old way |

An `error` should not go live, a `warning` should be mended or known to be meant, a `note` should be known. `--fail-on`
says from which severity on the exit code is 1 (default: `error`); 0 is nothing to fail on, 2 could not run, 3 a policy
of the profile could not be read. `--format` is `text`, `json`, `github` (annotations of a workflow) or `sarif`.

Combinations are judged over all documents of one principal (the documents of a stage or a profile, a JSON list, files
with `--together`), as AWS would: wildcards, `NotAction` and `NotResource` count, a Deny that must apply takes away, a
condition that a request of the path cannot meet closes it, a permissions boundary (`--boundary`) limits. A condition that
may hold leaves a path open, and is named.

The document that Zappa itself needs is not free of findings, and they are true. Whoever lets Zappa make its execution
role (`"manage_roles": true`, the default) lets the deploying user write that role's permissions and pass it to a function:
`privilege-escalation/put-role-policy`, a warning. With a role made by an administrator (`"manage_roles": false`)
the warning is gone, and what stays is the note that a deployment is what it is: code that acts
as the one role that was named.

"""
SECTIONS = {
    Kind.SECURITY: "Security",
    Kind.CORRECTNESS: "Correctness",
    Kind.STYLE: "Style",
}


def written() -> str:
    """Return the page that lists all."""
    lines = [line for kind in Kind for line in _section(kind)]
    documents = ("```{toctree}", ":hidden:", "", *(f"findings/{rule_id}" for rule_id in rules()), "```")
    return HEAD + "\n".join([*lines, *documents]).rstrip() + "\n"


def pages() -> Mapping[Path, str]:
    """Return the page of each finding, by its file."""
    return {FOLDER / f"{rule.id}.md": "\n".join(_page(rule)).rstrip() + "\n" for rule in rules().values()}


def _section(kind: Kind) -> Iterator[str]:
    yield from (f"## {SECTIONS[kind]}", "", "| finding | severity | what it means |", "| --- | --- | --- |")
    for rule in rules().values():
        if rule.kind is kind:
            means = rule.means.rstrip(".").replace("|", "\\|")
            yield f"| [`{rule.id}`](findings/{rule.id}.md) | {' or '.join(map(str, rule.severities))} | {means}. |"
    yield ""


def _page(rule: Rule) -> Iterator[str]:
    yield from (f"# `{rule.id}`", "")
    severities = " or ".join(map(str, rule.severities))
    yield from (f"**{severities.capitalize()}**, {rule.kind}. {rule.means.rstrip('.')}.", "")
    if rule.path:
        yield f"- Open with: {_needs(rule)}."
        yield f"- Severity: {_reach(rule)}."
    yield f"- Why: {rule.why}"
    yield f"- Mend: {rule.remediation}"
    yield from (f"- Source: {rule.source}.", "")
    bad, good = (_case(rule.id, found=found) for found in (True, False))
    yield from ("## Found", "", f"{_title(bad)} ({bad['severity']}):", "", *_example(bad))
    yield from ("## Not found", "", f"{_title(good)}:", "", *_example(good))
    yield "[All findings](../../findings.md)"


@cache
def _cases() -> tuple[Mapping[str, Any], ...]:
    return tuple(
        case for file in sorted(CASES.glob("*.json")) for case in json.loads(file.read_text("utf-8"))
    )


def _case(rule_id: str, *, found: bool) -> Mapping[str, Any]:
    return next(case for case in _cases() if case["id"] == rule_id and bool(case["severity"]) is found)


def _title(case: Mapping[str, Any]) -> str:
    name = str(case["name"])
    return name[:1].upper() + name[1:]


def _example(case: Mapping[str, Any]) -> Iterator[str]:
    version = case.get("version", "2012-10-17")
    made = [({"Version": version} if version else {}) | {"Statement": each} for each in case["documents"]]
    if "boundary" in case:
        yield from ("Within this permissions boundary:", "")
        yield from _block({"Version": "2012-10-17", "Statement": case["boundary"]})
    for document in made:
        yield from _block(document)


def _block(document: Mapping[str, Any]) -> Iterator[str]:
    lines = json.dumps(document, indent=2, ensure_ascii=False).splitlines()
    cut = [f"  ... {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
    language = "text" if cut else "json"
    yield from (f"```{language}", *(line[:200] for line in lines[:MOST_LINES]), *cut, "```", "")


def _needs(rule: Rule) -> str:
    path = rule.path
    assert path is not None
    needs = [f"`iam:PassRole` to `{path.passes}`"] if path.passes else []
    needs += [f"`{action}`" for action in path.all]
    if path.any:
        needs.append(" or ".join(f"`{action}`" for action in path.any))
    asked = [f"`{key}` {value or 'not sent'}" for key, value in path.context.items()]
    return ", ".join(needs) + (f"; with {' and '.join(asked)}" if asked else "")


def _reach(rule: Rule) -> str:
    path = rule.path
    assert path is not None
    words = {"own": "on oneself", "one": "on one by name", "some": "on a pattern of names", "all": "on all"}
    told = [f"{severity} {words[name]}" for name, severity in path.severities.items()]
    return ", ".join(told) + (", note on one role with `iam:PassedToService`" if path.passes else "")


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
