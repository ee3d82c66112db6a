"""Dense files are what other programs load."""

import pytest
import torch
from safetensors.torch import load_file

from wc_core import ConfigError, Recipe, compress, load_model
from wc_core.export import write_dense
from wc_core.models.zoo.lenet import build_lenet5


def test_the_decoded_sample_loads_into_its_module(tmp_path):
    """load_state_dict takes it, strictly, and the module gives the same logits."""
    small = compress(load_model("sample:lenet5"), Recipe())
    n_bytes = write_dense(small.decoded(), tmp_path / "dense.safetensors")
    assert n_bytes == (tmp_path / "dense.safetensors").stat().st_size
    module = build_lenet5().eval()
    module.load_state_dict(load_file(tmp_path / "dense.safetensors"), strict=True)
    images = torch.randn(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = module(images)
    torch.testing.assert_close(torch.tensor(small.runner()(images.numpy())), expected)


def test_the_same_model_gives_the_same_bytes(tmp_path):
    """No time, no chance in a file."""
    model = load_model("sample:lenet5")
    for name in ("a", "b"):
        write_dense(model, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_only_what_came_from_onnx_becomes_onnx(tmp_path):
    """There is no graph to write otherwise, and nothing is written."""
    with pytest.raises(ConfigError, match="did not come from an ONNX file"):
        write_dense(load_model("sample:lenet5"), tmp_path / "out.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_an_os_error(tmp_path):
    """The folder is missing; nothing is made up."""
    with pytest.raises(OSError, match="No such file"):
        write_dense(load_model("sample:lenet5"), tmp_path / "no" / "out.safetensors")
