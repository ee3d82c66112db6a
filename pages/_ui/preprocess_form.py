"""How pixels become the numbers a model was trained on; a wrong answer ruins any accuracy."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.errors import show_error
from pages._ui.state import update
from pages._ui.views import view
from wc_core.errors import ConfigError, WeightClusteringError
from wc_core.words import _

if TYPE_CHECKING:
    from wc_core.data import PreprocessSpec

OWN = "own"  # stands among the presets for "none of them"


def preprocess_form(desk: Desk) -> None:
    """Show the preprocessing and let it be changed; the baseline is measured anew at once."""
    from wc_core.data import PRESETS

    if desk.config is None:
        return
    spec = desk.config.preprocess
    name = next((n for n, preset in PRESETS.items() if preset == spec), OWN)
    names = {n: n for n in PRESETS} | {OWN: _("own values")}
    chosen = st.selectbox(
        _("Preprocessing"),
        list(names),
        key=view("data.preset", name),
        format_func=names.__getitem__,
        help=_("Has to be what the model was trained with; a baseline near chance says it is not."),
    )
    if chosen not in (name, OWN):
        update(preprocess=PRESETS[chosen].to_dict())
        st.rerun()
    st.caption(_in_words(spec))
    with st.expander(_("Change single values"), icon=":material/tune:"):
        _fields(spec)


def _in_words(spec: "PreprocessSpec") -> str:
    steps = []
    if spec.resize:
        steps.append(
            _("shorter side resized to {n} ({how})").format(n=spec.resize, how=spec.interpolation)
        )
    if spec.crop:
        steps.append(_("centre cut to {n} × {n}").format(n=spec.crop))
    if spec.colour != "as_is":
        steps.append(_("colours as {colour}").format(colour=spec.colour))
    steps.append(
        _("value = (pixel / {divide:g} − {mean}) / {std}").format(
            divide=spec.divide, mean=_numbers_text(spec.mean), std=_numbers_text(spec.std)
        )
    )
    return _("Each image: {steps}.").format(steps="; ".join(steps))


def _fields(spec: "PreprocessSpec") -> None:
    with st.form("data.preprocess", border=False):
        top = st.columns(3)
        resize = top[0].number_input(
            _("Resize to"),
            0,
            4096,
            key=view("data.resize", spec.resize or 0),
            help=_("Shorter side in pixels; 0 leaves the size as it is."),
        )
        crop = top[1].number_input(
            _("Cut to"),
            0,
            4096,
            key=view("data.crop", spec.crop or 0),
            help=_("Side of the square cut from the centre; 0 cuts nothing."),
        )
        divide = top[2].number_input(
            _("Divide by"), key=view("data.divide", float(spec.divide)), format="%g"
        )
        low = st.columns(4)
        given = {
            "colour": low[0].selectbox(
                _("Colours"), ["as_is", "grey", "rgb", "bgr"], key=view("data.colour", spec.colour)
            ),
            "interpolation": low[1].selectbox(
                _("Interpolation"),
                ["bilinear", "bicubic", "nearest"],
                key=view("data.interpolation", spec.interpolation),
            ),
        }
        mean = low[2].text_input(_("Mean"), key=view("data.mean", _numbers_text(spec.mean)))
        std = low[3].text_input(
            _("Standard deviation"), key=view("data.std", _numbers_text(spec.std))
        )
        if st.form_submit_button(_("Apply"), key="data.apply"):
            size = {
                "resize": int(resize) or None,
                "crop": int(crop) or None,
                "divide": float(divide),
            }
            _apply(spec, {**given, **size}, mean, std)


def _apply(spec: "PreprocessSpec", given: Mapping[str, Any], mean: str, std: str) -> None:
    try:
        values = {**given, "mean": _numbers(mean), "std": _numbers(std)}
        changed = replace(spec, **values)
    except WeightClusteringError as error:
        show_error(error)
        return
    update(preprocess=changed.to_dict())
    st.rerun()


def _numbers(text: str) -> tuple[float, ...]:
    """Read numbers parted by commas."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        msg = _("write numbers parted by commas, one for each channel; got {text!r}")
        raise ConfigError(msg.format(text=text)) from error


def _numbers_text(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)
