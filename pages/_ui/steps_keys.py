"""The animation's buttons by keyboard: plotly draws them, but gives them no focus."""

import json

import streamlit as st

from wc_core.words import _

_SCRIPT = """<script>
(() => {
  const find = () => document.querySelector(".st-key-chart-algorithm_steps");
  const names = %s;
  const mark = () => find()?.querySelectorAll("g.updatemenu-button").forEach((button, i) => {
    button.setAttribute("tabindex", "0");
    button.setAttribute("role", "button");
    button.setAttribute("aria-label", names[i] ?? button.textContent);
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
    """Give the buttons of the animation focus, a name, and Enter and Space."""
    names = [
        _("Play slowly"),
        _("Play"),
        _("Play fast"),
        _("One iteration back"),
        _("Pause"),
        _("One iteration forward"),
    ]
    st.html(_SCRIPT % json.dumps(names), unsafe_allow_javascript=True)
