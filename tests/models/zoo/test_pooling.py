"""Our max-pooling is torch's, only faster."""

import pytest
import torch

from wc_core.models.zoo._nets.pooling import HalvingMaxPool


@pytest.mark.parametrize("shape", [(2, 3, 28, 28), (1, 1, 2, 2), (2, 5, 7, 9), (3, 4, 5, 6)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_every_number_is_torchs(shape, layout):
    """Bit for bit, NaN and infinity as well; an odd last row or column is left out."""
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    x.view(-1)[:2] = torch.tensor([torch.nan, torch.inf])
    x = x.contiguous(memory_format=layout)
    expected = torch.nn.MaxPool2d(2)(x)
    assert torch.equal(HalvingMaxPool()(x).nan_to_num(99), expected.nan_to_num(99))
