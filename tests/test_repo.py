"""Rules that the repository keeps, beyond what the linters can see."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENGINE = ROOT / "wc_core"

# Libraries that take longer to import than a person waits for a first number.
HEAVY = (
    "torch",
    "sklearn",
    "scipy",
    "umap",
    "numba",
    "onnx",
    "onnxruntime",
    "plotly",
    "pandas",
    "PIL",
    "streamlit",
)


def modules() -> list[str]:
    """Return the engine's public modules as paths from its root; private ones serve these."""
    return sorted(
        path.relative_to(ENGINE).as_posix()
        for path in ENGINE.rglob("*.py")
        if not any(part.startswith("_") for part in path.relative_to(ENGINE).parts)
    )


def test_no_page_lies_directly_in_pages() -> None:
    """A .py file there makes a cold server answer a deep link in Streamlit's old page mode."""
    assert list((ROOT / "pages").glob("*.py")) == []


def test_the_app_lists_every_page() -> None:
    """A page that the site map does not name cannot be reached."""
    listed = (ROOT / "pages" / "_ui" / "site_map.py").read_text()
    pages = [
        path.relative_to(ROOT / "pages").with_suffix("").as_posix()
        for path in (ROOT / "pages").rglob("*.py")
        if "_ui" not in path.parts
    ]
    assert pages
    assert [page for page in pages if f'"{page}"' not in listed] == []


def test_the_router_stays_short() -> None:
    """What a page does is written in the page."""
    assert len((ROOT / "app.py").read_text().splitlines()) < 60


@pytest.mark.parametrize("module", modules())
def test_every_engine_module_is_tested_at_its_place(module: str) -> None:
    """Whoever changes a module finds its tests at the same path, or beside it in the folder.

    A folder of many small modules of one kind (charts, architectures) may test them together:
    then a test there calls what the module offers by name.
    """
    path = ENGINE / module
    folder = ROOT / "tests" / Path(module).parent
    if (folder / f"test_{path.stem}.py").exists():
        return
    assert Path(module).parent != Path(), "a top-level module has a test file of its own"
    tests = "\n".join(test.read_text() for test in folder.rglob("test_*.py"))
    offered = re.findall(r"^(?:def|class) ([A-Za-z]\w+)", path.read_text(), flags=re.MULTILINE)
    assert [name for name in offered if re.search(rf"\b{name}\b", tests)], folder


@pytest.mark.parametrize("imported", ["wc_core", "wc_core.recipe", "wc_core.store", "wc_core.jobs"])
def test_importing_the_engine_loads_nothing_heavy(imported: str) -> None:
    """The first screen must not wait for libraries that it does not use."""
    code = f"import sys, {imported}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_has_an_upper_bound(name: str) -> None:
    """An install next year takes versions that were tried."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    wanted = [line for line in lines if line and not line.startswith("-r ")]
    assert wanted
    assert [line for line in wanted if not re.search(r"==|<", line)] == []


def test_contributing_fits_on_one_screen() -> None:
    """Who adds something reads all of it."""
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) <= 60


def test_no_source_file_outgrows_its_reader() -> None:
    """A file of more than 400 lines has two subjects."""
    folders = (ENGINE, ROOT / "pages", ROOT / "tests")
    long = {
        str(path.relative_to(ROOT)): n_lines
        for folder in folders
        for path in folder.rglob("*.py")
        if (n_lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


def test_the_catalogue_template_holds_the_texts_of_the_sources() -> None:
    """Translators see every text; run `make messages` after changing one."""
    from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_from_file
    from babel.messages.pofile import read_po

    keywords = {**DEFAULT_KEYWORDS, "mark": None}
    found = {text for _, text, _, _ in extract_from_file("python", ROOT / "app.py", keywords)}
    for folder in ("pages", "wc_core"):
        # Babel leaves out folders that begin with an underscore unless told otherwise.
        texts = extract_from_dir(ROOT / folder, keywords=keywords, directory_filter=lambda _: True)
        found |= {text for _, _, text, _, _ in texts}
    with (ROOT / "assets" / "locale" / "messages.pot").open("rb") as file:
        kept = {message.id for message in read_po(file) if message.id}
    assert kept == found
