"""Identity providers of CI systems, by the table ``providers.toml``: URL, audience, subject, further claims."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from zappa_iam_ext.errors import ZappaIamError

#: What is made of the repository's name.
_PARTS = frozenset({"repository", "owner", "name"})


class UnknownProvider(ZappaIamError):
    """No such CI system, or what was said of it does not make a strict trust."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A form of the claim ``sub``; ``also`` is another form for the same, ``flag`` a parameter that chooses it."""

    template: str
    also: str = ""
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """A claim that says what was given, where the subject is the one with the parameter ``within``."""

    within: str
    claim: str
    template: str


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A row of the table. ``parameters`` are patterns of what may be given, ``conditions`` maps them to claims.

    ``printed`` are those that only stand in what is printed for the pipeline.
    """

    id: str
    title: str
    url: str
    audience: str
    source: str
    note: str
    parameters: Mapping[str, str]
    subjects: tuple[Subject, ...]
    conditions: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[Beside, ...] = ()
    printed: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Federation:
    """Whose tokens a role trusts: the provider's URL, the audience, and what claims have to say.

    ``subjects`` may hold a star where the system ends a subject with an id of the run. ``claims`` are by name.
    """

    provider: str
    url: str
    audience: str
    subjects: tuple[str, ...]
    claims: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def issuer(self) -> str:
        """The URL without its scheme: the prefix of condition keys, and the name in the provider's ARN."""
        return self.url.removeprefix("https://")

    def provider_arn(self, partition: str, account: str) -> str:
        """Return the ARN of the identity provider in an account."""
        return f"arn:{partition}:iam::{account}:oidc-provider/{self.issuer}"


@lru_cache(maxsize=1)
def provider_rows() -> Mapping[str, ProviderRow]:
    """Return the table by id."""
    read = tomllib.loads((files(__package__) / "providers.toml").read_text(encoding="utf-8"))["provider"]
    subjects = {row["id"]: row.get("subjects") for row in read}
    return {row["id"]: _row(row, subjects[row.get("subjects_of", row["id"])]) for row in read}


def federation(provider: str, given: Mapping[str, str]) -> Federation:
    """Return whose tokens are trusted; empty values are as good as none.

    Raises `UnknownProvider` for a system that the table does not have, for what it does not know, what is missing, and
    what would leave the trust open.
    """
    row = _known(provider)
    told = {name: value for name, value in given.items() if value}
    _check(row, told)
    values = _values(row, told)
    subject = _subject(row, values)
    claims = {claim: told[name] for name, claim in row.conditions.items() if name in told}
    claims |= {name: form.format_map(values) for name, form in _beside(row, subject, values).items()}
    _require_said(row, subject, values)
    return Federation(
        provider=row.id,
        url=_filled(row.url, values, row),
        audience=_filled(row.audience, values, row),
        subjects=tuple(_forms(subject, values)),
        claims=claims,
        given=told,
        note=row.note,
    )


def issuer_url(provider: str, given: Mapping[str, str]) -> str:
    """Return the URL of a CI system's identity provider. Raises `UnknownProvider`, also where the host is missing."""
    row = _known(provider)
    told = {name: value for name, value in given.items() if value}
    _check_values(row, told)
    return _filled(row.url, told, row)


def _known(provider: str) -> ProviderRow:
    row = provider_rows().get(provider)
    if row is None:
        raise UnknownProvider(
            f"there is no provider {provider[:80]!r}", hint=f"Known are {', '.join(provider_rows())}."
        )
    return row


def _row(row: Mapping[str, Any], subjects: Sequence[Mapping[str, str]]) -> ProviderRow:
    own = {name: value for name, value in row.items() if name != "subjects_of"}
    return ProviderRow(
        **{
            **own,
            "subjects": tuple(Subject(**each) for each in subjects),
            "beside": tuple(Beside(**each) for each in row.get("beside", ())),
            "printed": tuple(row.get("printed", ())),
            "one_of": tuple(row.get("one_of", ())),
            "note": row.get("note", ""),
        }
    )


def _check(row: ProviderRow, told: Mapping[str, str]) -> None:
    _check_values(row, told)
    if row.one_of and not any(name in told for name in row.one_of):
        raise UnknownProvider(
            f"{row.title} needs {' or '.join(map(option, row.one_of))}",
            hint=row.note,
        )


def _check_values(row: ProviderRow, told: Mapping[str, str]) -> None:
    flags = {subject.flag for subject in row.subjects if subject.flag}
    for name, value in told.items():
        if name in flags:
            continue
        pattern = row.parameters.get(name)
        if pattern is None:
            known = ", ".join(map(option, (*row.parameters, *sorted(flags))))
            raise UnknownProvider(f"{row.title} has no {option(name)}", hint=f"It takes {known}.")
        if not re.fullmatch(pattern, value, re.ASCII):
            raise UnknownProvider(
                f"{value[:80]!r} cannot be {option(name)} of {row.title}",
                hint="Give one exact name: wildcards and variables would open the role to others.",
            )


def _values(row: ProviderRow, told: Mapping[str, str]) -> dict[str, str]:
    """Return what templates are filled with; of GitHub owner and name of the repository apart, a colon escaped."""
    values = dict(told)
    if row.id.startswith("github") and "repository" in told:
        values["owner"], _, values["name"] = told["repository"].partition("/")
        values["environment"] = told.get("environment", "").replace(":", "%3A")
    return {name: value for name, value in values.items() if value}


def _subject(row: ProviderRow, values: Mapping[str, str]) -> Subject:
    for subject in row.subjects:
        if (not subject.flag or subject.flag in values) and _fields(subject.template) <= values.keys():
            return subject
    wanted = " or ".join(" and ".join(_options_for(subject)) for subject in row.subjects)
    raise UnknownProvider(
        f"which runs of {row.title} may assume the role is not said", hint=f"Give {wanted}."
    )


def _beside(row: ProviderRow, subject: Subject, values: Mapping[str, str]) -> Mapping[str, str]:
    """Return the claims, with their templates, that say what was given and the subject leaves out."""
    found: dict[str, str] = {}
    for each in row.beside:
        if each.within in _fields(subject.template) and _fields(each.template) <= values.keys():
            found.setdefault(each.claim, each.template)
    return found


def _require_said(row: ProviderRow, subject: Subject, values: Mapping[str, str]) -> None:
    """Raise `UnknownProvider` where something was given that neither the subject nor a claim says.

    The trust would be wider, or narrower, than what was asked for.
    """
    forms = [subject.template, row.url, row.audience, *_beside(row, subject, values).values()]
    if _fields(subject.also) <= values.keys():
        forms.append(subject.also)
    said = {*(name for form in forms for name in _fields(form)), *row.conditions, *row.printed, subject.flag}
    left = [option(name) for name in values if name not in said | _PARTS]
    if left:
        raise UnknownProvider(
            f"{row.title} cannot tell {' and '.join(left)} together with {' and '.join(_options_for(subject))}",
            hint="Leave one of them out: a role trusts the runs that one subject names. Of ids all are needed.",
        )


def _options_for(subject: Subject) -> Iterator[str]:
    names = [
        "repository" if name in {"owner", "name"} else name for name in sorted(_fields(subject.template))
    ]
    yield from dict.fromkeys(map(option, sorted([*names, *([subject.flag] if subject.flag else [])])))


def _forms(subject: Subject, values: Mapping[str, str]) -> Iterator[str]:
    yield subject.template.format_map(values)
    if subject.also and _fields(subject.also) <= values.keys():
        yield subject.also.format_map(values)


def _filled(template: str, values: Mapping[str, str], row: ProviderRow) -> str:
    missing = sorted(_fields(template) - values.keys())
    if missing:
        raise UnknownProvider(f"{row.title} needs {' and '.join(map(option, missing))}", hint=row.note)
    return template.format_map(values)


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def option(name: str) -> str:
    """Return a parameter as the command line spells it."""
    return f"--{name.replace('_', '-')}"
