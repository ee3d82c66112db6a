"""Files that leave: the packed container, and dense models decoded from it."""

from wc_core.export.dense import write_dense
from wc_core.export.packed import load, open_model, pack, save
from wc_core.export.streamed import WrittenModel, compress_to_file_steps

__all__ = [
    "WrittenModel",
    "compress_to_file_steps",
    "load",
    "open_model",
    "pack",
    "save",
    "write_dense",
]
