"""Entries of larger blocks on a plane: PCA at once, UMAP as a job."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.board import board, job_key
from pages._ui.desk import Desk
from pages._ui.errors import raise_bug
from pages._ui.one_layer import blocks_of
from pages._ui.show_chart import show_chart
from pages._ui.views import view
from wc_core.progress import Progress
from wc_core.words import _

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wc_core.codebook import CodebookWeight

SAMPLE = 1500  # blocks drawn around the entries


def centroid_map(
    desk: Desk,
    coded: "CodebookWeight",
    original: "NDArray[np.floating]",
    name: str,
    pick: Callable[[str], None],
) -> None:
    """Draw entries and a sample of the blocks they stand for on a plane."""
    from wc_core import charts

    method, seed = _method()
    points, owners = _cloud(coded, original)
    place = _pca if method == "pca" else _umap
    placed = place(desk, points, name, seed)
    if placed is None:
        return
    k = coded.entries
    figure = charts.centroid_embedding(
        placed[:k],
        coded.counts,
        sample=placed[k:],
        sample_labels=owners,
        method=method,
        layer=name,
    )
    show_chart(figure, on_pick=pick)


def _method() -> tuple[str, int]:
    """Ask how to lay out the plane."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    method = left.segmented_control(
        _("Layout"),
        ["pca", "umap"],
        key="centroids.method",
        default="pca",
        required=True,
        format_func=str.upper,
        help=_("PCA is a straight projection. UMAP keeps neighbours together, and takes a while."),
    )
    if method != "umap":
        return "pca", 0
    seed = right.number_input(_("Seed"), 0, 2**31 - 1, step=1, key=view("centroids.seed", 0))
    st.caption(
        _(
            "UMAP keeps neighbours near each other. Distances between far groups mean little, and "
            "so do the sizes of groups; another seed gives another picture. Seed: {seed}."
        ).format(seed=seed)
    )
    return "umap", int(seed)


def _cloud(coded: "CodebookWeight", original: "NDArray[np.floating]") -> tuple[Any, Any]:
    """Return entries and sampled blocks stacked, and the entry of each sampled block."""
    import numpy as np

    live = np.arange(len(coded.indices)) if coded.live is None else np.flatnonzero(coded.live)
    rows = live[:: max(1, -(-len(live) // SAMPLE))]
    blocks = blocks_of(coded, original)[rows]
    owners = coded.indices[rows]
    # A lane that is masked or pruned has no value of its own: it is drawn where its entry is.
    sample = np.where(np.isnan(blocks), coded.codebook[owners], blocks)
    return np.vstack([coded.codebook, sample]), owners


def _pca(_desk: Desk, points: "NDArray", _name: str, _seed: int) -> "NDArray":
    from wc_core.embedding import embed

    return embed(points, "pca")


def _umap(desk: Desk, points: "NDArray", name: str, seed: int) -> "NDArray | None":
    """Return the layout if it is computed, else offer to compute it."""
    key = job_key("umap", desk.run_key, name, str(seed))
    job = board().find(key)
    if job is not None and job.error is not None:
        raise_bug(job.error)
    if job is not None and job.result is not None:
        return job.result  # type: ignore[no-any-return]
    if job is not None and job.is_active:
        st.caption(_("UMAP is being computed: see above."))
        return None
    if st.button(_("Compute UMAP"), key="centroids.umap", icon=":material/play_arrow:"):
        label = _("UMAP of {layer}").format(layer=name)
        board().submit(key, lambda: _umap_steps(points, seed), label)
        st.rerun()
    return None


def _umap_steps(points: "NDArray", seed: int) -> Iterator[Progress]:
    from wc_core.embedding import embed

    yield Progress(0, 1, _("laying out {n} points").format(n=len(points)))
    yield Progress(1, 1, result=embed(points, "umap", seed))
