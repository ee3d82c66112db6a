"""The recipe as a form: prune, cluster, quantize, code; presets; plans of single layers."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.layer_plans import pattern_of
from pages._ui.layer_scope import check_patterns, patterns
from pages._ui.plan_text import plan_text
from pages._ui.project import Project, Source
from tests.pages.reading import texts
from wc_core.errors import ConfigError
from wc_core.presets import PRESETS
from wc_core.pruning import PRUNERS
from wc_core.recipe import BlockSpec, LayerPlan, Recipe

PAGE = "pages/lab/cluster.py"
LENET5 = ["conv1.weight", "conv2.weight", "fc1.weight", "fc2.weight", "fc3.weight"]


@pytest.fixture
def cluster(app: AppTest) -> AppTest:
    """Open the Cluster page."""
    return app.switch_page(PAGE).run()


def recipe_of(at: AppTest) -> Recipe:
    """Return the recipe that is stored."""
    project: Project = at.session_state["lab.project"]
    return project.recipe


def press(at: AppTest, key: str) -> AppTest:
    """Press a button; nothing may go wrong."""
    at.button(key=key).click().run()
    assert not at.exception
    return at


def column(at: AppTest, name: str) -> list[Any]:
    """Return a column of the first table that has it."""
    return next(list(t.value[name]) for t in at.dataframe if name in t.value.columns)


def give_plan(at: AppTest, chosen: list[str], **fields: Any) -> AppTest:
    """Choose layers, and set fields of the form for them."""
    at.multiselect(key="cluster.patterns").set_value(chosen).run()
    for key, value in fields.items():
        at.number_input(key=f"cluster.{key}").set_value(value)
    return press(at, "cluster.plan_save")


def test_pruning_goes_from_the_form_to_the_result(cluster: AppTest, settle) -> None:
    """Pruner and share become the recipe; zeros, positions and coding are shown."""
    cluster.selectbox(key="cluster.pruner").set_value("magnitude").run()
    cluster.slider(key="cluster.sparsity").set_value(90.0)
    press(cluster, "cluster.submit")
    plan = recipe_of(cluster).plan
    assert (plan.pruner, plan.sparsity) == ("magnitude", 0.9)
    at = settle(cluster)
    assert not at.exception
    assert set(column(at, "Pruned")) == {"90.0 %"}
    assert all(n > 0 for n in column(at, "Bytes of positions"))
    assert "90.0 % of the weights are pruned" in texts(at)
    assert "90.0 % pruned" in next(m.delta for m in at.metric if "pruned" in str(m.delta))


def test_a_pruner_that_needs_no_share_asks_for_none(cluster: AppTest) -> None:
    """The fields of the form follow from what the pruner declares."""
    for name in PRUNERS:
        cluster.selectbox(key="cluster.pruner").set_value(name).run()
        asked = [slider.key for slider in cluster.slider]
        assert ("cluster.sparsity" in asked) == PRUNERS[name].takes_sparsity
        assert PRUNERS[name].about in texts(cluster)


def test_a_share_between_two_steps_of_the_slider_stays(cluster: AppTest) -> None:
    """Widgets are views of the recipe: what nobody moves keeps its value to the last digit."""
    cluster.session_state["lab.project"] = Project(
        recipe=Recipe(plan=LayerPlan(pruner="magnitude", sparsity=0.9137))
    )
    cluster.run()
    assert cluster.slider(key="cluster.sparsity").value == 91.5
    press(cluster, "cluster.submit")
    assert recipe_of(cluster).plan.sparsity == 0.9137


def test_what_experts_set_stays_when_it_is_hidden(cluster: AppTest) -> None:
    """The simple form says what it keeps, and keeps it."""
    cluster.toggle(key="cluster.expert").set_value(True)
    cluster.selectbox(key="cluster.pruner").set_value("n_m").run()
    cluster.number_input(key="cluster.pruner.n_m.n").set_value(1)
    cluster.selectbox(key="cluster.codebook_dtype").set_value("int8")
    cluster.selectbox(key="cluster.coding").set_value("coded")
    press(cluster, "cluster.submit")
    asked = recipe_of(cluster).plan
    assert (asked.pruner_params, asked.params) == ({"n": 1}, {}), "only what differs is written"
    assert (asked.codebook_dtype, asked.coding) == ("int8", "coded")
    cluster.toggle(key="cluster.expert").set_value(False).run()
    assert "cluster.coding" not in {box.key for box in cluster.selectbox}
    assert "N = 1, codebook int8, always coded" in texts(cluster)
    cluster.number_input(key="cluster.n_clusters").set_value(9)
    press(cluster, "cluster.submit")
    assert recipe_of(cluster) == Recipe(
        plan=LayerPlan(
            pruner="n_m",
            pruner_params={"n": 1},
            n_clusters=9,
            codebook_dtype="int8",
            coding="coded",
        )
    )


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_fills_the_form(cluster: AppTest, name: str) -> None:
    """The recipe is the preset's to the byte; it can be taken back."""
    before = recipe_of(cluster)
    cluster.multiselect(key="cluster.patterns").set_value(["fc*"]).run()
    cluster.radio(key="cluster.preset").set_value(name).run()
    assert not cluster.exception
    assert cluster.multiselect(key="cluster.patterns").value == [], "a preset is for all layers"
    assert recipe_of(cluster) == PRESETS[name].recipe
    plan = PRESETS[name].recipe.plan
    assert cluster.number_input(key="cluster.n_clusters").value == plan.n_clusters
    assert cluster.number_input(key="cluster.block_cols").value == plan.block.cols
    assert cluster.selectbox(key="cluster.pruner").value == plan.pruner
    assert PRESETS[name].about in texts(cluster)
    press(cluster, "cluster.submit")
    assert recipe_of(cluster) == PRESETS[name].recipe, "what is shown is what was taken"
    press(cluster, "cluster.undo")
    assert recipe_of(cluster) == before
    assert cluster.radio(key="cluster.preset").value is None


def test_a_changed_preset_is_a_recipe_of_ones_own(cluster: AppTest) -> None:
    """The choice shows what the recipe is, not what was clicked last."""
    cluster.radio(key="cluster.preset").set_value("light").run()
    cluster.number_input(key="cluster.n_clusters").set_value(11)
    press(cluster, "cluster.submit")
    assert cluster.radio(key="cluster.preset").value is None
    assert "cluster.undo" not in {button.key for button in cluster.button}


def test_layers_get_plans_of_their_own(cluster: AppTest, settle) -> None:
    """Convolutions with 8 bits, dense layers pruned with 4: two patterns, two results."""
    give_plan(cluster, ["conv*"], n_clusters=256)
    assert cluster.number_input(key="cluster.n_clusters").value == 16, "the others keep theirs"
    cluster.multiselect(key="cluster.patterns").set_value(["fc*"]).run()
    cluster.selectbox(key="cluster.pruner").set_value("magnitude").run()
    cluster.slider(key="cluster.sparsity").set_value(80.0)
    cluster.number_input(key="cluster.n_clusters").set_value(15)
    press(cluster, "cluster.plan_save")
    recipe = recipe_of(cluster)
    assert recipe.plan == LayerPlan()
    assert recipe.overrides == {
        "conv*": LayerPlan(n_clusters=256),
        "fc*": LayerPlan(n_clusters=15, pruner="magnitude", sparsity=0.8),
    }
    assert "2 layers: conv1.weight, conv2.weight" in texts(cluster)
    assert "80 % pruned (Magnitude), k-means, k = 15, blocks 1x1" in texts(cluster)
    assert cluster.multiselect(key="cluster.patterns").value == []
    at = settle(cluster)
    assert column(at, "Plan") == [plan_text(recipe.plan_for(name)) for name in LENET5]
    assert column(at, "Entries")[2:] == [15, 15, 15]


def test_a_plan_of_some_layers_is_edited(cluster: AppTest) -> None:
    """The form shows the plan of the pattern, and afterwards that of all others again."""
    give_plan(cluster, ["conv*"], n_clusters=256)
    press(cluster, "cluster.plan_edit.0")
    assert cluster.number_input(key="cluster.n_clusters").value == 256
    assert cluster.multiselect(key="cluster.patterns").value == ["conv*"]
    cluster.number_input(key="cluster.n_clusters").set_value(64)
    press(cluster, "cluster.plan_save")
    assert recipe_of(cluster).overrides == {"conv*": LayerPlan(n_clusters=64)}
    assert cluster.number_input(key="cluster.n_clusters").value == 16
    press(cluster, "cluster.plan_edit.0")
    cluster.number_input(key="cluster.n_clusters").set_value(3)
    cluster.multiselect(key="cluster.patterns").set_value([]).run()
    assert recipe_of(cluster).overrides == {"conv*": LayerPlan(n_clusters=64)}
    assert cluster.number_input(key="cluster.n_clusters").value == 16


def test_a_removed_plan_comes_back(cluster: AppTest) -> None:
    """Undo goes back step by step, as far as the first."""
    give_plan(cluster, ["conv*"], n_clusters=256)
    given = recipe_of(cluster)
    press(cluster, "cluster.plan_remove.0")
    assert recipe_of(cluster) == Recipe()
    press(cluster, "cluster.undo")
    assert recipe_of(cluster) == given
    press(cluster, "cluster.undo")
    assert recipe_of(cluster) == Recipe()
    assert "cluster.undo" not in {button.key for button in cluster.button}


def test_a_pattern_that_matches_nothing_is_refused(cluster: AppTest) -> None:
    """The sentence says which layers there are; the recipe stays."""
    give_plan(cluster, ["conv*", "conf*"], n_clusters=5)
    (error,) = cluster.error
    assert "matches 'conf*'; in a pattern" in error.value.replace("\\", "")
    assert recipe_of(cluster) == Recipe()


def test_patterns_are_offered_for_layers_that_begin_alike() -> None:
    """One for each kind of name; none where all are of one kind."""
    assert patterns(LENET5) == ["conv*", "fc*"]
    assert patterns(["fc1.weight", "fc2.weight"]) == []
    assert patterns(["0.weight", "3.weight"]) == []


def test_a_layers_own_name_goes_before_a_pattern() -> None:
    """What the page says a pattern serves is what the engine does."""
    same = LayerPlan(n_clusters=8)
    recipe = Recipe(overrides={"conv*": same, "conv1.weight": same, "c*": same})
    assert [pattern_of(recipe, name) for name in LENET5[:3]] == ["conv1.weight", "conv*", ""]


def test_a_pattern_may_be_a_name_with_signs_of_its_own() -> None:
    """A layer's exact name is no pattern."""
    check_patterns(["a[0].weight"], ["a[0].weight"])
    with pytest.raises(ConfigError, match="matches 'b\\*'"):
        check_patterns(["a*", "b*"], ["a[0].weight"])


def test_a_plan_in_words_names_what_differs() -> None:
    """In the order of the work, without what is the default."""
    plan = LayerPlan(
        pruner="block_magnitude",
        sparsity=0.975,
        n_clusters=300,
        block=BlockSpec(1, 4),
        scale="per_channel",
        recombine="residual",
        codebook_dtype="bfloat16",
        scale_dtype="int8",
        coding="packed",
        params={"tol": 0.5},
    )
    title = PRUNERS["block_magnitude"].title
    assert plan_text(plan) == (
        f"97.5 % pruned ({title}), k-means, k = 300, blocks 1x4, scale per channel, "
        "residual codebook of 16, codebook bfloat16, scales int8, always packed, Tolerance = 0.5"
    )
    assert plan_text(LayerPlan()) == "k-means, k = 16, blocks 1x1"
    half = LayerPlan(pruner="n_m", pruner_params={"n": 1})
    assert plan_text(half).startswith("pruned (N:M, N = 1, M = 4), k-means")


def test_the_live_slider_writes_into_the_plan_that_the_layer_has(cluster: AppTest) -> None:
    """The slider's k goes to the pattern's plan, not to that of all others."""
    give_plan(cluster, ["fc*"], n_clusters=8)
    cluster.selectbox(key="cluster.live_layer").set_value("fc2.weight").run()
    cluster.session_state["cluster.live_k"] = 5
    cluster.run()
    assert "fc" in cluster.button(key="cluster.live_take").label
    press(cluster, "cluster.live_take")
    assert recipe_of(cluster).overrides == {"fc*": LayerPlan(n_clusters=5)}


def test_a_plan_that_cannot_be_followed_live_says_why(cluster: AppTest) -> None:
    """The reason is the engine's."""
    from wc_core.search import why_not_live

    plan = LayerPlan(block=BlockSpec(1, 4))
    cluster.session_state["lab.project"] = Project(recipe=Recipe(plan=plan))
    cluster.run()
    assert why_not_live(plan) in texts(cluster)


def test_every_page_is_right_with_a_pruned_model(cluster: AppTest, settle) -> None:
    """Centroids and Quality count live blocks alone and say what is pruned."""
    plan = LayerPlan(pruner="block_magnitude", sparsity=0.5, n_clusters=8, block=BlockSpec(1, 2))
    cluster.session_state["lab.project"] = Project(
        model=Source("sample", "lenet5", "lenet5"), recipe=Recipe(plan=plan)
    )
    settle(cluster.run())
    at = cluster.switch_page("pages/lab/centroids.py").run()
    assert not at.exception
    assert "50.0 % of the weights are pruned" in texts(at)
    assert "12,000 of 24,000 blocks are pruned as a whole" in texts(at)
    assert " of 12,000 blocks (" in texts(at)
    at.switch_page("pages/lab/quality.py").run()
    assert not at.exception
