"""What a reader sees of typical reports, kept in ``tests/cases/reports``: ``python -m tests.generate.reports`` writes it."""

from __future__ import annotations

from pathlib import Path

from tests.support.reports import REPORTS, lacks_everything, two_stages
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.render.report import report_text, reports_text
from zappa_iam_ext.render.style import Style

FOLDER = Path(__file__).parents[1] / "cases" / "reports"
TERMINAL = Style(80, unicode=True)
GIVEN = CommandLines(
    "dev", "settings/prod.json", "jane", "eu-west-1", commands=("deploy", "undeploy --remove-logs")
)


def texts() -> dict[str, str]:
    """Return the text of each snapshot by the name of its file."""
    found = {name: report_text(make(), style=TERMINAL) for name, make in REPORTS.items()}
    found["lacks everything, in a log"] = report_text(lacks_everything())
    found["lacks everything, 40 columns"] = report_text(lacks_everything(), style=Style(40, unicode=True))
    found["lacks everything, all options given"] = report_text(lacks_everything(), GIVEN, TERMINAL)
    several = two_stages()
    lines = [CommandLines(report.stage) for report in several]
    found["two stages"] = reports_text(several, lines, TERMINAL)
    return {f"{name.replace(' ', '-').replace(',', '')}.txt": text for name, text in found.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for name, text in texts().items():
        (FOLDER / name).write_text(text + "\n", encoding="utf-8")
