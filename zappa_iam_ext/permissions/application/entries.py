"""``iam_ext.permissions`` read: documents, statements, short forms and files, to statements as IAM writes them. Pure.

What cannot be a permission is refused with its place (``iam_ext.permissions[2].access``) and what was probably meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from zappa_iam_ext.errors import InvalidPolicyDocument, SettingsError
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.permissions.application.short_forms import ShortForm, short_forms
from zappa_iam_ext.permissions.stage import Stage

SETTING = "iam_ext.permissions"
VERSION = "2012-10-17"
VERSIONS = (VERSION, "2008-10-17")
DOCUMENT = frozenset({"Version", "Id", "Statement"})
STATEMENT = frozenset(
    {
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "Principal",
        "NotPrincipal",
    }
)
EFFECTS = ("Allow", "Deny")
FILES = (".json", ".yaml", ".yml")
_HINT = "docs/application-permissions.md shows what it may hold."
_PLACEHOLDER = re.compile(r"<([A-Za-z][A-Za-z_-]{0,40})>")
_CUTOFF = 0.6


class InvalidPermissions(SettingsError):
    """What ``iam_ext.permissions`` cannot hold; ``place`` is where: ``iam_ext.permissions[2].access``."""

    def __init__(self, stage: str, place: str, reason: str, *, hint: str = _HINT) -> None:
        super().__init__(f"stage {stage}: {place}: {reason}", hint=hint)
        self.place = place
        self.reason = reason


class UnreadFile(Exception):
    """Why a file could not be read: stands in the place of what it says."""


def application_statements(stage: Stage) -> tuple[Mapping[str, Any], ...]:
    """Return the statements that the stage asks for, in the order of the settings, as IAM writes them.

    Names become ARNs of the stage's partition, region and account; ``<ACCOUNT_ID>``, ``<REGION>`` and ``<PARTITION>`` are
    filled in. Raises `InvalidPermissions`.
    """
    given = _given(stage)
    if given is None:
        return ()
    return tuple(_named_apart(_Reader(stage).entries(given, SETTING)))


def named_files(given: Any) -> tuple[str, ...]:
    """Return the files that a setting names, in order: of whatever it holds, those strings that end as a file's name does."""
    listed = given if isinstance(given, list) else [given]
    return tuple(item for item in listed if isinstance(item, str) and _is_file(item))


def _named_apart(statements: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the statements with Sids that differ: IAM takes none twice in a document."""
    taken: set[str] = set()
    for statement in statements:
        plain = str(statement.get("Sid", ""))
        sid, number = plain, 2
        while sid and sid in taken:
            sid, number = f"{plain}{number}", number + 1
        taken.add(sid)
        yield {**statement, "Sid": sid} if sid else statement


def _given(stage: Stage) -> Any:
    own = stage.settings.get("iam_ext")
    return own.get("permissions") if isinstance(own, Mapping) else None


class _Reader:
    """Reads what one stage says; ``inside`` is the file that is being read."""

    def __init__(self, stage: Stage, inside: str = "") -> None:
        self.stage, self.inside = stage, inside

    def entries(self, given: Any, place: str) -> Iterator[Mapping[str, Any]]:
        if not isinstance(given, list):
            yield from self._entry(given, place)
            return
        for index, entry in enumerate(given):
            yield from self._entry(entry, f"{place}[{index}]")

    def _entry(self, entry: Any, place: str) -> Iterator[Mapping[str, Any]]:
        if isinstance(entry, str):
            yield from self._file(entry, place)
        elif not isinstance(entry, Mapping):
            raise self._wrong(place, f"is a document, a statement, a short form or a file, not {_got(entry)}")
        elif not entry:
            raise self._wrong(place, "is empty, and so permits nothing")
        elif set(entry) & DOCUMENT:
            yield from self._document(entry, place)
        elif set(entry) & STATEMENT:
            yield self._statement(entry, place)
        else:
            yield from self._short(entry, place)

    def _file(self, name: str, place: str) -> Iterator[Mapping[str, Any]]:
        if self.inside:
            raise self._wrong(place, f"{name[:80]!r}: a file cannot name further ones")
        if not _is_file(name):
            raise self._wrong(place, _no_file(name))
        content = self.stage.permission_files.get(name)
        if content is None:
            raise self._wrong(place, f"the file {name[:200]!r} was not read")
        if isinstance(content, UnreadFile):
            raise self._wrong(place, f"the file {name[:200]!r} {content}")
        yield from _Reader(self.stage, name).entries(content, f"{place} ({name})")

    def _document(self, entry: Mapping[Any, Any], place: str) -> Iterator[Mapping[str, Any]]:
        self._check_names(entry, DOCUMENT, place, "a policy document")
        statements = entry.get("Statement")
        version = str(entry.get("Version", VERSION))  # YAML reads a date
        if version not in VERSIONS:
            raise self._wrong(f"{place}.Version", f"is {' or '.join(VERSIONS)}, not {_got(version)}")
        if statements is None:
            raise self._wrong(place, "is a policy document without Statement")
        if isinstance(statements, Mapping):
            yield self._statement(statements, f"{place}.Statement")
            return
        if not isinstance(statements, list):
            raise self._wrong(f"{place}.Statement", f"is a list of statements, not {_got(statements)}")
        for index, statement in enumerate(statements):
            at = f"{place}.Statement[{index}]"
            if not isinstance(statement, Mapping):
                raise self._wrong(at, f"is a statement, not {_got(statement)}")
            yield self._statement(statement, at)

    def _statement(self, entry: Mapping[Any, Any], place: str) -> Mapping[str, Any]:
        self._check_names(entry, STATEMENT, place, "a statement")
        for name in ("Principal", "NotPrincipal"):
            if name in entry:
                raise self._wrong(
                    f"{place}.{name}", "the policy of a role names no principal: the role is it"
                )
        effect = entry.get("Effect")
        if effect not in EFFECTS:
            near = _near(str(effect), EFFECTS)
            raise self._wrong(f"{place}.Effect", f"is Allow or Deny, not {_got(effect)}{near}")
        filled: Mapping[str, Any] = self._filled(entry, place)
        try:
            PolicyDocument.parse({"Version": VERSION, "Statement": [filled]})
        except InvalidPolicyDocument as error:
            at = error.path.removeprefix("$").removeprefix(".Statement[0]")
            raise self._wrong(f"{place}{at}", error.reason, hint=error.hint or _HINT) from error
        return filled

    def _short(self, entry: Mapping[Any, Any], place: str) -> Iterator[Mapping[str, Any]]:
        form, key = self._form(entry, place)
        self._check_names(entry, {key, "access"}, place, f"a short form of {key}")
        names = self._names(form, entry[key], f"{place}.{key}")
        levels = ", ".join(each.name for each in form.access)
        word = entry.get("access", form.access[0].name if len(form.access) == 1 else None)
        if word is None:
            raise self._wrong(place, f"says no access: one of {levels}")
        access = form.level(word) if isinstance(word, str) else None
        if access is None:
            known = [name for each in form.access for name in (each.name, *each.also)]
            raise self._wrong(
                f"{place}.access", f"is one of {levels}, not {_got(word)}{_near(str(word).lower(), known)}"
            )
        yield from form.statements(names, access, self.stage)

    def _form(self, entry: Mapping[Any, Any], place: str) -> tuple[ShortForm, str]:
        known = short_forms()
        found = [key for key in entry if isinstance(key, str) and key in known]
        if len(found) > 1:
            raise self._wrong(place, f"names {' and '.join(found)}: one service for each entry")
        if not found:
            key = next((str(key) for key in entry if key != "access"), "access")
            near = _near(key, (*known, *STATEMENT, *DOCUMENT))
            told = "no service that has a short form, and no element of a statement"
            raise self._wrong(f"{place}.{key[:80]}", f"{told}{near}")
        return known[found[0]], found[0]

    def _names(self, form: ShortForm, given: Any, place: str) -> tuple[str, ...]:
        listed = given if isinstance(given, list) else [given]
        if not listed:
            raise self._wrong(place, "names nothing")
        for index, name in enumerate(listed):
            at = f"{place}[{index}]" if isinstance(given, list) else place
            if not isinstance(name, str):
                raise self._wrong(at, f"is a name or an ARN, not {_got(name)}")
            if not form.takes(self._text(name, at)):
                raise self._wrong(
                    at, f"{name[:120]!r} is not {form.told}, such as {form.example}, and no ARN of one"
                )
        return tuple(self._text(name, place) for name in listed)

    def _check_names(self, entry: Mapping[Any, Any], known: Collection[str], place: str, what: str) -> None:
        for name in entry:
            if name not in known:
                raise self._wrong(
                    f"{place}.{str(name)[:80]}", f"no element of {what}{_near(str(name), known)}"
                )

    def _filled(self, value: Any, place: str) -> Any:
        if isinstance(value, str):
            return self._text(value, place)
        if isinstance(value, Mapping):
            return {str(name): self._filled(item, f"{place}.{name}") for name, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item, f"{place}[{index}]") for index, item in enumerate(value)]
        return value

    def _text(self, text: str, place: str) -> str:
        def known(match: re.Match[str]) -> str:
            name = match[1].upper().replace("-", "_").removeprefix("AWS_")
            values = {
                "ACCOUNT_ID": self.stage.account,
                "ACCOUNT": self.stage.account,
                "ACCOUNTID": self.stage.account,
                "REGION": self.stage.region,
                "PARTITION": self.stage.partition,
            }
            if name not in values:
                told = "means nothing to us: known are <ACCOUNT_ID>, <REGION> and <PARTITION>"
                raise self._wrong(place, f"the placeholder {match[0]} {told}")
            return values[name]

        return _PLACEHOLDER.sub(known, text)

    def _wrong(self, place: str, reason: str, *, hint: str = _HINT) -> InvalidPermissions:
        return InvalidPermissions(self.stage.name, place, reason, hint=hint)


def _is_file(name: str) -> bool:
    return name.lower().endswith(FILES)


def _no_file(name: str) -> str:
    """Say why a string that names no file is no permission, and what would be one."""
    if name.startswith("arn:") and ":policy/" in name:
        return f"{name[:150]!r} is a managed policy: attach it to the role; here stands what the application itself calls"
    service, colon, action = name.partition(":")
    if colon and action and "/" not in service:
        wanted = f'{{"Effect": "Allow", "Action": "{name[:80]}", "Resource": "ARN"}}'
        return f"{name[:80]!r} is an action and does not say on what: write {wanted}"
    return f"{name[:150]!r} is no file that ends in {', '.join(FILES)}{_near(name, short_forms())}"


def _near(name: str, known: Collection[str]) -> str:
    lowered = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=_CUTOFF)
    return f"; did you mean {lowered[found[0]]}?" if found else ""


def _got(value: Any) -> str:
    if isinstance(value, str):
        return repr(value[:80])
    return "nothing" if value is None else f"{value!r:.80}"
