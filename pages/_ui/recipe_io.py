"""The recipe as a file and as a command: what the page does, the command line does too."""

import json
import shlex

import streamlit as st

from pages._ui.desk import Desk
from pages._ui.layer_picker import picked
from pages._ui.project import Project
from pages._ui.state import update
from pages._ui.upload import accept, receive, refuse
from wc_core.errors import ConfigError
from wc_core.recipe import Recipe
from wc_core.words import _

UPLOAD = "cluster.recipe"


def recipe_download(desk: Desk) -> None:
    """Offer the recipe as a file, with the command that does the same with it."""
    st.download_button(
        _("Recipe (JSON)"),
        desk.project.recipe.to_json(),
        file_name="recipe.json",
        mime="application/json",
        key="download.recipe",
        icon=":material/data_object:",
        on_click="ignore",
    )
    st.caption(_("The same from the command line, to the byte:"))
    st.code(command_line(desk.project), language="bash", wrap_lines=True)


def recipe_upload(desk: Desk) -> None:
    """Take a recipe from a file; one that does not fit the model is refused with the reason."""
    stored = receive(
        UPLOAD,
        label=_("Open a recipe (JSON)"),
        help_text=_("A file saved on this page, or written by hand."),
        types=["json"],
        many=False,
    )
    if stored:
        try:
            recipe = Recipe.from_json(stored[0].path.read_text(errors="replace"))
            if not picked(desk.model, recipe):
                raise ConfigError(
                    _("the recipe chooses no layer of {model}").format(model=desk.model.name)
                )
            update(recipe=recipe)
            accept(UPLOAD)
        except ConfigError as error:
            refuse(UPLOAD, error)
        st.rerun()


def command_line(project: Project) -> str:
    """Return the command that does what the page does with the recipe file beside it."""
    model, data = project.model, project.data
    model_name = f"sample:{model.ref}" if model.kind == "sample" else model.filename
    data_name = "sample" if data.kind == "sample" else data.filename
    parts = ["python", "-m", "wc_core", "compress", model_name, "-o", _output(project)]
    parts += ["--recipe", "recipe.json", "--data", data_name]
    if project.preprocess:
        parts += ["--preprocess", json.dumps(dict(project.preprocess))]
    return shlex.join(parts)


def export_command(project: Project) -> str:
    """Return the command that makes all other files of what `command_line` has written."""
    parts = ["python", "-m", "wc_core", "export", _output(project), "-o", "files", "--everything"]
    return shlex.join(parts)


def _output(project: Project) -> str:
    return project.model.filename.rsplit(".", 1)[0] + ".clustered.safetensors"
