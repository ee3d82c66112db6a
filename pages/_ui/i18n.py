"""Which language a person reads, and which languages there are."""

from gettext import GNUTranslations, NullTranslations
from pathlib import Path

import streamlit as st

from wc_core.assets import ASSETS
from wc_core.words import _, set_language

LOCALE = ASSETS / "locale"
SOURCE_LANGUAGE = "en"  # stands in the code, needs no catalogue
NAMES = {"en": "English", "zh": "中文", "de": "Deutsch", "fr": "Français", "es": "Español"}
CHOICE = "app.language"


def languages() -> list[str]:
    """Return the codes of all languages that have a catalogue, English first."""
    found = LOCALE.glob("*/LC_MESSAGES/messages.mo")
    return [SOURCE_LANGUAGE, *sorted(path.parts[-3] for path in found)]


@st.cache_resource(max_entries=16, show_spinner=False)
def catalogue(code: str) -> NullTranslations:
    """Return the catalogue of a language; the empty one for English."""
    path: Path = LOCALE / code / "LC_MESSAGES" / "messages.mo"
    if code == SOURCE_LANGUAGE or not path.is_file():
        return NullTranslations()
    with path.open("rb") as stream:
        return GNUTranslations(stream)


def current_language() -> str:
    """Return the language picked, else the one in the address, else English."""
    for wish in (st.session_state.get(CHOICE), st.query_params.get("lang")):
        if wish in languages():
            return str(wish)
    return SOURCE_LANGUAGE


def use_language() -> None:
    """Speak the person's language for the rest of this run.

    Fragments run in a context of their own, so each calls this first.
    """
    set_language(catalogue(current_language()))


def tell_browser() -> None:
    """Set the page's language where screen readers look for it: Streamlit leaves it at English."""
    code = current_language()
    if code != SOURCE_LANGUAGE:
        script = f"<script>document.documentElement.lang = {code!r}</script>"
        st.html(script, unsafe_allow_javascript=True)
        if st.query_params.get("lang") != code:
            st.query_params["lang"] = code


def language_picker() -> None:
    """Offer the languages when there is more than one."""
    codes = languages()
    if len(codes) > 1:
        st.selectbox(
            _("Language"),
            codes,
            index=codes.index(current_language()),
            format_func=lambda code: NAMES.get(code, code),
            key=CHOICE,
            persist_state="session",
        )
