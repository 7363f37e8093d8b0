"""Pictures of the page in a real browser, for the docs: ``python -m tests.generate.pictures`` writes ``docs/images``."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.browser import Browser, started
from tests.support.pages import of_check
from tests.support.reports import one_missing
from zappa_iam_ext.render.html import html_text

FOLDER = Path(__file__).parents[2] / "docs" / "images"
#: The name, the width and height of the window, and whether it is dark.
PICTURES = {
    "report-light": (1280, 960, False),
    "report-dark": (1280, 960, True),
    "report-narrow": (400, 860, False),
}
MOST_BYTES = 200_000


def pictures(browser: Browser) -> dict[str, bytes]:
    """Return each picture as a PNG, by its name."""
    found = {}
    for name, (width, height, dark) in PICTURES.items():
        browser.show(html_text(of_check(one_missing())), width=width, height=height, dark=dark)
        found[name] = browser.picture()
    return found


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, started(Path(folder)) as browser:
        for name, picture in pictures(browser).items():
            (FOLDER / f"{name}.png").write_bytes(picture)
