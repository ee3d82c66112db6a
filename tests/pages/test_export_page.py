"""Export: the files of the result, their sizes, and how they are used elsewhere."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from streamlit.testing.v1 import AppTest

from pages._ui import board
from pages._ui.export_job import FOLDERS_KEPT, _make_room
from tests.pages.reading import texts, upload_model
from wc_core import export
from wc_core.export import EXPORTERS

PAGE = "pages/lab/export.py"
FORMATS, ZIPPED = "Format", "File"  # first columns of both tables
QUICK = ("packed", "dense", "recipe", "command_line", "python")
"""Formats that need neither torch nor a converter: one test makes all, the others these."""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make only the formats that cost nothing."""
    made = export.export_steps

    def few(compressed, folder, context=None):
        return made(compressed, folder, QUICK, context)

    monkeypatch.setattr(export, "export_steps", few)


@pytest.fixture
def upload(tmp_path: Path) -> bytes:
    """Return the file of a model that nobody knows how to run."""
    rng = np.random.default_rng(0)
    shapes = {"embed.weight": (40, 30), "other.table": (13, 70)}
    tensors = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    save_file(tensors, tmp_path / "own.st")
    return (tmp_path / "own.st").read_bytes()


def buttons(at: AppTest) -> set[str]:
    """Return the keys of all offers of a download."""
    return {str(item.key) for item in at.get("download_button")}


def rows(at: AppTest, column: str) -> list[dict]:
    """Return the table that has a column of this name as its first."""
    tables = [item.value for item in at.dataframe]
    return next(t for t in tables if column == t.columns[0]).to_dict("records")


def files(workspace: Path) -> dict[str, int]:
    """Return the files that were made, with their lengths."""
    return {p.name: p.stat().st_size for p in workspace.glob("exports/*/*/*")}


def test_the_sample_is_exported_unasked(app: AppTest, settle, workspace: Path) -> None:
    """Every format is offered with the length of its file, or the reason why not is given."""
    app.switch_page(PAGE).run()
    at = settle(app)
    assert not at.exception
    made = files(workspace)
    table = rows(at, FORMATS)
    assert {row["File"]: row["Bytes"] for row in table}.items() <= made.items()
    offered = {f"download.{name}" for name in EXPORTERS if f"download.{name}" in buttons(at)}
    assert len(offered) >= len(QUICK)
    assert "download.everything" in buttons(at)
    (archive,) = workspace.glob("exports/*/*/everything.zip")
    assert {*made} - {"everything.zip"} <= set(zipfile.ZipFile(archive).namelist())


def test_ratios_and_zips_name_their_base(app: AppTest, settle, quick) -> None:
    """Every ratio is of the bytes beside it, and the bytes of its base are told."""
    at = settle(app.switch_page(PAGE).run())
    for name, ratio in ((FORMATS, "Times smaller than original"), (ZIPPED, "Times smaller")):
        for row in rows(at, name):
            assert row[ratio] == pytest.approx(247_560 / row["Bytes"], abs=0.01)
    assert "as it was given, 247,560 B" in texts(at)
    assert "than the original file (247,560 B)" in texts(at)
    assert [row["File"] for row in rows(at, ZIPPED)] == [
        "Original file", "Original file, then zip", "Original file, then zstd",
        "Compressed file", "Compressed file, then zip", "Compressed file, then zstd",
    ]  # fmt: skip
    assert "Why is my .pt not smaller?" in texts(at)


def test_the_accuracy_of_what_is_exported_is_shown(app: AppTest, settle, quick) -> None:
    """Whoever takes the file knows what it does, and on how many images that was measured."""
    at = settle(app.switch_page(PAGE).run())
    accuracy = next(m.value for m in at.metric if m.label == "Accuracy after")
    assert accuracy.endswith("%")
    assert "n = 400 images" in texts(at)


def test_recipe_command_and_python_are_shown(app: AppTest, settle, quick) -> None:
    """What the page did can be done anywhere, with the same recipe."""
    at = settle(app.switch_page(PAGE).run())
    shown = [item.value for item in at.code]
    assert any(text.startswith("python -m wc_core compress sample:lenet5") for text in shown)
    recipe = next(text for text in shown if text.startswith("{"))
    assert json.loads(recipe) == at.session_state["lab.project"].recipe.to_dict()
    assert any("import" in text and "compress" in text for text in shown)
    assert any(text.startswith("python decoder.py lenet5") for text in shown)


def test_a_model_that_is_not_clustered_yet_gets_the_way_to_cluster(
    app: AppTest, settle, upload: bytes
) -> None:
    """Nothing is made, and the page says what to do."""
    at = upload_model(app, upload, "own.safetensors")
    settle(at.switch_page(PAGE).run())
    assert not at.exception
    assert "not clustered yet" in texts(at)
    assert buttons(at) == set()


def test_the_files_of_an_upload_are_made_on_demand(
    app: AppTest, settle, quick, upload: bytes, workspace: Path
) -> None:
    """A large model is not converted into everything before somebody asks."""
    at = clustered(upload_model(app, upload, "own.safetensors"), settle)
    at.switch_page(PAGE).run()
    assert files(workspace) == {}
    assert "Packed" in texts(at)
    at.button(key="export.submit").click().run()
    settle(at)
    assert not at.exception
    assert "everything.zip" in files(workspace)
    assert "download.everything" in buttons(at)


def test_a_format_that_is_impossible_gives_its_reason(app: AppTest, settle, upload: bytes) -> None:
    """A graph cannot be made of weights alone; the reason stands where the file would."""
    at = clustered(upload_model(app, upload, "own.safetensors"), settle)
    at.switch_page(PAGE).run()
    reason = next(line for line in texts(at).splitlines() if line.startswith("- **ONNX**: "))
    assert "not known" in reason
    at.button(key="export.submit").click().run()
    settle(at)
    assert not at.exception
    assert reason in texts(at)
    assert "Not possible here" in [item.value for item in at.subheader]
    assert "download.onnx" not in buttons(at)
    assert "download.packed" in buttons(at)


def test_a_cancelled_export_keeps_what_is_finished(
    app: AppTest, settle, quick, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that were written are offered, the archive is not, and the button makes the rest."""
    few = export.export_steps

    def stopped(compressed, folder, context=None):
        for record in few(compressed, folder, context=context):
            yield record
            if record.result is not None and len(record.result.files) == 2:
                for job in board.board().active("").values():
                    job.cancel()

    monkeypatch.setattr(export, "export_steps", stopped)
    # Once more: the job may end while the page that started it is still drawn.
    at = settle(app.switch_page(PAGE).run()).run()
    assert not at.exception
    assert "Cancelled" in texts(at)
    assert len(rows(at, FORMATS)) >= 1
    assert "download.everything" not in buttons(at)
    monkeypatch.setattr(export, "export_steps", few)
    at.button(key="export.submit").click().run()
    assert "download.everything" in buttons(settle(at))


def test_files_that_were_cleared_away_are_made_again(
    app: AppTest, settle, quick, workspace: Path
) -> None:
    """Nobody is offered a file that is gone."""
    at = settle(app.switch_page(PAGE).run())
    for path in workspace.glob("exports/*/*/*"):
        path.unlink()
    at = settle(at.run())
    assert not at.exception
    assert "everything.zip" in files(workspace)


def test_old_exports_are_cleared(tmp_path: Path) -> None:
    """Dense files of every recipe ever tried would fill the disk."""
    for i in range(FOLDERS_KEPT + 3):
        _make_room(tmp_path / f"{i}")
    assert len(list(tmp_path.iterdir())) == FOLDERS_KEPT
    assert (tmp_path / f"{FOLDERS_KEPT + 2}").is_dir()


def test_cluster_shows_the_way(app: AppTest, settle) -> None:
    """After a run the next step is one click away."""
    at = settle(app.switch_page("pages/lab/cluster.py").run())
    assert "Next: export it" in [link.proto.label for link in at.get("page_link")]


def clustered(at: AppTest, settle) -> AppTest:
    """Cluster what is open."""
    at.switch_page("pages/lab/cluster.py").run()
    at.button(key="cluster.submit").click().run()
    return settle(at)
