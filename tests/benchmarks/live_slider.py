"""How long the chart takes to follow the slider of k, on a layer of 1,000 x 1,000 weights."""

import tempfile
from itertools import chain, repeat
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from tests.benchmarks.race import Entrant, milliseconds, race
from tests.e2e.browser import find_chromium, open_browser, open_page
from tests.e2e.live import move, open_live, write_square_layer
from tests.e2e.server import run_server
from wc_core import LayerPlan, Recipe, list_layers, load_model

SIDE = 1000
MOVES = 40


def table() -> str:
    """Return the times of 40 moves in the browser, and what of them the engine takes."""
    executable = find_chromium()
    if executable is None:
        return "No Chromium on this machine: not measured."
    with tempfile.TemporaryDirectory() as folder:
        model = write_square_layer(Path(folder) / "square.safetensors", SIDE)
        with run_server(Path(folder)) as server, open_browser(executable) as browser:
            times = sorted(seconds_of_moves(browser, server.url, model))
        engine = _engine(model)
    rows = [
        "| | median, ms | slowest, ms |",
        "|---|---|---|",
        f"| from a key on the slider to the redrawn chart, {len(times)} moves "
        f"| {milliseconds(median(times))} | {milliseconds(times[-1])} |",
    ]
    rows += [f"| {name} | {milliseconds(m)} | {milliseconds(worst)} |" for name, m, worst in engine]
    return "\n".join(rows)


def seconds_of_moves(browser: Browser, url: str, model: Path) -> list[float]:
    """Move the slider up from 16 and down from 256, one k at a time."""
    with open_page(browser, url) as app:
        slider = open_live(app, model)
        move(app, slider, "ArrowLeft")  # whatever is loaded on first use is loaded
        up, down = repeat("ArrowRight", MOVES // 2), repeat("ArrowLeft", MOVES // 2)
        times = [move(app, slider, key) for key in chain(up, ["End"], down)]
    del times[MOVES // 2]  # the jump to the end is not one of the moves
    return [ms / 1000 for ms in times]


def _engine(path: Path) -> list[tuple[str, float, float]]:
    """Return the engine's own times: a layer prepared, and looked at with some k."""
    from wc_core.search import LiveLayer

    model = load_model(path)
    (info,) = list_layers(model.infos, Recipe())
    live = LiveLayer(info, model.tensors[info.name], LayerPlan())
    entrants = [
        Entrant(
            "layer prepared, once", lambda: LiveLayer(info, model.tensors[info.name], LayerPlan())
        )
    ]
    entrants += [Entrant(f"k = {k} solved", lambda k=k: live.preview(k)) for k in (4, 16, 64, 256)]
    found = race(entrants)
    return [(f"of which: {name}", f.median, max(f.seconds)) for name, f in found.items()]
