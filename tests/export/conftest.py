"""A model file that has something of everything."""

import pytest
import torch


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Write every dtype, a tied pair, a prefix and ragged shapes; return the path and the state."""
    generator = torch.Generator().manual_seed(0)
    shared = torch.randn(24, 10, generator=generator)
    state = {
        "module.a.weight": shared,
        "module.tied.weight": shared,
        "module.b.weight": torch.randn(16, 6, 3, 3, generator=generator).bfloat16(),
        "module.c.weight": torch.randn(12, 20, generator=generator).half(),
        "module.d.weight": torch.randn(12, 21, generator=generator).double(),
        "module.a.bias": torch.randn(24, generator=generator).double(),
        "module.steps": torch.arange(6).reshape(2, 3),
    }
    path = tmp_path_factory.mktemp("mixed") / "mixed.pth"
    torch.save({"state_dict": state}, path)
    return path, state
