"""JUnit's XML, as Jenkins' schema has it (junit-10.xsd of its xUnit plugin). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from zappa_iam_ext.render.formats.model import Failed, Item, Outcome, Summary, Told
from zappa_iam_ext.render.text import line, plain

_CASE = "verdict"


def junit_text(told: Told) -> str:
    """Return a suite per stage or source; a case per group of items: failed if one did, skipped if one is undecided."""
    names = [summary.suite for summary in told.summaries] + [item.suite for item in told.items]
    names += [failed.suite for failed in told.failed]
    root = ET.Element("testsuites", name=told.tool)
    for name in dict.fromkeys(names) or (told.tool,):
        root.append(_suite(told, name))
    totals = {key: sum(int(suite.get(key, "0")) for suite in root) for key in ("tests", "failures", "errors")}
    for key, value in totals.items():
        root.set(key, str(value))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _suite(told: Told, name: str) -> ET.Element:
    cases: dict[str, list[Item]] = {}
    for item in told.items:
        if item.suite == name:
            cases.setdefault(item.case or item.name, []).append(item)
    suite = ET.Element("testsuite", name=_attribute(name))
    for failed in told.failed:
        if failed.suite == name:
            suite.append(_failed(failed))
    for summary in told.summaries:
        if summary.suite == name and not cases:
            suite.append(_summary(summary))
    for case, items in cases.items():
        suite.append(_case(name, case, items))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(suite)))
    notes = [note for summary in told.summaries if summary.suite == name for note in _notes(summary)]
    if notes:
        ET.SubElement(suite, "system-out").text = plain("\n".join(notes))
    return suite


def _notes(summary: Summary) -> list[str]:
    return [each for each in (summary.text, *summary.notes, summary.advice) if each]


def _case(suite: str, name: str, items: Sequence[Item]) -> ET.Element:
    case = ET.Element("testcase", classname=_attribute(suite), name=_attribute(name), time="0")
    for outcome, tag in ((Outcome.FAILED, "failure"), (Outcome.UNDECIDED, "skipped")):
        found = [item for item in items if item.outcome is outcome]
        if found:
            first = found[0]
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            told = ET.SubElement(
                case, tag, type=first.rule.id, message=_attribute(f"{first.name}: {first.message}{more}")
            )
            told.text = plain("\n".join(_line(item) for item in found))
            break
    return case


def _line(item: Item) -> str:
    where = f" on {line(item.where)}" if item.where else ""
    hint = f" {line(item.hint)}" if item.hint else ""
    return f"{line(item.name)}{where}: {line(item.message)}{hint}"


def _summary(summary: Summary) -> ET.Element:
    case = ET.Element("testcase", classname=_attribute(summary.suite), name=_CASE, time="0")
    if not summary.passed:
        ET.SubElement(case, "failure", type=_CASE, message=_attribute(summary.text)).text = plain(
            summary.advice
        )
    return case


def _failed(failed: Failed) -> ET.Element:
    case = ET.Element("testcase", classname=_attribute(failed.suite), name=_CASE, time="0")
    ET.SubElement(case, "error", type="could-not-run", message=_attribute(failed.message)).text = plain(
        failed.hint
    )
    return case


def _attribute(text: str) -> str:
    return line(text) or "-"
