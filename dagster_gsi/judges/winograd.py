"""Convolution by 3 x 3 and 5 x 5 kernels with a quarter and a sixth of the multiplications.

Winograd's minimal filtering, F(4 x 4, k x k): Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, CVPR
2016. Of each tile of k + 3 inputs a side come 4 x 4 outputs by (k + 3)^2 products instead of 16 k^2. On one core AlexNet's
second layer takes half the time so and the three last ones little more. The rounding error is up to twice that of the
plain sum for 3 x 3 and five times for 5 x 5, some 5e-6 of the largest output; LPIPS, a mean over thousands of places,
moves by less than 1e-6.
"""

from __future__ import annotations

from functools import cache
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

_OUT = 4
# By the kernel's side, where the polynomials of Cook and Toom's construction are evaluated, beside infinity: of the
# eighths up to 3 those with the least error. Binary fractions make the matrices of inputs and outputs exact.
_POINTS = {3: (0.0, 0.625, -0.625, 1.5, -1.5), 5: (0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0)}
# Tiles that go through all steps together: few enough to stay in a core's cache, enough to be worth reading the kernel.
_AT_ONCE = 128
LEAST_SIDE = 12
"""Of smaller maps the tiles cover too much that is not there to be any faster."""


def prepared(kernel_OCKK: torch.Tensor) -> torch.Tensor:
    """The kernel as `convolve` wants it, (tile^2, C, O)."""
    outputs, inputs, side, _ = kernel_OCKK.shape
    _, kernel_TK, _ = _matrices(side)
    spread_OCTT = kernel_TK @ kernel_OCKK.double() @ kernel_TK.T
    return spread_OCTT.float().permute(2, 3, 1, 0).reshape(-1, inputs, outputs).contiguous()


def convolve(maps_BCHW: torch.Tensor, prepared_SCO: torch.Tensor, bias_O: torch.Tensor) -> torch.Tensor:
    """`conv2d` padded so that the maps keep their size, channels last."""
    import torch

    count, channels, height, width = maps_BCHW.shape
    squares, _, outputs = prepared_SCO.shape
    tile = isqrt(squares)
    halo = tile - _OUT
    inputs_TT, _, outputs_UT = (matrix.float() for matrix in _matrices(halo + 1))
    down, across = -(-height // _OUT), -(-width // _OUT)
    padded = torch.zeros(count, down * _OUT + halo, across * _OUT + halo, channels)
    edge = halo // 2
    padded[:, edge : height + edge, edge : width + edge] = maps_BCHW.permute(0, 2, 3, 1)
    whole, row, column, _ = padded.stride()
    # Tiles overlap by the halo: a view, copied part by part with the channels together.
    shape, steps = (tile, tile, count, down, across, channels), (row, column, whole, _OUT * row, _OUT * column, 1)
    tiles, joined = padded.as_strided(shape, steps), torch.zeros(count, down, _OUT, across, _OUT, outputs)
    for some, rows in _parts(count, down, across):
        part = tiles[:, :, some, rows]
        spread = inputs_TT @ (inputs_TT @ part.reshape(tile, -1)).view(tile, tile, -1)
        products = torch.bmm(spread.view(squares, -1, channels), prepared_SCO)
        blocks = outputs_UT @ (outputs_UT @ products.view(tile, tile, -1)).view(tile, -1)
        joined[some, rows] = blocks.view(_OUT, _OUT, *part.shape[2:5], outputs).permute(2, 3, 0, 4, 1, 5)
    kept = joined.view(count, down * _OUT, across * _OUT, outputs)[:, :height, :width]
    return (kept + bias_O).permute(0, 3, 1, 2)


def _parts(count: int, down: int, across: int) -> Iterator[tuple[slice, slice]]:
    """Some of the pictures and, of pictures too large to be done whole, some of their rows of tiles."""
    rows = max(1, _AT_ONCE // across)
    pictures, rows = max(1, rows // down), min(rows, down)
    for first in range(0, count, pictures):
        for top in range(0, down, rows):
            yield slice(first, first + pictures), slice(top, top + rows)


@cache
def _matrices(side: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What the inputs, the kernel and the products of one axis are multiplied by.

    A product of polynomials is known by its values at as many points as it has coefficients, the leading one being that
    at infinity. Filtering is the transpose of that product.
    """
    import torch

    tile = _OUT + side - 1
    points = np.array(_POINTS[side])
    inputs_TT, kernel_TK, outputs_UT = np.zeros((tile, tile)), np.zeros((tile, side)), np.zeros((_OUT, tile))
    for index, point in enumerate(points):
        others = np.delete(points, index)
        inputs_TT[index, :-1] = np.poly(others)[::-1]
        kernel_TK[index] = point ** np.arange(side) / np.prod(point - others)
        outputs_UT[:, index] = point ** np.arange(_OUT)
    inputs_TT[-1] = np.poly(points)[::-1]
    kernel_TK[-1, -1] = outputs_UT[-1, -1] = 1
    return torch.from_numpy(inputs_TT), torch.from_numpy(kernel_TK), torch.from_numpy(outputs_UT)
