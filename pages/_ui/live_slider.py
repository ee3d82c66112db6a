"""A slider that reports while it is dragged: Streamlit's own waits until it is let go."""

import streamlit as st

_HTML = """
<label for="slider"></label>
<output for="slider"></output>
<input id="slider" type="range" step="1">
"""

_CSS = """
:host { display: block; }
label, output { color: var(--st-text-color); font-family: var(--st-font); font-size: 0.875rem; }
output { color: var(--st-link-color); font-weight: 600; padding-left: 0.5rem; }
input { display: block; height: 1.75rem; margin: 0; width: 100%; }
input { accent-color: var(--st-primary-color); }
"""

# One question at a time: the next value is sent when the last one has been answered, so that
# fast hands never keep the server from finishing a picture.
_JS = """
const PATIENCE_MS = 3000;
export default function ({ data, parentElement, setStateValue }) {
  const find = (name) => parentElement.querySelector(name);
  const [label, output, input] = ["label", "output", "input"].map(find);
  const memo = (parentElement.memo ??= { asked: null, timer: 0 });
  const show = () => { output.textContent = input.value; };
  const ask = () => {
    if (memo.asked !== null) return;
    const sent = (memo.asked = Number(input.value));
    memo.timer = setTimeout(() => {  // no answer: another value is worth another question
      memo.asked = null;
      if (Number(input.value) !== sent) ask();
    }, PATIENCE_MS);
    setStateValue("value", sent);
  };
  label.textContent = data.label;
  Object.assign(input, { min: data.low, max: data.high });
  input.oninput = () => { show(); ask(); };
  if (memo.asked === null) {
    input.value = data.value;
  } else if (memo.asked === data.value) {
    clearTimeout(memo.timer);
    memo.asked = null;
    if (Number(input.value) !== data.value) ask();
  }
  show();
}
"""

_SLIDER = st.components.v2.component("live_slider", html=_HTML, css=_CSS, js=_JS)


def live_slider(label: str, low: int, high: int, key: str) -> None:
    """Show a slider over the whole number that the session holds under `key`.

    Call it last in a fragment, in a container that stands where the slider should: the browser
    takes it for the answer, and sends the next value only then.
    """
    widget = f"{key}.slider"

    def take() -> None:
        said = st.session_state[widget].get("value")
        if isinstance(said, int | float) and low <= said <= high:  # it comes from a browser
            st.session_state[key] = int(said)

    _SLIDER(
        key=widget,
        data={"label": label, "low": low, "high": high, "value": st.session_state[key]},
        on_value_change=take,
    )
