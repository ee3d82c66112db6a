"""Data sets and preprocessing: labelled images from files, and how pixels become numbers."""

from wc_core.data.dataset import Dataset, check_fits
from wc_core.data.load import load_dataset
from wc_core.data.preprocess import preprocess
from wc_core.data.spec import PRESETS, PreprocessSpec

__all__ = ["PRESETS", "Dataset", "PreprocessSpec", "check_fits", "load_dataset", "preprocess"]
