"""Chromium without a window: what a page looks like there, and what it complains about."""

from __future__ import annotations

import json
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MEASURE = """
addEventListener("load", () => {
  const frames = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument;
    const box = one => { const {width, height} = one.getBoundingClientRect(); return {width, height}; };
    const shown = selector => [...page.querySelectorAll(selector)].filter(one => !one.closest("details:not([open])"));
    return {
      width: page.documentElement.clientWidth, needed: page.documentElement.scrollWidth,
      figures: shown("figure > svg, .spark, img").map(box),
      texts: shown("figure svg text").filter(one => one.textContent.trim()).map(box),
      sections: shown("section").map(one => one.id),
    };
  });
  document.querySelector("pre").textContent = JSON.stringify(frames);
});
"""


def opened(page: Path, folder: Path) -> tuple[str, list[str]]:
    """A page as the browser has it once it is loaded, and what it wrote to its console; skips without a browser."""
    browser = next(filter(None, map(shutil.which, _NAMES)), None)
    if browser is None:
        pytest.skip(f"no browser to open the page in: none of {', '.join(_NAMES)} is installed")
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    options += ["--hide-scrollbars", "--enable-logging=stderr", "--v=0"]
    place = [f"--user-data-dir={folder / 'profile'}", "--window-size=1400,1000", "--dump-dom", page.as_uri()]
    found = subprocess.run([browser, *options, *place], capture_output=True, text=True, timeout=120, check=True)
    return found.stdout, [line for line in found.stderr.splitlines() if "CONSOLE" in line]


def measured(page: Path, folder: Path, widths: list[int]) -> list[dict[str, Any]]:
    """The sizes in pixels of what is on a page, in windows of some widths."""
    text = escape(page.read_text())
    size = "height: 800px; border: 0"
    frames = "".join(f'<iframe srcdoc="{text}" style="width: {width}px; {size}"></iframe>' for width in widths)
    wrapper = folder / "frames.html"
    wrapper.write_text(f"<!DOCTYPE html><meta charset=utf-8><script>{_MEASURE}</script><pre></pre>{frames}")
    document, complaints = opened(wrapper, folder)
    assert complaints == []
    return json.loads(unescape(document.partition("<pre>")[2].partition("</pre>")[0]))
