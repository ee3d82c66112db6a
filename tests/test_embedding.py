"""Layouts of points: repeatable, finite, and honest about flat data."""

import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from wc_core import DataError, UnknownNameError
from wc_core.embedding import embed, embed_steps, principal_plane
from wc_core.progress import last_result


def cloud(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)) * np.arange(1, d + 1)


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(3, 30), st.integers(2, 8), st.integers(0, 99))
def test_pca_is_that_of_scikit_learn_up_to_signs(n, d, seed):
    """The two directions of greatest variance."""
    points = cloud(n, d, seed)
    theirs = PCA(2, svd_solver="full").fit_transform(points)
    np.testing.assert_allclose(np.abs(embed(points)), np.abs(theirs), atol=1e-8)


@settings(deadline=None)
@given(st.integers(0, 99))
def test_signs_do_not_depend_on_the_order_of_points(seed):
    """The layout of a shuffled table is the shuffled layout, not its mirror image."""
    points = cloud(12, 4, seed)
    order = np.random.default_rng(seed + 1).permutation(12)
    np.testing.assert_allclose(embed(points[order]), embed(points)[order], atol=1e-9)


@pytest.mark.parametrize("method", ["pca", "umap"])
@pytest.mark.parametrize(
    ("points", "first"),
    [
        (np.zeros((0, 3)), []),
        (np.zeros((3, 0)), [0, 0, 0]),
        (np.array([[4.0, 5.0]]), [0]),
        (np.array([[1.0, 2.0], [4.0, 6.0]]), [-2.5, 2.5]),
        (np.array([[1.0], [2.0], [3.0], [6.0]]), [-2, -1, 0, 3]),
        (np.full((5, 3), 0.1), [0, 0, 0, 0, 0]),
        (np.outer([0.1, 0.2, 0.3, 0.4], [3.0, 4.0]), [-0.75, -0.25, 0.25, 0.75]),
    ],
    ids=["none", "no lanes", "one", "two", "scalars", "all equal", "on a line"],
)
def test_what_has_no_second_dimension_lies_on_a_line(method, points, first):
    """Few points, scalars and collinear points keep their distances; the second axis is 0."""
    layout = embed(points, method)
    assert layout.shape == (len(points), 2)
    np.testing.assert_allclose(layout[:, 0], first, atol=1e-12)
    assert not layout[:, 1].any()


def test_masked_lanes_are_taken_as_the_mean_of_their_lane():
    """A NaN pulls its point nowhere; a lane that is masked everywhere says nothing."""
    points = cloud(9, 3)
    masked = points.copy()
    masked[4, 2] = np.nan
    filled = masked.copy()
    filled[4, 2] = np.delete(points[:, 2], 4).mean()
    np.testing.assert_allclose(embed(masked), embed(filled))
    unseen = np.column_stack([points, np.full(9, np.nan)])
    np.testing.assert_allclose(embed(unseen), embed(points), atol=1e-9)


def test_what_cannot_be_laid_out_is_refused():
    """Unknown methods name the known ones; infinity and lists are no points."""
    with pytest.raises(UnknownNameError, match=r"tsne.*pca, umap"):
        embed(np.zeros((4, 2)), "tsne")
    with pytest.raises(DataError, match="finite"):
        embed(np.array([[1.0, np.inf]]))
    with pytest.raises(DataError, match=r"shape \(4,\)"):
        embed(np.zeros(4))


def test_as_work_the_layout_is_the_last_result():
    """A job gets the same layout, and a record before the work starts."""
    points = cloud(6, 3)
    records = list(embed_steps(points, "pca"))
    assert [r.fraction for r in records] == [0, 1]
    assert records[0].result is None
    np.testing.assert_array_equal(last_result(iter(records)), embed(points))


@pytest.fixture
def umap_options(monkeypatch):
    """Stand in for UMAP: note how it is made, and say what the real one says."""
    options = {}

    def fit_transform(points):
        text = "n_jobs value 1 overridden to 1 by setting random_state."
        warnings.warn(text, UserWarning, stacklevel=1)
        return np.ones((len(points), 2), np.float32)

    def make(**given):
        options.update(given)
        return SimpleNamespace(fit_transform=fit_transform)

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=make))
    return options


@pytest.mark.parametrize(("n", "neighbors"), [(4, 3), (15, 14), (16, 15), (200, 15)])
def test_umap_is_seeded_and_never_asked_for_more_neighbors_than_there_are(
    umap_options, n, neighbors
):
    """Its seed is the caller's; its remark about one core stays silent."""
    layout = embed(cloud(n, 3), "umap", seed=7)
    assert layout.dtype == np.float64
    assert (umap_options["n_neighbors"], umap_options["random_state"]) == (neighbors, 7)


@pytest.mark.slow
def test_umap_repeats_and_keeps_groups_together():
    """Two far groups stay two groups; the same seed gives the same layout, to the bit."""
    points = np.vstack([cloud(12, 3), cloud(12, 3, 1) + 500])
    layout = embed(points, "umap", seed=3)
    np.testing.assert_array_equal(layout, embed(points, "umap", seed=3))
    centres = np.repeat([layout[:12].mean(axis=0), layout[12:].mean(axis=0)], 12, axis=0)
    reach = np.linalg.norm(layout - centres, axis=1).max()
    assert np.linalg.norm(centres[0] - centres[-1]) > 2 * reach


def test_a_plane_places_its_own_points_as_pca_does():
    """One map, whether points are laid out at once or placed afterwards."""
    points = cloud(40, 5)
    np.testing.assert_allclose(principal_plane(points).place(points), embed(points), atol=1e-9)


def test_a_plane_places_other_points_on_the_same_axes():
    """Codebooks of several algorithms can be compared: the map does not depend on them."""
    plane = principal_plane(cloud(40, 5))
    entries = cloud(7, 5, seed=1)
    np.testing.assert_allclose(plane.place(entries)[:3], plane.place(entries[:3]))
    assert 0 < plane.share < 1


def test_a_plane_of_flat_points_has_no_second_direction():
    """Rounding errors are not drawn as a shape, and a masked lane lies at the centre."""
    plane = principal_plane(np.array([[1.0, 2.0], [2.0, 4.0], [np.nan, 3.0]]))
    assert np.isfinite(plane.place(np.array([[np.nan, 3.0]]))).all()
    line = principal_plane(np.arange(6.0).reshape(3, 2))
    assert not line.axes[1].any()
    assert line.share == pytest.approx(1.0)
    assert principal_plane(np.zeros((0, 3))).place(np.ones((2, 3))).shape == (2, 2)
