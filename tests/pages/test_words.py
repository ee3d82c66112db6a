"""Every text a person sees can be translated."""

import ast
from gettext import NullTranslations

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui import i18n
from tests.pages.reading import PAGES, ROOT

SAYS = {
    "title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success",
    "toast", "metric", "button", "form_submit_button", "download_button", "selectbox",
    "multiselect", "number_input", "text_input", "toggle", "checkbox", "segmented_control",
    "pills", "radio",
    "slider", "file_uploader", "expander", "popover", "tabs", "badge", "page_link", "spinner",
    "progress", "empty_state", "show_error", "live_slider",
}  # fmt: skip
WORDY = {
    "label",
    "help",
    "alt",
    "caption",
    "placeholder",
    "title",
    "text",
    "label_text",
    "help_text",
}


class Pseudo(NullTranslations):
    """A language in which every message stands in brackets."""

    def gettext(self, message: str) -> str:
        """Return the message in brackets."""
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the fitting message in brackets."""
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


def _bare_literals(source: str) -> list[tuple[int, str]]:
    """Return texts that go to a person without passing through gettext."""
    found = []
    for call in (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name not in SAYS:
            continue
        shown = [*call.args[:1], *(k.value for k in call.keywords if k.arg in WORDY)]
        for value in shown:
            if isinstance(value, ast.JoinedStr | ast.Constant) and _has_words(value):
                found.append((call.lineno, ast.unparse(value)))
    return found


def _has_words(node: ast.expr) -> bool:
    literals = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
    return any(isinstance(v, str) and any(c.isalpha() for c in v) for v in literals)


def test_the_search_finds_a_bare_literal() -> None:
    """The test below would be worthless if it could not fail."""
    assert _bare_literals("st.title('Hello')") == [(1, "'Hello'")]
    assert _bare_literals("st.title(_('Hello')); st.metric(_('n'), '12')") == []


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*/*.py")), ids=lambda p: p.name)
def test_no_text_is_written_past_gettext(path) -> None:
    """What a page says passes through gettext; file paths of page links are no text."""
    literals = _bare_literals(path.read_text())
    assert [t for t in literals if "pages/" not in t[1]] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_another_language(
    page: str, app: AppTest, settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Titles, headings and labels come from the catalogue in use."""
    monkeypatch.setattr(i18n, "catalogue", lambda code: Pseudo())
    app.switch_page(page).run()
    at = settle(app)
    assert not at.exception
    said = [*at.title, *at.header, *at.subheader, *at.caption]
    labels = [
        w.label for kind in (at.selectbox, at.number_input, at.button, at.metric) for w in kind
    ]
    words = [str(item.value) for item in said] + labels
    assert [text for text in words if text and "⟦" not in text and _is_sentence(text)] == []


def _is_sentence(text: str) -> bool:
    """Tell words of ours from names of classes and layers."""
    return len(text.split()) > 2


def test_english_needs_no_catalogue() -> None:
    """The words stand in the code."""
    assert i18n.languages()[0] == "en"


def test_the_template_holds_every_message() -> None:
    """A message that was never extracted cannot be translated."""
    template = (ROOT / "assets" / "locale" / "messages.pot").read_text()
    for text in ("Where to begin", "Layers to cluster", "Clusters (k)"):
        assert f'msgid "{text}"' in template
