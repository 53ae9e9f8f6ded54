"""Take the pictures of the README from a served demo district: `python docs/img/take.py [http://127.0.0.1:8501]`.

Needs Chromium, and Playwright (requirements-dev.txt). AREAS are those of `make demo`.
"""

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
MAP = "day=2026-10-20&step=month&on=hotspots.80,cases.60"
"""What the picture of the map shows, of a demo district that has this day."""
AREAS = {"district": 990101000000, "town": 990101100000, "village": 990101100201}
LEADER = {"zh": "主要领导", "en": "Leader"}
SIZE, SHOWN, COLOURS = {"width": 1400, "height": 1000}, 1000, 256
SETTLE_MS, PATIENCE_MS = 3000, 60_000


def take(page: Page, url: str, lang: str) -> None:
    """One picture of each level and of the map, as a PNG of few colours."""
    page.goto(f"{url}/?lang={lang}")
    page.locator("button", has_text=LEADER[lang]).first.click()
    addresses = {name: f"/?lang={lang}&area={area}" for name, area in AREAS.items()}
    for name, address in (addresses | {"map": f"/map?lang={lang}&{MAP}"}).items():
        page.goto(f"{url}{address}")
        page.wait_for_selector("html[data-drawn=whole]", state="attached", timeout=PATIENCE_MS)
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=PATIENCE_MS)
        page.wait_for_load_state("networkidle", timeout=PATIENCE_MS)  # the layers of the map come last
        page.wait_for_timeout(SETTLE_MS)
        picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
        picture = picture.resize((SHOWN, SHOWN * picture.height // picture.width), Image.Resampling.LANCZOS)
        few = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)  # green stays green
        few.save(HERE / f"{name}.{lang}.png", optimize=True)


if __name__ == "__main__":
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8501"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for lang in LEADER:
            take(browser.new_page(viewport=SIZE), url, lang)
        browser.close()
