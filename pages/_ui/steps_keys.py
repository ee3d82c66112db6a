"""The animation's buttons by keyboard: plotly draws them, but gives them no focus."""

import json

import streamlit as st

from wc_core.words import _

PAUSE = "❚❚"  # what plotly's button says

_SCRIPT = """<script>
(() => {
  const find = () => document.querySelector(".st-key-chart-algorithm_steps");
  const pause = %s;
  const mark = () => find()?.querySelectorAll("g.updatemenu-button").forEach((button) => {
    button.setAttribute("tabindex", "0");
    button.setAttribute("role", "button");
    if (button.textContent === pause.sign) button.setAttribute("aria-label", pause.name);
  });
  window.clearInterval(window.stepsKeys);
  window.stepsKeys = window.setInterval(mark, 500);
  if (window.stepsKeysReady) return;
  window.stepsKeysReady = true;
  // Plotly rejects, without a reason, the promise of an animation that the next button ends.
  window.addEventListener("unhandledrejection", (event) => {
    if (event.reason === undefined) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    const button = event.target.closest?.("g.updatemenu-button");
    if (!button || !find()?.contains(button) || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    button.dispatchEvent(new MouseEvent("click", {bubbles: true}));
  });
})();
</script>"""


def steps_keys() -> None:
    """Give the buttons of the animation focus, Enter and Space, and a name where one lacks."""
    pause = {"sign": PAUSE, "name": _("Pause")}
    st.html(_SCRIPT % json.dumps(pause), unsafe_allow_javascript=True)
