"""Where the pages are, and what they say: what the tests of this folder share."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "pages").glob("[!_]*/*.py"))


def texts(at: AppTest) -> str:
    """Return all that the page says, for a look at single words."""
    kinds = (at.title, at.header, at.markdown, at.caption, at.info, at.warning, at.error)
    return "\n".join(str(item.value).replace("\\", "") for kind in kinds for item in kind)


def upload_model(at: AppTest, content: bytes, name: str) -> AppTest:
    """Drop a file on the Model page."""
    at.switch_page("pages/lab/model.py").run()
    at.file_uploader(key=uploader(at, "model")).upload(name, content)
    return at.run()


def uploader(at: AppTest, kind: str) -> str:
    """Return the key of an uploader, which counts uploads."""
    return f"{kind}.upload.{at.session_state[f'{kind}.upload.version']}"
