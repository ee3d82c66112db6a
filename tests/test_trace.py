"""What is recorded of an algorithm is what the engine did."""

from itertools import pairwise

import numpy as np
import pytest

from wc_core import open_model
from wc_core.clustering import CLUSTERERS, make_clusterer
from wc_core.errors import ConfigError, UnknownNameError
from wc_core.progress import last_result
from wc_core.recipe import BlockSpec, LayerPlan
from wc_core.stages import layer_blocks
from wc_core.toys import toy_points
from wc_core.trace import trace_steps

PLAN = LayerPlan(n_clusters=6, block=BlockSpec(1, 5))


@pytest.fixture(scope="module")
def layer():
    """Blocks of a real layer."""
    model = open_model("sample:lenet5")
    return layer_blocks(model.tensors["fc1.weight"], PLAN)


def trace_of(values, plan, seed=0, weights=None, **how):
    return last_result(trace_steps(values, weights, plan, seed, **how))


def iterations_of(values, plan, seed=0):
    """Collect straight from the estimator, copying before the next record is taken."""
    found = []
    for record in make_clusterer(plan, seed).fit_steps(values):
        state = record.result
        if state is not None:
            centers = None if state.centers is None else state.centers.copy()
            labels = None if state.labels is None else state.labels.copy()
            found.append((state.step, centers, labels, state.inertia, state.points.copy()))
    return found


def test_frames_are_the_engines_iterations(layer):
    """On a real layer every frame holds the engine's centroids and error, to the last bit."""
    trace = trace_of(layer.values, PLAN)
    iterations = iterations_of(layer.values, PLAN)
    assert len(trace.frames) == trace.n_iterations == len(iterations) > 5
    for frame, (step, centers, _labels, inertia, _points) in zip(
        trace.frames, iterations, strict=True
    ):
        assert frame.step == step
        np.testing.assert_array_equal(frame.centers, centers)
        assert frame.inertia == inertia


def test_labels_are_those_of_the_points_that_are_shown(layer):
    """A sample is shown, of which every label is the engine's for that very block."""
    trace = trace_of(layer.values, PLAN, n_shown=50)
    place = {row.tobytes(): i for i, row in enumerate(layer.values)}
    rows = [place[point.tobytes()] for point in trace.points]
    assert trace.is_sampled
    assert len(rows) == 50 < trace.n_points == trace.n_blocks == len(layer.values)
    for frame, (_step, _centers, labels, _inertia, _points) in zip(
        trace.frames, iterations_of(layer.values, PLAN), strict=True
    ):
        if labels is None:
            assert frame.labels is None
        else:
            np.testing.assert_array_equal(frame.labels, labels[rows])


def test_the_algorithm_works_on_all_blocks_whatever_is_shown(layer):
    """Showing fewer points changes no centroid."""
    few, many = (trace_of(layer.values, PLAN, n_shown=n) for n in (10, 200))
    for one, other in zip(few.frames, many.frames, strict=True):
        np.testing.assert_array_equal(one.centers, other.centers)


@pytest.mark.parametrize("max_frames", [2, 3, 7])
def test_thinning_keeps_the_first_and_the_last(layer, max_frames):
    """Frames that are left out are said to be, and never the first or the last."""
    whole = trace_of(layer.values, PLAN)
    thin = trace_of(layer.values, PLAN, max_frames=max_frames)
    assert len(thin.frames) == max_frames
    assert thin.is_thinned
    assert not whole.is_thinned
    assert thin.n_iterations == len(whole.frames)
    for end in (0, -1):
        assert thin.frames[end].step == whole.frames[end].step
    steps = [frame.step for frame in thin.frames]
    assert steps == sorted(set(steps))


def test_a_trace_may_be_left_at_any_record(layer):
    """Each record holds the frames so far, so that cancelling keeps them."""
    seen = []
    for record in trace_steps(layer.values, None, PLAN):
        if record.result is not None:
            seen.append(record.result)
            assert seen[0].frames[0] is record.result.frames[0]
    assert len(seen[2].frames) < len(seen[-1].frames)
    assert seen[2].centers is None
    assert seen[-1].centers is not None


@pytest.mark.parametrize("name", CLUSTERERS)
@pytest.mark.parametrize("toy", ["square", "numbers"])
def test_every_algorithm_can_be_traced(name, toy):
    """Frames are copies in order, and what comes out is what the algorithm alone would give."""
    points = toy_points(toy)
    plan = LayerPlan(algorithm=name, n_clusters=6)
    trace = trace_of(points, plan)
    fitted = make_clusterer(plan, 0).fit(points)
    np.testing.assert_array_equal(trace.centers, fitted.cluster_centers_)
    assert trace.inertia == fitted.inertia_
    assert trace.report == fitted.report_
    assert trace.frames
    for frame in trace.frames:
        assert frame.labels is None or frame.labels.shape == (len(trace.points),)
        for value in frame.detail.values():
            assert not np.shares_memory(value, trace.points)
    arrays = [frame.centers for frame in trace.frames if frame.centers is not None]
    assert not any(np.shares_memory(a, b) for a, b in pairwise(arrays))


def test_what_is_told_of_points_is_told_of_the_shown_ones():
    """An embedding has a row for each shown point, a batch becomes a mask of them."""
    points = toy_points("square")
    embedded = trace_of(points, LayerPlan(algorithm="spectral", n_clusters=3), n_shown=20)
    batches = trace_of(
        points,
        LayerPlan(algorithm="minibatch_kmeans", n_clusters=3, params={"batch_size": 32}),
        n_shown=20,
    )
    assert embedded.frames[0].detail["embedding"].shape == (20, 3)
    assert batches.frames[0].detail["batch"].shape == (20,)
    assert batches.frames[0].detail["batch"].dtype == bool


def test_polish_shows_centroids_without_labels_of_other_points():
    """Micro-clusters are shown; polish labels blocks, which are not the same points."""
    rng = np.random.default_rng(0)
    blocks = rng.normal(size=(500, 2)).astype(np.float32)
    plan = LayerPlan(algorithm="hierarchical", n_clusters=4, params={"max_points": 50, "polish": 5})
    trace = trace_of(blocks, plan)
    assert trace.n_points <= 50 < trace.n_blocks
    assert trace.frames[-1].labels is None
    assert trace.frames[-1].centers.shape == (4, 2)


def test_blocks_with_masked_lanes_are_not_shown():
    """A masked lane would be drawn where it is not; the algorithm still uses the block."""
    blocks = toy_points("square").copy()
    blocks[::3, 1] = np.nan
    trace = trace_of(blocks, LayerPlan(n_clusters=3))
    assert len(trace.points) == 200
    assert trace.n_points == 300


def test_blocks_without_weight_are_no_points():
    """Weights decide what the algorithm works on, and so what is shown."""
    points, weights = toy_points("square"), np.ones(300)
    weights[:100] = 0
    trace = trace_of(points, LayerPlan(n_clusters=3), weights=weights)
    assert (trace.n_points, trace.n_blocks) == (200, 300)
    np.testing.assert_array_equal(trace.points, points[100:])


def test_few_distinct_blocks_give_one_frame():
    """Where every distinct block is an entry there is nothing to iterate, only a result."""
    trace = trace_of(np.repeat([[0.0, 1.0], [2.0, 3.0]], 4, axis=0), LayerPlan(n_clusters=5))
    (frame,) = trace.frames
    assert "2 distinct" in frame.note
    np.testing.assert_array_equal(frame.centers[frame.labels], trace.points)


def test_impossible_wishes_are_refused():
    """No algorithm of that name, no picture of no points."""
    points = toy_points("square")
    with pytest.raises(UnknownNameError):
        trace_of(points, LayerPlan(algorithm="kmean"))
    for how in ({"n_shown": 0}, {"max_frames": 1}):
        with pytest.raises(ConfigError, match=next(iter(how))):
            trace_of(points, LayerPlan(), **how)


def test_large_details_are_left_out():
    """Covariances of many wide components would fill the memory, one set a frame."""
    rng = np.random.default_rng(0)
    blocks = rng.normal(size=(600, 32)).astype(np.float32)
    few, many = (
        trace_of(blocks, LayerPlan(algorithm="gmm", n_clusters=k, params={"max_iter": 2}))
        for k in (8, 200)
    )
    assert "covariances" in few.frames[0].detail
    assert "covariances" not in many.frames[0].detail
