"""Explanations of a denial, to text and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from zappa_iam_ext.permissions.explain import Explanation, Reason
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.text import plain

_SHOWN = 6


def explanation_text(explanation: Explanation) -> str:
    """Return the explanation for a terminal."""
    denial = explanation.denial
    lines = [f"Denied: {plain(denial.action or denial.operation or 'an encoded message')}"]
    if denial.resource:
        lines.append(f"    on: {plain(denial.resource)}")
    if denial.principal:
        lines.append(f"   for: {plain(denial.principal)}")
    if denial.layer:
        lines.append(
            f"    by: {denial.layer} policy"
            + (", explicitly" if denial.explicit else ", which does not allow it")
        )
    if denial.encoded:
        lines.append("The message is encoded: give a --profile that may call sts:DecodeAuthorizationMessage.")
    lines += ["", *_reasons(explanation.reasons)] if explanation.reasons else []
    return "\n".join([*lines, "", f"Fix: {explanation.fix}"])


def explanation_json(explanation: Explanation) -> str:
    """Return the explanation as one JSON document."""
    return dump(
        {
            "denial": asdict(explanation.denial),
            "reasons": [asdict(reason) for reason in explanation.reasons],
            "fix": explanation.fix,
        }
    )


def _reasons(reasons: tuple[Reason, ...]) -> Iterator[str]:
    yield "Zappa needs it:"
    for reason in reasons[:_SHOWN]:
        setting = f"; setting {reason.setting}" if reason.setting else ""
        yield f"  {reason.action} for {' and '.join(reason.commands)}: {reason.because}"
        yield f"      {reason.operation}, {reason.source}{setting}"
        yield f"      when denied: {reason.consequence}" + (f", {reason.wrong}" if reason.wrong else "")
    if len(reasons) > _SHOWN:
        yield f"  and {len(reasons) - _SHOWN} more calls (--json lists all)"
