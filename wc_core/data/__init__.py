"""Data sets and preprocessing: labelled images from files, and how pixels become numbers."""

from wc_core.data.preprocess import preprocess
from wc_core.data.spec import PRESETS, PreprocessSpec

__all__ = ["PRESETS", "PreprocessSpec", "preprocess"]
