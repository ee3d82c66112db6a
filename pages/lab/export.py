"""Export: the files of the result, what each takes, and how to use them elsewhere."""

import streamlit as st

from pages._ui.desk import open_desk
from pages._ui.errors import explained, raise_bug
from pages._ui.export_files import export_files
from pages._ui.export_numbers import export_numbers
from pages._ui.export_repeat import open_elsewhere, repeat
from pages._ui.export_sizes import export_sizes
from pages._ui.exports import exports_of
from pages._ui.finished import finished
from wc_core.words import _

st.title(_("Export"))
st.caption(
    _(
        "The clustered model as files that other programs open. Each file is written, read back "
        "and compared before it is offered, and every size is that of the file."
    )
)
with explained():
    desk = open_desk()
    job = exports_of(desk)
result = finished(desk)
if result is not None and result.compressed is not None:
    export_numbers(result)
    if job is not None:
        raise_bug(job.error)
    export_files(desk, result, job)
    made = job.result if job else None
    export_sizes(result, made)
    repeat(desk, made)
    open_elsewhere(made)
