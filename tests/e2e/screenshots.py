"""Take pictures of the pages: `python -m tests.e2e.screenshots FOLDER [PAGE ...]`.

Without names every page is taken light and dark, 1280 and 390 pixels wide, once as the
window shows it and once whole. With names (README's pictures) only these are taken, light,
at 1280 pixels. PNG with at most 256 colours, so that they stay small enough to be committed.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.e2e.browser import AppPage, find_chromium, open_browser, open_page
from tests.e2e.server import run_server
from tests.e2e.site import SITE, Place

WIDTHS = {1280: 900, 390: 844}


def main(folder: Path, names: list[str]) -> int:
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
        if names:
            with open_page(browser, server.url) as app:
                for page in (p for p in SITE if p.name in names):
                    _open(app, page)
                    _take(app, folder / f"{page.name}.png")
            return 0
        for width, height in WIDTHS.items():
            for dark in (False, True):
                with open_page(browser, server.url, dark=dark, width=width, height=height) as app:
                    _tour(app, folder, f"{width}-{'dark' if dark else 'light'}")
    return 0


def _tour(app: AppPage, folder: Path, suffix: str) -> None:
    window = app.page.viewport_size
    for page in SITE:
        if window is not None:
            app.page.set_viewport_size(window)
        _open(app, page)
        _take(app, folder / f"{page.name}-{suffix}.png")
        _stretch(app)
        _take(app, folder / f"{page.name}-{suffix}-whole.png")


def _open(app: AppPage, page: Place) -> None:
    app.goto(page.path)
    app.wait_for_work()
    app.page.wait_for_timeout(1500)  # charts draw after the script has ended


def _take(app: AppPage, path: Path) -> None:
    app.page.screenshot(path=path)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    print(path, path.stat().st_size)


def _stretch(app: AppPage) -> None:
    """Stretch the window over all that the page's own scroll area holds."""
    size = app.page.viewport_size or {"width": 1280, "height": 900}
    height = app.page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    app.page.set_viewport_size({"width": size["width"], "height": min(int(height) + 20, 6000)})
    app.page.wait_for_timeout(1000)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
