from __future__ import annotations

import pytest
import torch
from torch.nn.functional import conv2d

from dagster_gsi.judges.winograd import convolve, prepared


@pytest.mark.parametrize("side", [3, 5])
@pytest.mark.parametrize(
    ("count", "height", "width"), [(2, 12, 12), (2, 13, 18), (70, 8, 15), (1, 90, 70), (2, 4, 1), (1, 1, 600)]
)
def test_it_is_a_convolution_but_for_rounding(count: int, height: int, width: int, side: int) -> None:
    torch.manual_seed(0)
    maps, kernel, bias = torch.rand(count, 24, height, width), torch.randn(8, 24, side, side), torch.randn(8)
    exact = conv2d(maps.double(), kernel.double(), bias.double(), padding=side // 2)
    found = convolve(maps, prepared(kernel), bias)
    assert found.shape == exact.shape
    # 100 roundings of the largest output; a wrong constant anywhere would be off by as much as the output itself.
    assert float((found - exact).abs().max()) < 100 * 2**-24 * float(exact.abs().max())
