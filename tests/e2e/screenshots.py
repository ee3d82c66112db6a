"""Take a picture of every page: `python -m tests.e2e.screenshots FOLDER`.

Light and dark, 1280 and 390 pixels wide, whole pages, as PNG with at most 256
colours so that they stay small enough to be committed.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.e2e.browser import AppPage, find_chromium, open_browser, open_page
from tests.e2e.server import run_server
from tests.e2e.site import SITE

WIDTHS = {1280: 900, 390: 844}


def main(folder: Path) -> int:
    """Write the pictures into a folder."""
    executable = find_chromium()
    if executable is None:
        print("No Chromium on this machine.")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        run_server(Path(place)) as server,
        open_browser(executable) as browser,
    ):
        for width, height in WIDTHS.items():
            for dark in (False, True):
                with open_page(browser, server.url, dark=dark, width=width, height=height) as app:
                    _tour(app, folder, f"{width}-{'dark' if dark else 'light'}")
    return 0


def _tour(app: AppPage, folder: Path, suffix: str) -> None:
    for place in SITE:
        app.goto(place.path)
        app.wait_for_work()
        app.page.wait_for_timeout(1500)  # charts draw after the script has ended
        path = folder / f"{place.name}-{suffix}.png"
        app.page.screenshot(path=path, full_page=False)
        tall = folder / f"{place.name}-{suffix}-whole.png"
        _whole_page(app, tall)
        for picture in (path, tall):
            _shrink(picture)
            print(picture, picture.stat().st_size)


def _whole_page(app: AppPage, path: Path) -> None:
    """Stretch the window over all that the page's own scroll area holds."""
    size = app.page.viewport_size or {"width": 1280, "height": 900}
    height = app.page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    app.page.set_viewport_size({"width": size["width"], "height": min(int(height) + 20, 6000)})
    app.page.wait_for_timeout(1000)
    app.page.screenshot(path=path)
    app.page.set_viewport_size(size)


def _shrink(path: Path) -> None:
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "test-results/screenshots")))
