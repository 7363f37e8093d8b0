"""Writes ``docs/findings.md`` from the catalogue of rules: ``python -m tests.generate.findings``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from zappa_iam_ext.iam.findings import Kind, Rule, rules

TARGET = Path(__file__).parents[2] / "docs" / "findings.md"
HEAD = """# Findings

    zappa-iam lint FILE...          documents in files; "-" is stdin
    zappa-iam lint STAGE            the document that is computed for a stage
    zappa-iam lint --profile NAME   the policies attached to a profile's user or role

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
    """Return the page."""
    return HEAD + "\n".join(line for kind in Kind for line in _section(kind)).rstrip() + "\n"


def _section(kind: Kind) -> Iterator[str]:
    yield f"## {SECTIONS[kind]}"
    yield ""
    for rule in rules().values():
        if rule.kind is kind:
            yield from _entry(rule)


def _entry(rule: Rule) -> Iterator[str]:
    yield f"### `{rule.id}`"
    yield ""
    severities = " or ".join(map(str, rule.severities))
    yield f"{severities.capitalize()}. {rule.means.rstrip('.')}."
    yield ""
    if rule.path:
        yield f"- Open with: {_needs(rule)}."
        yield f"- Severity: {_reach(rule)}."
    yield f"- Why: {rule.why}"
    yield f"- Mend: {rule.remediation}"
    yield f"- Source: {rule.source}."
    yield ""


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
