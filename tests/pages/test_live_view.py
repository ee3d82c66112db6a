"""The live view on Cluster: one layer at any k, before anything is clustered."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.reading import texts, upload_model
from wc_core import Recipe, compress, list_layers, load_model

PAGE = "pages/lab/cluster.py"
K, LAYER, TAKE = "cluster.live_k", "cluster.live_layer", "cluster.live_take"


@pytest.fixture
def cluster(app: AppTest, settle) -> AppTest:
    """Open the Cluster page and wait until the sample is clustered."""
    return settle(app.switch_page(PAGE).run())


def drag(at: AppTest, k: int) -> AppTest:
    """Put the slider, which no test can drag, where a drag would leave it."""
    at.session_state[K] = k
    return at.run()


def live(at: AppTest) -> dict[str, str]:
    """Return the live numbers, which stand above those of the run."""
    return {metric.label: metric.value for metric in at.metric[:3]}


def test_numbers_follow_k_and_the_run_stays(cluster: AppTest) -> None:
    """Bits and error are those of this k, the result below is still the recipe's."""
    before = [metric.value for metric in cluster.metric[3:]]
    at = drag(cluster, 3)
    assert not at.exception
    assert 1 < float(live(at)["Bits per weight"]) < 2, "coded, three values take less than two bits"
    assert "3 values stand for 48,000 weights" in texts(at)
    at = drag(at, 200)
    assert 6 < float(live(at)["Bits per weight"]) < 8
    assert "200 values stand for 48,000 weights" in texts(at)
    assert [metric.value for metric in at.metric[3:]] == before
    assert at.session_state["lab.project"].recipe.plan.n_clusters == 16


def test_numbers_are_those_that_clustering_reports(cluster: AppTest) -> None:
    """The view promises nothing that the button does not keep."""
    model = load_model("sample:lenet5")
    small = compress(model, Recipe(layers=("fc1*",)).with_plan(n_clusters=40))
    at = drag(cluster, 40)
    shown = float(live(at)["Bits per weight"])
    assert shown == pytest.approx(small.layers[0].bits_per_weight, abs=0.01)
    assert live(at)["SQNR"] == f"{small.layers[0].sqnr_db:.1f} dB"


def test_the_largest_layer_is_shown_first_and_any_other_can_be(cluster: AppTest) -> None:
    """Only layers that the recipe clusters are offered."""
    picker = cluster.selectbox(key=LAYER)
    model = load_model("sample:lenet5")
    chosen = [info.name for info in list_layers(model.infos, Recipe()) if not info.skipped]
    assert picker.options == chosen
    assert picker.value == "fc1.weight"
    at = picker.set_value("conv2.weight").run()
    assert "stand for 2,400 weights" in texts(at)


def test_the_k_found_goes_into_the_recipe(cluster: AppTest, settle) -> None:
    """One button clusters all layers with the slider's k: size and accuracy follow."""
    at = drag(cluster, 6)
    at.button(key=TAKE).click().run()
    at = settle(at)
    assert at.session_state["lab.project"].recipe.plan.n_clusters == 6
    assert at.number_input(key="cluster.n_clusters").value == 6
    assert at.session_state[K] == 6
    run = {metric.label: metric.value for metric in at.metric[3:]}
    assert 2 < float(run["Bits per weight"]) < 3
    assert run["Accuracy"].endswith("%")


def test_the_slider_shows_the_recipes_k_within_its_reach(cluster: AppTest, settle) -> None:
    """A recipe of more entries than the slider has begins at its end."""
    cluster.number_input(key="cluster.n_clusters").set_value(1000)
    cluster.button(key="cluster.submit").click().run()
    at = settle(cluster)
    assert at.session_state[K] == 256


@pytest.mark.parametrize(
    ("widget", "value", "reason"),
    [
        ("cluster.block_cols", 4, "blocks of 1x1"),
        ("cluster.algorithm", "som", "only k-means"),
        ("cluster.pruner", "global_magnitude", "one threshold for all layers"),
    ],
)
def test_what_cannot_be_dragged_says_why(
    cluster: AppTest, settle, widget: str, value: object, reason: str
) -> None:
    """Larger blocks and other algorithms get a sentence instead of a slider."""
    found = {w.key: w for kind in (cluster.number_input, cluster.selectbox) for w in kind}
    found[widget].set_value(value)
    cluster.button(key="cluster.submit").click().run()
    at = settle(cluster)
    assert not at.exception
    assert reason in texts(at)
    assert not [button for button in at.button if button.key == TAKE]


def test_an_upload_is_shown_before_it_is_clustered(app: AppTest, tmp_path, settle) -> None:
    """Who brings a model sees it live at once; nothing runs unasked."""
    import numpy as np
    from safetensors.numpy import save_file

    weight = np.random.default_rng(0).normal(size=(40, 50)).astype(np.float32)
    save_file({"embed.weight": weight}, tmp_path / "own.safetensors")
    upload_model(app, (tmp_path / "own.safetensors").read_bytes(), "own.safetensors")
    at = settle(app.switch_page(PAGE).run())
    assert not at.exception
    assert "16 values stand for 2,000 weights" in texts(at)
    assert "Nothing is clustered with this recipe yet" in texts(at)


def test_no_layer_no_live_view(cluster: AppTest, settle) -> None:
    """A recipe without layers has a sentence, too."""
    cluster.multiselect(key="cluster.layers").set_value([])
    cluster.button(key="cluster.submit").click().run()
    at = settle(cluster)
    assert "No layer is chosen" in texts(at)
