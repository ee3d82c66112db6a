"""Small pictures of a data set, each with its words."""

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from wc_core.data import Dataset

SIDE = 84  # pixels on the page


def pictures(
    dataset: "Dataset",
    rows: Sequence[int],
    captions: Sequence[str],
    alts: Sequence[str],
    *,
    key: str,
) -> None:
    """Show images of a data set in a row that wraps.

    Parameters
    ----------
    dataset : Dataset
    rows : sequence of int
        Positions in the data set.
    captions, alts : sequence of str
        One for each image.
    key : str
        Key of the container, after `pixels_`.
    """
    with st.container(horizontal=True, key=f"pixels_{key}", gap="small"):
        for row, caption, alt in zip(rows, captions, alts, strict=True):
            with st.container(width=SIDE + 16, gap="xxsmall"):
                st.image(_inline(dataset.thumbnail(row)), width=SIDE, alt=alt)
                st.caption(caption)


def _inline(pixels: Any) -> str:
    """Return an image as an address that holds it.

    A file on the server would be gone if another person's tab closed while this page reruns.
    """
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((2 * SIDE, 2 * SIDE))
    content = io.BytesIO()
    image.save(content, "PNG")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
