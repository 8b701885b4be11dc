"""Pictures of pages of a running demo: Chinese and English, light and dark, desk and phone.

    make run &
    make shots ARGS="http://127.0.0.1:8000 /tmp/shots boss / /sales/orders/"

Exit status 1 if a page answered with an error, a script failed, or a page is wider than its window.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
VIEWS = (
    ("zh-light", "zh-hans", "light", 1360, 850),
    ("en-light", "en", "light", 1360, 850),
    ("zh-dark", "zh-hans", "dark", 1360, 850),
    ("zh-phone", "zh-hans", "light", 360, 740),
)


def choose(page: Page, base: str, kind: str, value: str) -> None:
    """Press a button of the user's menu, whether the menu is open or not."""
    page.goto(base)
    with page.expect_navigation():
        page.locator(f"button[name={kind}][value={value}]").evaluate("button => button.click()")


def look(browser: Browser, options: argparse.Namespace) -> list[str]:
    """Take all pictures; give back what was wrong."""
    wrong: list[str] = []
    page = browser.new_context(locale="zh-CN").new_page()
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.goto(f"{options.base}/accounts/login/")
    page.click(f"[data-login={options.user}]")
    page.wait_for_selector("#menu", state="attached")
    for name, language, theme, width, height in VIEWS:
        page.set_viewport_size({"width": width, "height": height})
        choose(page, options.base, "language", language)
        choose(page, options.base, "theme", theme)
        for path in options.paths:
            answer = page.goto(options.base + path, wait_until="networkidle")
            if answer is None or not answer.ok:
                wrong.append(f"{path}: status {answer.status if answer else 'none'}")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{path}: wider than the window ({name})")
            page.screenshot(path=options.out / f"{path.strip('/').replace('/', '-') or 'worktop'}-{name}.png")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("out", type=Path)
    parser.add_argument("user")
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        print("No Chromium found; name it: CHROMIUM=/path/to/chromium", file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        wrong = look(browser, options)
        browser.close()
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
