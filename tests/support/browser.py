"""A real browser without a window: Chromium, driven by selenium; skipped by name where there is none, never in CI."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRIVERS = ("chromedriver", "chromium.chromedriver")
AXE = Path(__file__).parents[1] / "judges" / "node_modules" / "axe-core" / "axe.min.js"
#: It asks nobody: these keep it from looking for updates and from its own services.
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
)


class BrowserUnavailable(Exception):
    """There is no browser, or nothing that drives it, or no accessibility checker."""


class Browser:
    """One page at a time, in a size and a colour scheme; keeps what the console said."""

    def __init__(self, driver: webdriver.Chrome, folder: Path) -> None:
        self.driver = driver
        self._folder = folder

    def show(self, text: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Open a page from a file, as a reader does."""
        path = self._folder / "report.html"
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        self.visit(path.as_uri(), width=width, height=height, dark=dark)

    def visit(self, address: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Open an address."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.command("Emulation.setEmulatedMedia", features=[scheme, still])
        self.driver.get(address)

    def command(self, name: str, **parameters: Any) -> Any:
        """Send a command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a script says in the page."""
        return self.driver.execute_script(script, *arguments)

    def console(self) -> list[str]:
        """Return what the console said since it was asked last: errors, and what the policy of the page forbade."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return every address that was asked for since it was asked last, but the page itself."""
        logged = [entry["message"] for entry in self.driver.get_log("performance")]
        return [each for each in logged if "Network.requestWillBeSent" in each and "report.html" not in each]

    def picture(self) -> bytes:
        """Return what the window shows, as a PNG."""
        return self.driver.get_screenshot_as_png()

    def printed(self) -> bytes:
        """Return the page as it is printed, as a PDF."""
        told = self.command("Page.printToPDF", preferCSSPageSize=True)
        return base64.b64decode(told["data"])

    def violations(self) -> dict[str, Any]:
        """Return what axe-core finds wrong for people who use no mouse, no colours, or no eyes."""
        self.run(AXE.read_text(encoding="utf-8"))
        # It would read style sheets of files once more, which no browser lets it.
        found = self.driver.execute_async_script("axe.run({preload: false}).then(arguments[0])")
        return {
            each["id"]: [each["help"], [node["html"][:200] for node in each["nodes"][:3]]]
            for each in found["violations"]
        }


def _first(names: tuple[str, ...]) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    raise BrowserUnavailable(f"none of {', '.join(names)} is installed (`make browser` in CI)")


@contextmanager
def started(folder: Path) -> Iterator[Browser]:
    """Start a browser; raise `BrowserUnavailable`."""
    options = Options()
    options.binary_location = _first(BROWSERS)
    service = Service(_first(DRIVERS))
    if not AXE.exists():
        raise BrowserUnavailable("axe-core is missing: make judges")
    for switch in SWITCHES:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_page_load_timeout(60)
        driver.set_script_timeout(120)
        yield Browser(driver, folder)
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    try:
        with started(tmp_path_factory.mktemp("pages")) as found:
            yield found
    except BrowserUnavailable as reason:
        if os.environ.get("CI"):
            pytest.fail(f"in CI the browser must be there: {reason}")
        pytest.skip(str(reason))
