"""What a reader sees of typical reports, kept in ``tests/cases/reports``: ``python -m tests.generate.reports`` writes it."""

from __future__ import annotations

from pathlib import Path

from tests.generate.picture import PICTURE, picture
from tests.support.rehearsals import a_policy, another_zappa, carried, denied, not_everything
from tests.support.reports import REPORTS, lacks_everything, made, many_stages, two_stages
from tests.support.role_reports import ROLE_REPORTS, role_differs
from tests.support.stages import stage
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.rehearsal.summary import rehearsal_text
from zappa_iam_ext.render.difference import difference_text
from zappa_iam_ext.render.layout.style import Style
from zappa_iam_ext.render.report import report_text, reports_text
from zappa_iam_ext.render.report.failed import NotChecked
from zappa_iam_ext.render.role.check import checks_text
from zappa_iam_ext.render.role.difference import difference_text as role_difference_text

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
    together = (lacks_everything(), made(of=stage(name="prod", zappa="0.63.0"), commands=("deploy",)))
    lines = [CommandLines(report.stage) for report in together]
    found["two stages, lacking much"] = reports_text(together, lines, TERMINAL)
    unchecked = NotChecked("test", "there is no profile test", "aws configure --profile test")
    found["a stage that cannot be checked"] = reports_text(
        several[1:], [CommandLines("prod")], TERMINAL, failed=[unchecked]
    )
    found["many stages"] = reports_text(
        many_stages(), [CommandLines(item.stage) for item in many_stages()], TERMINAL
    )
    for name, make in (("carried", carried), ("denied", denied), ("not everything", not_everything)):
        found[f"rehearsal {name}"] = rehearsal_text(make(), style=TERMINAL)
    for name, compared in (("another Zappa", another_zappa()), ("a policy", a_policy())):
        found[f"diff with {name}"] = difference_text(compared, TERMINAL)
    for name, make in ROLE_REPORTS.items():
        found[f"check, {name}"] = report_text(make(), style=TERMINAL)
        found[f"role check, {name}"] = checks_text([make()], [CommandLines("dev")], TERMINAL)
    found["role diff"] = role_difference_text(role_differs(), CommandLines("dev"), TERMINAL)
    return {f"{name.replace(' ', '-').replace(',', '')}.txt": text for name, text in found.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for name, text in texts().items():
        (FOLDER / name).write_text(text + "\n", encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
