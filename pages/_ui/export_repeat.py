"""How to do it again, and how to open the files without this program."""

import json
import shlex

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.downloads import file_button
from pages._ui.export_job import TEXTS, ExportResult
from pages._ui.recipe_io import command_line, export_command
from wc_core.words import _

TEXT_HEIGHT = 320  # pixels; longer texts scroll


def repeat(desk: Desk, made: ExportResult | None) -> None:
    """Show the recipe, the command and the Python lines that make the same file again."""
    st.header(_("Do it again"))
    st.caption(_("Same model, same recipe, same bytes: on this page, in a shell or in Python."))
    paths = {name: made.files[name].path for name in TEXTS if made and name in made.files}
    python = paths["python"].read_text() if "python" in paths else ""
    commands = f"{command_line(desk.project)}\n{export_command(desk.project)}"
    shown = {
        "command_line": (_("Command line"), "bash", commands),
        "recipe": (_("Recipe (JSON)"), "json", desk.project.recipe.to_json()),
        "python": ("Python", "python", python),
    }
    offered = {name: spec for name, spec in shown.items() if spec[2]}
    tabs = st.tabs([title for title, _language, _text in offered.values()])
    for tab, (name, (_title, language, text)) in zip(tabs, offered.items(), strict=True):
        with tab:
            height = "content" if name == "command_line" else TEXT_HEIGHT
            st.code(text, language=language, wrap_lines=True, height=height)
            if name in paths:
                file_button(paths[name].name, paths[name], key=f"download.{name}")


def open_elsewhere(made: ExportResult | None) -> None:
    """Show how each kind of file is opened with nothing of this program."""
    st.header(_("Open it elsewhere"))
    files = made.files if made else {}
    names = {name: files[name].path.name for name in files if name not in TEXTS}
    ways = [way for way in _ways(names) if way[1]]
    if not ways:
        st.caption(_("The lines for each file stand here as soon as the files are made."))
        return
    for tab, (_title, code, about) in zip(st.tabs([w[0] for w in ways]), ways, strict=True):
        with tab:
            st.caption(about)
            st.code(code, language="python" if "import" in code else "bash", wrap_lines=True)


def _ways(names: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return (title, code, what it needs) of each way that the files at hand allow."""
    return [
        (
            _("Packed file"),
            _decoder(names.get("packed", "")),
            _("decoder.py is one file in everything.zip; it needs Python and numpy, no more."),
        ),
        (
            "PyTorch",
            _torch(names.get("state_dict", "")),
            _("A plain state dict with the names, shapes and dtypes of the original."),
        ),
        (
            "ONNX",
            _onnx(names.get("onnx", "")),
            _("Standard operators only: the indices are looked up when the session starts."),
        ),
        (
            _("Dense safetensors"),
            _dense(names.get("dense", "")),
            _("Any safetensors reader opens it; every weight stands there at full width."),
        ),
    ]


def _decoder(name: str) -> str:
    if not name:
        return ""
    return f"python decoder.py {shlex.quote(name)} weights.npz\n"


def _torch(name: str) -> str:
    if not name:
        return ""
    return (
        "import torch\n\n"
        f"state = torch.load({json.dumps(name)}, weights_only=True)\n"
        "model.load_state_dict(state)  # your own module of the same architecture\n"
    )


def _onnx(name: str) -> str:
    if not name:
        return ""
    return (
        "import onnxruntime\n\n"
        f"session = onnxruntime.InferenceSession({json.dumps(name)})\n"
        "logits = session.run(None, {session.get_inputs()[0].name: images})[0]\n"
    )


def _dense(name: str) -> str:
    if not name:
        return ""
    return f"from safetensors.numpy import load_file\n\nweights = load_file({json.dumps(name)})\n"
