"""The small pieces that pages are made of."""

import pytest

from pages._ui import cold_start, text
from pages._ui.board import Board
from pages._ui.downloads import to_csv
from pages._ui.layer_picker import pickable, picked, with_picks
from pages._ui.params_form import widget
from pages._ui.project import Project, Source
from pages._ui.recipe_io import command_line
from pages._ui.state import Project as SameProject
from pages._ui.upload import as_source
from wc_core import load_model
from wc_core.errors import DataError
from wc_core.progress import Progress
from wc_core.recipe import LayerPlan, Recipe
from wc_core.store import Blob


@pytest.fixture(scope="module")
def lenet():
    """Return the sample model."""
    return load_model("sample:lenet5")


def test_a_project_survives_its_file() -> None:
    """What is written to disk comes back as it was."""
    project = Project(recipe=Recipe(plan=LayerPlan(n_clusters=7)), expert=True, ran="x")
    assert Project.from_dict(project.to_dict()) == project
    assert SameProject is Project


def test_a_project_whose_files_are_gone_opens_on_the_sample() -> None:
    """A workspace without its uploads still opens."""
    lost = Project(model=Source("upload", "0" * 64, "lost.pth")).to_dict()
    assert Project.from_dict(lost).model.kind == "sample"


def test_names_are_not_read_as_markup() -> None:
    """A layer named with stars is shown with stars."""
    assert text.plain("a*b_[c]") == "a\\*b\\_\\[c\\]"


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0 B"), (999, "999 B"), (247560, "247.6 kB"), (5e12, "5000.0 GB")]
)
def test_sizes_have_a_unit(value: float, shown: str) -> None:
    """Bytes are shown in the unit people would choose."""
    assert text.n_bytes(value) == shown


def test_rows_of_different_columns_make_one_csv() -> None:
    """A chart of several traces has rows of several kinds."""
    assert to_csv([{"a": 1}, {"b": 2}]).decode("utf-8-sig") == "a,b\n1,\n,2\n"


def test_all_layers_are_written_as_a_star(lenet) -> None:
    """A recipe that takes everything fits other models too."""
    names = picked(lenet, Recipe())
    assert with_picks(lenet, Recipe(layers=(names[0],)), names).layers == ("*",)


def test_a_choice_of_layers_is_what_the_recipe_clusters(lenet) -> None:
    """Whatever is ticked is clustered, small layers too, and nothing else."""
    recipe = Recipe(min_weights=1000)
    for picks in ({"conv1.weight"}, {"conv1.weight", "fc1.weight"}, set(pickable(lenet, recipe))):
        assert set(picked(lenet, with_picks(lenet, recipe, picks))) == picks


def test_the_command_line_names_samples_and_files() -> None:
    """The command can be pasted as it stands."""
    assert "sample:lenet5" in command_line(Project())
    own = Project(model=Source("upload", "0" * 64, "my net.pth"), preprocess={"divide": 1.0})
    assert "'my net.pth'" in command_line(own)
    assert "--preprocess" in command_line(own)


def test_shards_need_their_index(tmp_path) -> None:
    """Several files that no index joins are refused."""
    blobs = [Blob(tmp_path / n, n * 64, 1, f"{n}.safetensors") for n in "ab"]
    with pytest.raises(DataError, match="exactly one"):
        as_source(blobs)
    index = Blob(tmp_path / "i", "c" * 64, 1, "model.safetensors.index.json")
    assert len(as_source([*blobs, index]).parts) == 3


def test_a_new_run_stops_the_one_before() -> None:
    """Who presses the button twice wants the second answer only."""

    def endless():
        while True:
            yield Progress(0, 1)

    board = Board()
    old = board.submit("w/run/a", endless, "old")
    board.supersede("w/run/", "w/run/b")
    assert old.wait(5)
    assert board.find("w/run/a") is None


def test_the_board_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results take memory: only the newest are kept."""
    monkeypatch.setattr("pages._ui.board.KEPT", 3)
    board = Board()
    for i in range(6):
        board.submit(f"w/run/{i}", lambda: iter([Progress(1, 1)]), "").wait(5)
    assert [i for i in range(6) if board.find(f"w/run/{i}")] == [3, 4, 5]


def test_a_domain_without_a_widget_is_a_bug() -> None:
    """A new kind of parameter has to be given a widget."""
    with pytest.raises(NotImplementedError):
        widget(object(), "x", "k")


def test_only_the_first_request_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh server sends whoever asks for a page first around once, and nobody else."""
    sent: list[str] = []
    monkeypatch.setattr(cold_start.st, "html", lambda body, **_how: sent.append(body))
    monkeypatch.setattr(cold_start.st, "stop", lambda: None)
    cold_start._first_run.clear()
    for path in ("model", "model"):
        cold_start.reload_if_lost(path)
    assert len(sent) == 1
    cold_start._first_run.clear()
    cold_start.reload_if_lost("")
    assert len(sent) == 1
