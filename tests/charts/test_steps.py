"""The animation of an algorithm: what its pictures hold, and where its controls lead."""

import json
from dataclasses import replace
from gettext import NullTranslations
from pathlib import Path

import numpy as np
import pytest

from wc_core import charts, open_model
from wc_core.charts import _steps_overlays, _steps_screens, _steps_view
from wc_core.clustering import CLUSTERERS
from wc_core.progress import last_result
from wc_core.recipe import BlockSpec, LayerPlan
from wc_core.stages import layer_blocks
from wc_core.toys import toy_points
from wc_core.trace import Frame, trace_steps
from wc_core.words import language

SOURCES = Path(charts.__file__).parent


class Marked(NullTranslations):
    """A language in which every text is bracketed, so that an untranslated one shows."""

    def gettext(self, message):
        return f"[{message}]"

    def ngettext(self, singular, plural, n):
        return f"[{singular if n == 1 else plural}]"


def of_toy(algorithm="kmeans", toy="square", k=6, **params):
    plan = LayerPlan(algorithm=algorithm, n_clusters=k, params=params)
    return last_result(trace_steps(toy_points(toy), None, plan))


def of_layer(algorithm="kmeans", block=(1, 2), k=6):
    plan = LayerPlan(algorithm=algorithm, n_clusters=k, block=BlockSpec(*block))
    layer = layer_blocks(open_model("sample:lenet5").tensors["conv2.weight"], plan)
    return last_result(trace_steps(layer.values, layer.weights, plan))


def film(figure, name):
    """Return what a trace has in each frame, with what it keeps from the start."""
    place = next(i for i, trace in enumerate(figure.data) if trace.name == name)
    shown = []
    for frame in figure.frames:
        data = dict(zip(frame.traces, frame.data, strict=True))
        shown.append(
            {
                axis: data[place][axis]
                if place in data and data[place][axis] is not None
                else figure.data[place][axis]
                for axis in ("x", "y")
            }
        )
    return shown


def points(shown):
    return np.stack([np.array(shown["x"], dtype=float), np.array(shown["y"], dtype=float)], axis=1)


@pytest.mark.parametrize("block", [(1, 2), (1, 5), (1, 1)])
def test_pictures_hold_the_engines_centroids(block):
    """On a real layer each picture has exactly the engine's centroids, in order."""
    trace = of_layer(block=block)
    figure = charts.algorithm_steps(trace)
    view, _places = _steps_view.view_of(trace)
    drawn = film(figure, "Centroids")
    assert len(drawn) == len(trace.frames) > 1
    for shown, frame in zip(drawn, trace.frames, strict=True):
        np.testing.assert_array_equal(points(shown), view.places(frame.centers))
        if block == (1, 2):  # the plane is that of the blocks themselves
            np.testing.assert_array_equal(points(shown), frame.centers)


def test_the_slider_has_a_place_for_each_picture():
    """Every picture can be gone to, by its own name."""
    figure = charts.algorithm_steps(of_layer())
    (slider,) = figure.layout.sliders
    assert [step.args[0] for step in slider.steps] == [(frame.name,) for frame in figure.frames]
    assert len({frame.name for frame in figure.frames}) == len(figure.frames)


def test_back_and_next_lead_to_the_neighbours():
    """From each picture the buttons lead one back and one forward, and not over the ends."""
    figure = charts.algorithm_steps(of_toy())
    names = [frame.name for frame in figure.frames]
    for i, frame in enumerate(figure.frames):
        back, pause, after = frame.layout.updatemenus[1].buttons
        assert back.args[0] == (names[max(i - 1, 0)],)
        assert after.args[0] == (names[min(i + 1, len(names) - 1)],)
        assert pause.args[0] == (None,)
    start = figure.layout.updatemenus[1].buttons
    assert [button.args[0] for button in start] == [(names[0],), (None,), (names[1],)]


def test_play_goes_on_from_here_and_starts_again_at_the_end():
    """Three speeds; pressed at the end, play begins anew."""
    figure = charts.algorithm_steps(of_toy())
    *inner, last = figure.frames
    for frame in inner:
        plays = [button.args[1] for button in frame.layout.updatemenus[0].buttons]
        assert all(how["fromcurrent"] for how in plays)
        speeds = [how["frame"]["duration"] for how in plays]
        assert speeds == sorted(speeds, reverse=True)
    assert not any(button.args[1]["fromcurrent"] for button in last.layout.updatemenus[0].buttons)


@pytest.mark.parametrize("name", CLUSTERERS)
@pytest.mark.parametrize("source", ["square", "numbers", "layer"])
def test_every_algorithm_is_drawn(name, source):
    """Every algorithm gives pictures on toy data and on a layer, small enough to be sent."""
    trace = of_layer(name, (1, 5)) if source == "layer" else of_toy(name, source)
    figure = charts.algorithm_steps(trace)
    assert len(trace.frames) <= len(figure.frames) <= 62
    assert len(figure.layout.sliders[0].steps) == len(figure.frames)
    assert len(figure.to_json()) < 2_000_000
    assert charts.steps_legend(trace)
    for frame in figure.frames:
        assert frame.layout.title.text
        assert max(frame.traces, default=0) < len(figure.data)


@pytest.mark.parametrize("name", CLUSTERERS)
@pytest.mark.parametrize("toy", ["cloud", "numbers"])
def test_many_clusters_still_travel(name, toy):
    """As many clusters as the page allows make no picture too large to be sent."""
    assert len(charts.algorithm_steps(of_toy(name, toy, k=64)).to_json()) < 2_000_000


@pytest.mark.parametrize("name", [n for n in CLUSTERERS if "polish" in CLUSTERERS[n].param_space])
def test_polish_goes_on_where_the_algorithm_ends(name):
    """Steps of a polish follow in pictures of their own, among the blocks, and are called so."""
    plain, polished = of_toy(name, k=4), of_toy(name, k=4, polish=3)
    figure = charts.algorithm_steps(polished)
    assert polished.n_iterations > plain.n_iterations
    n_plain = len(charts.algorithm_steps(plain).frames)
    assert len(figure.frames) - len(polished.frames) == n_plain - len(plain.frames)
    steps = [frame.step for frame in polished.frames]
    assert steps == sorted(steps)
    assert "Polishing" in figure.frames[-1].layout.title.subtitle.text
    np.testing.assert_array_equal(
        points(film(figure, "Centroids")[-1]), polished.frames[-1].centers
    )


def test_what_is_left_out_is_said():
    """A sample of the blocks and of the iterations is told of in every picture."""
    plan = LayerPlan(n_clusters=4)
    steps = trace_steps(toy_points("square"), None, plan, n_shown=100, max_frames=3)
    figure = charts.algorithm_steps(last_result(steps))
    for frame in figure.frames:
        said = frame.layout.title.subtitle.text.replace("<br>", " ")
        assert "100 of 300 blocks" in said
        assert "3 of" in said
    assert "100 of 300 blocks" in charts.chart_alt(figure)


def test_micro_clusters_are_not_called_blocks():
    """Where blocks were gathered first, points are micro-clusters."""
    steps = trace_steps(
        toy_points("square"),
        None,
        LayerPlan(algorithm="hierarchical", n_clusters=4, params={"max_points": 50}),
        n_shown=20,
    )
    figure = charts.algorithm_steps(last_result(steps))
    assert "micro-clusters" in charts.chart_alt(figure)


def test_an_embedding_stands_between_before_and_after():
    """The same points lie among the blocks first and last, and in the embedding meanwhile."""
    trace = of_toy("spectral", "rings", k=2)
    figure = charts.algorithm_steps(trace)
    assert len(figure.frames) == len(trace.frames) + 2
    places = [points(shown) for shown in film(figure, "Points")]
    np.testing.assert_array_equal(places[0], places[-1])
    np.testing.assert_allclose(places[0], trace.points, atol=6e-4)
    assert np.abs(places[1] - places[0]).max() > 0.1
    titles = [frame.layout.xaxis.title.text for frame in figure.frames]
    assert titles[0] == titles[-1] != titles[1]
    assert "% of the variance" in titles[1]


@pytest.mark.parametrize("name", CLUSTERERS)
def test_numbers_stay_on_their_line(name):
    """Single weights get no second dimension: up and down counts points, nothing else."""
    figure = charts.algorithm_steps(of_toy(name, "numbers"))
    assert figure.layout.xaxis.title.text == "Weight value"
    assert all(frame.layout.xaxis.range is None for frame in figure.frames)
    stacked = np.asarray(figure.data[0].y, dtype=float)
    assert (stacked >= 1).all()
    np.testing.assert_array_equal(stacked, stacked.round())


def test_axes_stay_while_an_algorithm_works():
    """One plane for all pictures: what moves is a centroid, not the picture."""
    figure = charts.algorithm_steps(of_layer(block=(1, 5)))
    assert all(frame.layout.xaxis.range is None for frame in figure.frames)
    assert "% of the variance" in figure.layout.xaxis.title.text
    assert figure.layout.yaxis.scaleanchor == "x"


@pytest.mark.parametrize(
    ("name", "trace"),
    [
        ("gmm", "Ellipses"),
        ("som", "Net"),
        ("hsc", "Hyperplanes"),
        ("density", "Peaks"),
        ("ecvq", "Bits of an index"),
        ("bisecting_kmeans", "Just split"),
        ("kmeans", "Assignment"),
    ],
)
def test_an_algorithm_shows_what_it_alone_has(name, trace):
    """What a detail tells of is drawn, and explained."""
    toy = of_toy(name, "blobs")
    figure = charts.algorithm_steps(toy)
    assert trace in {drawn.name for drawn in figure.data}
    assert len(charts.steps_legend(toy)) >= 3


def test_a_batch_is_marked_and_a_full_one_is_not():
    """Rings show which points were looked at; around all of them they would say nothing."""
    few = charts.algorithm_steps(of_toy("minibatch_kmeans", batch_size=32))
    whole = charts.algorithm_steps(of_toy("minibatch_kmeans"))
    assert "Batch" in {drawn.name for drawn in few.data}
    assert "Batch" not in {drawn.name for drawn in whole.data}


def test_an_ellipse_is_two_standard_deviations_out():
    """Each corner of an ellipse has a Mahalanobis distance of 2 from the mean."""
    trace = of_toy("gmm", "cloud", k=1 + 1, covariance="full")
    frame = trace.frames[-1]
    path = points(film(charts.algorithm_steps(trace), "Ellipses")[-1])
    corners = path[: np.flatnonzero(np.isnan(path[:, 0]))[0]] - frame.centers[0]
    inverse = np.linalg.inv(frame.detail["covariances"][0])
    distances = np.sqrt(np.einsum("ij,jk,ik->i", corners, inverse, corners))
    np.testing.assert_allclose(distances, 2, rtol=0.02)


def test_a_hyperplane_is_cut_where_the_picture_is():
    """Both ends of the line lie on the plane of the hash and on the edge of the picture."""
    trace = of_layer("hsc", (1, 5))
    view, _places = _steps_view.view_of(trace)
    detail = trace.frames[-1].detail
    for normal, offset in zip(detail["planes"], detail["offsets"], strict=True):
        ends = _steps_overlays.cut(view, normal, float(offset))
        blocks = view.origin + ends @ view.axes
        np.testing.assert_allclose(blocks @ normal, offset, atol=1e-9)
        assert all(
            np.isclose(x, view.x_range).any() or np.isclose(y, view.y_range).any() for x, y in ends
        )


def test_a_hyperplane_outside_the_picture_is_not_drawn():
    """What does not cross the picture leaves no line."""
    view, _places = _steps_view.view_of(of_toy())
    assert _steps_overlays.cut(view, np.array([1.0, 0.0]), 99.0) is None


def test_merges_show_the_tree_and_the_cut():
    """All merges down to one cluster are on the curve; the cut stands at the clusters left."""
    trace = of_toy("hierarchical", "blobs")
    figure = charts.algorithm_steps(trace)
    line = next(drawn for drawn in figure.data if drawn.xaxis == "x2")
    cut = next(drawn for drawn in figure.data if drawn.name == "Cut")
    assert list(line.x) == list(range(299, 0, -1))
    assert list(line.y) == sorted(line.y)
    assert set(cut.x) == {6}


def test_the_mark_on_the_curve_goes_along():
    """In each picture the mark stands at the inertia of its own iteration."""
    trace = of_toy()
    stops = film(charts.algorithm_steps(trace), "Now")
    for shown, frame in zip(stops, trace.frames, strict=True):
        expected = [None, None] if frame.inertia is None else [frame.step, frame.inertia]
        assert [shown["x"][0], shown["y"][0]] == expected


def test_a_cluster_keeps_its_colour_when_labels_shift():
    """If a cluster vanishes, those after it are numbered anew and look as before."""
    before = Frame(1, np.array([0, 0, 1, 1, 2, 2]), np.zeros((3, 2)))
    after = Frame(2, np.array([0, 0, 0, 0, 1, 1]), np.zeros((2, 2)))
    again = Frame(3, np.array([0, 0, 2, 2, 1, 1]), np.zeros((3, 2)))
    kinds = [k.tolist() for k in _steps_screens._steady_kinds([before, after, again])]
    assert kinds[0] == [0, 1, 2]
    assert kinds[1][1] == 2
    assert kinds[2][1] == 2
    assert len(set(kinds[2])) == 3


def test_colour_is_not_the_only_channel():
    """Clusters that share a colour differ in shape."""
    layer = charts.algorithm_steps(of_toy(k=20))
    marker = film_markers(layer)
    assert len(set(marker)) == 20


def film_markers(figure):
    last = figure.frames[-1]
    place = next(i for i, trace in enumerate(figure.data) if trace.name == "Points")
    marker = dict(zip(last.traces, last.data, strict=True))[place].marker
    return zip(marker.color, marker.symbol, strict=True)


def test_pictures_and_buttons_speak_the_readers_language():
    """Titles, subtitles, buttons and the legend go through the catalogue."""
    trace = of_toy("som")
    with language(Marked()):
        figure, legend = charts.algorithm_steps(trace), charts.steps_legend(trace)
    words = [frame.layout.title.text for frame in figure.frames]
    words += [frame.layout.title.subtitle.text for frame in figure.frames]
    buttons = [button for menu in figure.layout.updatemenus for button in menu.buttons]
    words += [button.label for button in buttons if button.label != "❚❚"]
    assert all("[" in text for text in [*words, *legend])


def test_no_algorithm_is_named():
    """Pictures follow from what details tell, whoever tells it."""
    sources = [*SOURCES.glob("_steps_*.py"), SOURCES / "algorithm_steps.py"]
    assert len(sources) > 5
    for path in sources:
        text = path.read_text()
        assert not [name for name in CLUSTERERS if f'"{name}"' in text]


def test_what_was_done_at_once_is_one_picture():
    """Blocks that are all entries give a single picture, which json can hold."""
    trace = last_result(trace_steps(np.array([[0.0, 1.0], [2.0, 3.0]]), None, LayerPlan()))
    figure = charts.algorithm_steps(trace)
    assert len(figure.frames) == 1
    assert json.loads(figure.to_json())["frames"]


def test_equal_points_still_make_a_picture():
    """A layer of one value has an axis of some length."""
    trace = last_result(trace_steps(np.full((20, 3), 0.5), None, LayerPlan(n_clusters=2)))
    figure = charts.algorithm_steps(trace)
    low, high = figure.layout.xaxis.range
    assert low < high


def test_a_centroid_that_starts_anew_gets_a_ring():
    """What lost all its points is marked where it starts again, in that picture alone."""
    trace = of_toy()
    first, second, *others = trace.frames
    second = replace(second, detail={"reseeded": np.array([1])})
    trace = replace(trace, frames=(first, second, *others))
    rings = film(charts.algorithm_steps(trace), "Started anew")
    assert [len(ring["x"]) for ring in rings] == [0, 1, *[0] * len(others)]
    np.testing.assert_array_equal(points(rings[1])[0], second.centers[1])


def test_a_ring_grows_as_the_index_gets_shorter():
    """The most used centroid has the largest ring and says the fewest bits."""
    trace = of_toy("ecvq", "blobs", k=8)
    figure = charts.algorithm_steps(trace)
    place = next(i for i, drawn in enumerate(figure.data) if drawn.name == "Bits of an index")
    text, sizes = figure.data[place].text, figure.data[place].marker.size
    for frame in figure.frames:  # each tells what changes
        ring = dict(zip(frame.traces, frame.data, strict=True)).get(place)
        text = ring.text if ring and ring.text else text
        sizes = ring.marker.size if ring and ring.marker.size else sizes
    rates = trace.frames[-1].detail["rates"]
    assert list(text) == [f"{rate:.1f}" for rate in rates]
    assert np.argmax(sizes) == np.argmin(rates)


def test_shares_are_written_as_people_write_them():
    """Neither a jump above a hundred per cent nor a whole has an exponent."""
    plan = LayerPlan(n_clusters=8)
    trace = last_result(trace_steps(toy_points("numbers"), None, plan))
    figure = charts.algorithm_steps(trace)
    titles = [frame.layout.title.subtitle.text for frame in figure.frames]
    assert any("%" in title for title in titles)
    assert not any("e+" in title for title in titles)
