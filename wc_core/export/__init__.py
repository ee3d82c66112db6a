"""Files that leave: the packed container, and what other programs open.

One more format means a file with a class under `@EXPORTERS.register`, and a line below.
"""

from wc_core.export import container, core_ml, dense, onnx, state_dict, texts
from wc_core.export._exporter import EXPORTERS, Exported, ExportedFile, Exporter, export_steps
from wc_core.export.dense import write_dense
from wc_core.export.everything import everything
from wc_core.export.packed import load, open_model, pack, save
from wc_core.export.streamed import WrittenModel, compress_to_file_steps
from wc_core.export.zipped import zipped_sizes

__all__ = [
    "EXPORTERS",
    "Exported",
    "ExportedFile",
    "Exporter",
    "WrittenModel",
    "compress_to_file_steps",
    "container",
    "core_ml",
    "dense",
    "everything",
    "export_steps",
    "load",
    "onnx",
    "open_model",
    "pack",
    "save",
    "state_dict",
    "texts",
    "write_dense",
    "zipped_sizes",
]
