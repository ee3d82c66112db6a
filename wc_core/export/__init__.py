"""Files that leave: the packed container, and dense models decoded from it."""

from wc_core.export.dense import write_dense
from wc_core.export.packed import load, open_model, pack, save

__all__ = ["load", "open_model", "pack", "save", "write_dense"]
