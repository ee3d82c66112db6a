"""The committed settings of the app."""

import tomllib
from pathlib import Path

import pytest

CONFIG = tomllib.loads(
    (Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text(encoding="utf-8")
)
PAGE = {"light": "#ffffff", "dark": "#171614"}


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_scales_have_exactly_ten_colours(mode):
    """Streamlit drops a sequential or diverging scale of any other length without a word."""
    theme = CONFIG["theme"][mode]
    for name in ("chartCategoricalColors", "chartSequentialColors", "chartDivergingColors"):
        assert len(set(theme[name])) == 10


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_strong_colour_means_a_large_number_on_both_pages(mode):
    """Contrast with the page grows along the sequential scale and from the middle outwards."""
    theme = CONFIG["theme"][mode]
    steps = [contrast(colour, PAGE[mode]) for colour in theme["chartSequentialColors"]]
    assert steps == sorted(steps)
    sides = [contrast(colour, PAGE[mode]) for colour in theme["chartDivergingColors"]]
    assert sides[:5] == sorted(sides[:5], reverse=True)
    assert sides[5:] == sorted(sides[5:])


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_first_colours_stand_out_from_the_page(mode):
    """Lines and marks of the first three series reach 3:1, links and buttons 4.5:1."""
    theme = CONFIG["theme"][mode]
    assert all(contrast(c, PAGE[mode]) >= 3 for c in theme["chartCategoricalColors"][:3])
    assert contrast(theme["linkColor"], PAGE[mode]) >= 4.5
    assert contrast(theme["primaryColor"], "#ffffff") >= 4.5


def test_a_fresh_server_is_private_and_shows_no_traceback():
    """Only this machine is served, nothing is reported home, people see no internals."""
    assert CONFIG["server"]["address"] == "localhost"
    assert CONFIG["server"]["enableXsrfProtection"] is True
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"] == {"toolbarMode": "viewer", "showErrorDetails": "none"}
