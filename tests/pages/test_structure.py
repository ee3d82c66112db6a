"""How pages lie on disk, and what the first screen may load."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.pages.reading import PAGES, ROOT

UI = sorted((ROOT / "pages" / "_ui").glob("*.py"))


def test_no_page_lies_directly_in_pages() -> None:
    """A file there makes the first request of a fresh server run without app.py."""
    assert list((ROOT / "pages").glob("*.py")) == []


def test_the_router_lists_exactly_the_pages_on_disk() -> None:
    """A page that is not listed cannot be reached."""
    tree = ast.parse((ROOT / "pages" / "_ui" / "site_map.py").read_text())
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    names = [c.args[0].value for c in calls if getattr(c.func, "id", "") == "page"]
    assert sorted(f"pages/{name}.py" for name in names) == PAGES


def test_files_stay_short() -> None:
    """The router routes, a page is one task, what they share is in small pieces."""
    limits = {ROOT / "app.py": 60, **{ROOT / page: 100 for page in PAGES}, **dict.fromkeys(UI, 150)}
    lengths = {path: len(path.read_text().splitlines()) for path in limits}
    assert {p.name: n for p, n in lengths.items() if n > limits[p]} == {}


def test_the_first_screen_loads_nothing_heavy() -> None:
    """Numbers within three seconds leave no time to import torch."""
    code = (
        "from streamlit.testing.v1 import AppTest; import sys;"
        "at = AppTest.from_file('app.py', default_timeout=30).run();"
        "assert not at.exception;"
        "print(sorted({'torch', 'sklearn', 'umap', 'onnx', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_pages_catch_only_the_base_error() -> None:
    """Whatever else goes wrong is a bug that has to show."""
    allowed = {"WeightClusteringError", "ConfigError", "OSError", "ValueError"}
    for path in [*UI, *(ROOT / page for page in PAGES)]:
        for handler in (
            n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ExceptHandler)
        ):
            assert handler.type is not None, f"{path.name} catches everything"
            names = {getattr(n, "id", "") for n in ast.walk(handler.type)} - {""}
            assert names <= allowed | {"KeyError", "TypeError"}, f"{path.name} catches {names}"


def test_every_cache_is_bounded() -> None:
    """A cache without a bound grows until the server dies."""
    for path in [*UI, *map(Path, [ROOT / p for p in PAGES])]:
        text = path.read_text()
        for decorator in ("cache_data", "cache_resource"):
            assert text.count(f"st.{decorator}(") == text.count(f"st.{decorator}(max_entries=")
            assert f"@st.{decorator}\n" not in text
