"""Chromium without a screen, for the tests that look at pages.

They run where Chromium and its driver are installed (Debian: `chromium chromium-driver`).
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

needs_browser = pytest.mark.skipif(
    BROWSER is None or DRIVER is None, reason="chromium and chromedriver are not installed"
)

#: without these the browser looks for hosts of its maker
QUIET = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
]


class Browser:
    """Chromium without a screen."""

    def __init__(self, folder: Path) -> None:
        options = Options()
        for switch in (*QUIET, f"--user-data-dir={folder / 'profile'}"):
            options.add_argument(switch)
        options.binary_location = str(BROWSER)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self._folder = folder
        self._chrome = Chrome(options=options, service=Service(str(DRIVER)))

    def open(self, html: str, *, width: int = 1100, scheme: str = "light", media: str = "screen") -> None:
        """Open a page from a file, and fail where it says something or asks for anything."""
        page = self._folder / "page.html"
        page.write_text(html, "utf-8")
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._command("Emulation.setEmulatedMedia", media=media, features=features)
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self._command("Emulation.setDeviceMetricsOverride", **size)
        self._log("performance")
        self._chrome.get(page.as_uri())
        console = self._log("browser")
        assert console == [], console
        requests = self._requests() - {"data:,"}
        assert requests == {page.as_uri()}, requests

    def run(self, script: str) -> Any:
        """Run a script in the page and return what it returns."""
        return self._chrome.execute_script(script)

    def offences(self) -> list[str]:
        """Return what an accessibility checker finds, each with the first place."""
        checker = (files("axe_core_python") / "axe.min.js").read_text("utf-8")
        self.run(checker)
        found = self._chrome.execute_async_script(
            "const done = arguments[0]; axe.run().then(result => done(result.violations))"
        )
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]

    def print(self) -> bytes:
        """Return the page as a PDF on A4."""
        paper = {"paperWidth": 8.27, "paperHeight": 11.69}
        return base64.b64decode(self._chrome.execute_cdp_cmd("Page.printToPDF", paper)["data"])

    def close(self) -> None:
        self._chrome.quit()

    def _command(self, name: str, **parameters: Any) -> None:
        self._chrome.execute_cdp_cmd(name, parameters)

    def _log(self, kind: str) -> list[dict[str, Any]]:
        return list(self._chrome.get_log(kind))  # type: ignore[no-untyped-call]

    def _requests(self) -> set[str]:
        messages = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return {
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        }


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()
