from __future__ import annotations

import pytest
import torch
from torch.nn.functional import conv2d

from dagster_gsi.judges.winograd import convolve, prepared


@pytest.mark.parametrize(("height", "width"), [(12, 12), (13, 18), (31, 15), (4, 1)])
def test_it_is_a_convolution_but_for_rounding(height: int, width: int) -> None:
    torch.manual_seed(0)
    maps, kernel, bias = torch.rand(2, 24, height, width), torch.randn(8, 24, 3, 3), torch.randn(8)
    exact = conv2d(maps.double(), kernel.double(), bias.double(), padding=1)
    found = convolve(maps, prepared(kernel), bias)
    assert found.shape == exact.shape
    # 50 roundings of the largest output; a wrong constant anywhere would be off by as much as the output itself.
    assert float((found - exact).abs().max()) < 50 * 2**-24 * float(exact.abs().max())
