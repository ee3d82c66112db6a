"""The session: which project is open, and where it is kept so that a reload finds it."""

from dataclasses import replace
from typing import Any

import streamlit as st

from pages._ui.project import Project, root
from wc_core.errors import ConfigError
from wc_core.store import WorkspaceStore
from wc_core.words import _

PROJECT = "lab.project"
WORKSPACE = "lab.workspace"
SAVED = "lab.saved"
NOTICE = "lab.notice"


def begin() -> None:
    """Open the workspace that the address names, or a new one; show its id once it is saved."""
    if PROJECT not in st.session_state:
        _open(st.query_params.get("w", ""))
    if st.session_state[SAVED] and st.query_params.get("w") != workspace():
        st.query_params["w"] = workspace()


def project() -> Project:
    """Return what the person is working on."""
    current: Project = st.session_state[PROJECT]
    return current


def workspace() -> str:
    """Return the id of the person's workspace."""
    return str(st.session_state[WORKSPACE])


def update(**changes: Any) -> Project:
    """Change the project, and keep it on disk so that a reload finds it."""
    changed = replace(project(), **changes)
    if changed != project() or not st.session_state[SAVED]:
        st.session_state[PROJECT] = changed
        WorkspaceStore(root() / "workspaces").save(workspace(), changed.to_dict())
        st.session_state[SAVED] = True
        st.query_params["w"] = workspace()
    return changed


def notice() -> str:
    """Return what a person should know about how the session began, once."""
    return str(st.session_state.pop(NOTICE, ""))


def _open(wanted: str) -> None:
    known = WorkspaceStore.is_id(wanted)
    st.session_state[WORKSPACE] = wanted if known else WorkspaceStore.new_id()
    saved = WorkspaceStore(root() / "workspaces").load(wanted) if known else {}
    st.session_state[PROJECT] = Project()
    if wanted and not saved:
        st.session_state[NOTICE] = _("The address names no known workspace: a fresh one is open.")
    if saved:
        try:
            st.session_state[PROJECT] = Project.from_dict(saved)
        except (KeyError, TypeError, ValueError, ConfigError):
            # A file of another version: the person keeps an app that works.
            st.session_state[NOTICE] = _("The workspace could not be read: a fresh one is open.")
    st.session_state[SAVED] = bool(saved)
