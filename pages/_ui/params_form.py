"""From a declared domain to the widget that asks for a value of it."""

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import streamlit as st

from pages._ui.views import view
from wc_core.params import Choice, Domain, Flag, FloatRange, IntRange
from wc_core.words import _


@singledispatch
def widget(domain: Domain, name: str, key: str) -> Any:
    """Ask for one value; the value shown is the one under `key` in the session."""
    msg = f"no widget is known for {type(domain).__name__} ({name})"
    raise NotImplementedError(msg)


@widget.register
def _int(domain: IntRange, name: str, key: str) -> int:
    return int(
        st.number_input(
            _label(domain, name),
            min_value=domain.low,
            max_value=domain.high,
            step=1,
            key=key,
            help=_help(domain),
        )
    )


@widget.register
def _float(domain: FloatRange, name: str, key: str) -> float:
    span = domain.high - domain.low
    return float(
        st.number_input(
            _label(domain, name),
            min_value=domain.low,
            max_value=domain.high,
            step=span / 100,
            format="%g",
            key=key,
            help=_help(domain),
        )
    )


@widget.register
def _choice(domain: Choice, name: str, key: str) -> str:
    return str(st.selectbox(_label(domain, name), domain.options, key=key, help=_help(domain)))


@widget.register
def _flag(domain: Flag, name: str, key: str) -> bool:
    return bool(st.toggle(_label(domain, name), key=key, help=_help(domain)))


def params_form(space: Mapping[str, Domain], values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Ask for a value of every parameter of a space.

    Parameters
    ----------
    space : mapping of str to Domain
    values : mapping of str to object
        What is shown first.
    key : str
        Widgets are keyed `{key}.{name}`.
    """
    asked = {}
    for name, domain in space.items():
        asked[name] = widget(domain, name, view(f"{key}.{name}", values[name]))
    return asked


def start_button(label: str, key: str) -> bool:
    """Close a form with the button that sets its work going; tell whether it was pressed."""
    return st.form_submit_button(
        label,
        key=key,
        type="primary",
        icon=":material/play_arrow:",
        shortcut="Ctrl+Enter",
        width="stretch",
    )


def _label(domain: Domain, name: str) -> str:
    return _(domain.label) if domain.label else name


def _help(domain: Domain) -> str:
    about = _(domain.help) + " " if domain.help else ""
    return about + _("Possible: {domain}.").format(domain=domain.describe())
