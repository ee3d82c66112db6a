"""What is special about the self-organising map: neighbours are alike, entries are no means."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from wc_core.clustering._fit import Iteration
from wc_core.clustering.kmeans import KMeans
from wc_core.clustering.som import SOM

BLOCKS = np.random.default_rng(0).normal(size=(1500, 4)).astype(np.float32)


def iterations(som, X) -> list[Iteration]:
    return [record.result for record in som.fit_steps(X) if record.result is not None]


def gaps(entries):
    return np.linalg.norm(entries[:, None] - entries, axis=2)


def means(X, labels, k):
    return np.array([X[labels == j].astype(np.float64).mean(axis=0) for j in range(k)])


def flat_groups(seed=0):
    """Sixteen groups on a plane that stands askew in four dimensions."""
    rng = np.random.default_rng(seed)
    plane = np.linalg.qr(rng.normal(size=(4, 2)))[0].T
    corners = np.stack(np.meshgrid(*[np.arange(4) * 10.0] * 2), -1).reshape(-1, 2) @ plane
    truth = np.repeat(np.arange(16), rng.integers(40, 90, 16))
    return (corners[truth] + rng.normal(size=(len(truth), 4))).astype(np.float32), truth


@pytest.mark.parametrize(("k", "sides"), [(16, (4, 4)), (12, (3, 4)), (32, (4, 8)), (2, (1, 2))])
def test_the_grid_is_as_square_as_the_number_allows(k, sides):
    """Edges join what stands side by side or one below the other, and nothing else."""
    rows, cols = sides
    edges = iterations(SOM(k), BLOCKS)[0].detail["edges"]
    steps = {(b // cols - a // cols, b % cols - a % cols) for a, b in edges.tolist()}
    assert steps <= {(0, 1), (1, 0)}
    assert len(edges) == rows * (cols - 1) + cols * (rows - 1)


def test_a_prime_number_gives_a_chain_and_says_so():
    """Seven entries make no grid."""
    som = SOM(7).fit(BLOCKS)
    assert any("7 is prime" in note for note in som.report_.notes)
    edges = iterations(SOM(7), BLOCKS)[0].detail["edges"]
    np.testing.assert_array_equal(edges, [[i, i + 1] for i in range(6)])
    assert not SOM(7, topology="chain").fit(BLOCKS).report_.notes


def test_blocks_on_one_line_get_a_chain_without_dead_entries():
    """A grid has no second direction to unfold in: its rows would stay on top of each other."""
    line = np.random.default_rng(0).normal(size=(500, 1)) * np.array([[1.0, 2, 0, -1]])
    som = SOM(16).fit(line)
    assert any("along one line" in note for note in som.report_.notes)
    assert len(np.unique(som.labels_)) == 16


@pytest.mark.parametrize("topology", ["grid", "chain"])
def test_neighbouring_indices_decode_to_similar_blocks(topology):
    """Neighbours are much nearer than pairs at random; k-means promises nothing of the kind."""
    som = SOM(64, topology=topology)
    edges = iterations(som, BLOCKS)[-1].detail["edges"]
    between = gaps(som.cluster_centers_)
    apart = between[np.triu_indices(64, 1)].mean()
    assert between[edges[:, 0], edges[:, 1]].mean() < 0.65 * apart
    assert np.diag(between, 1).mean() < 0.75 * apart
    unordered = gaps(KMeans(64, random_state=0).fit(BLOCKS).cluster_centers_)
    assert np.diag(unordered, 1).mean() > 0.85 * unordered[np.triu_indices(64, 1)].mean()


def test_the_map_unfolds():
    """It starts stiff and flat, then reaches into the cloud while its neighbourhood shrinks."""
    steps = iterations(SOM(36), BLOCKS)
    radii = [step.detail["radius"] for step in steps]
    assert radii == sorted(radii, reverse=True)
    spans = [gaps(step.centers).mean() for step in steps[1:]]
    assert spans[-1] > 1.2 * spans[0]
    assert steps[-1].inertia < 0.8 * steps[2].inertia


def test_it_starts_on_the_plane_of_the_greatest_variances():
    """The first entries have two directions only, those in which the blocks vary most."""
    X = (BLOCKS * np.array([1, 5, 3, 0.5])).astype(np.float32)
    start = iterations(SOM(16), X)[0].centers
    start = start - X.mean(axis=0)
    assert np.linalg.matrix_rank(start, tol=1e-4) == 2
    assert np.abs(start[:, [0, 3]]).max() < 0.2 * np.abs(start[:, [1, 2]]).max()


def test_entries_are_no_means_but_nearly_as_good():
    """Neighbours pull on every entry; the error is still within a tenth of that of k-means."""
    som = SOM(16).fit(BLOCKS)
    off = np.abs(som.cluster_centers_ - means(BLOCKS, som.labels_, 16))
    assert off.max(axis=1).min() > 1e-3
    assert som.inertia_ < 1.1 * KMeans(16, random_state=0).fit(BLOCKS).inertia_


def test_with_the_least_last_radius_entries_are_means():
    """Then an entry learns from its own blocks alone."""
    som = SOM(16, final_radius=0.1, n_steps=200).fit(BLOCKS)
    np.testing.assert_allclose(
        som.cluster_centers_, means(BLOCKS, som.labels_, 16), rtol=1e-3, atol=1e-3
    )


def test_polish_makes_entries_means():
    """What the map gave up for its order comes back."""
    stiff, polished = SOM(16).fit(BLOCKS), SOM(16, polish=50).fit(BLOCKS)
    assert polished.inertia_ < stiff.inertia_
    assert polished.report_.polish.inertia_before == pytest.approx(stiff.inertia_)


def test_groups_that_lie_flat_are_found():
    """Sixteen groups on a plane, each its own entry."""
    X, truth = flat_groups()
    assert adjusted_rand_score(truth, SOM(16).fit(X).labels_) >= 0.99


def test_whole_weights_equal_repetition():
    """A block of weight three is three blocks."""
    X = BLOCKS[:300]
    weight = np.random.default_rng(1).integers(1, 5, 300)
    weighted = SOM(12).fit(X, sample_weight=weight)
    repeated = SOM(12).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(
        weighted.cluster_centers_, repeated.cluster_centers_, rtol=1e-4, atol=1e-5
    )
    np.testing.assert_array_equal(np.repeat(weighted.labels_, weight), repeated.labels_)


def test_masked_lanes_pull_on_nothing():
    """Whatever is masked, an entry's lane stays within what was observed near it."""
    X = np.concatenate([BLOCKS, BLOCKS + np.float32(20)])
    X[::3, 0] = np.nan
    som = SOM(8).fit(X)
    observed = X[np.isfinite(X[:, 0]), 0]
    lane = som.cluster_centers_[:, 0]
    assert observed.min() <= lane.min()
    assert lane.max() <= observed.max()
    assert abs(lane.min()) < 3  # zeros in place of NaN would draw both groups to the middle
    assert lane.max() > 18


def test_nothing_is_drawn():
    """Every seed gives the same map."""
    one, other = SOM(16, random_state=0).fit(BLOCKS), SOM(16, random_state=7).fit(BLOCKS)
    np.testing.assert_array_equal(one.cluster_centers_, other.cluster_centers_)


def test_entries_without_blocks_cost_nothing():
    """Two far groups and many entries: some bridge the gap, and all stay finite."""
    X = np.concatenate([BLOCKS[:200], BLOCKS[200:400] + np.float32(1e4)])
    errors = [SOM(k).fit(X).inertia_ for k in (4, 16, 36, 64)]
    assert errors == sorted(errors, reverse=True)
    assert np.isfinite(SOM(64).fit(X).cluster_centers_).all()


def test_a_long_chain_is_pulled_as_one_that_fits_in_memory(monkeypatch):
    """The pull of all on all is added up piece by piece; the pieces do not show."""
    whole = SOM(64, topology="chain").fit(BLOCKS).cluster_centers_
    monkeypatch.setattr("wc_core.clustering.som._MAX_TILE", 64 * 5)
    np.testing.assert_allclose(SOM(64, topology="chain").fit(BLOCKS).cluster_centers_, whole)
