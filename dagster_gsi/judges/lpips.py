"""LPIPS with AlexNet features: how different two pictures look to a trained network.

Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018, version 0.1 of the
linear weights. Zero for equal pictures, about 0.1 for a faint change, 0.7 for pictures with nothing in common.

Tensors keep their channels last, as pictures have them: pooling is then ten times as fast and the first convolution,
which sees three channels, nearly twice. A mean over pixels is taken without the map at the pictures' size: enlarging
is linear, so its transpose brings the pixels' weights down to each layer's size instead.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.judges import winograd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    Pictures = NDArray[np.uint8] | NDArray[np.float32]

WEIGHTS = Path(__file__).parents[2] / "models" / "lpips" / "alexnet.safetensors"
# ImageNet's mean and deviation, for channels in [-1, 1]: the constants of the authors' scaling layer.
_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)
# Stride and padding of the five convolutions, and after which of them AlexNet pools (3 x 3, stride 2).
_CONVOLUTIONS = ((4, 2), (1, 2), (1, 1), (1, 1), (1, 1))
_POOLED = (0, 1)
# Four AlexNet strides and two pools need this much of a picture to leave one feature of the last layer.
LEAST_SIDE = 31
_TINY = 1e-10


def lpips(first_BHW3: Pictures, second_BHW3: Pictures) -> NDArray[np.float64]:
    """Distances (B,) of pictures in pairs, 8-bit RGB, at least 31 pixels each way."""
    layers = _distances(first_BHW3, second_BHW3)
    return _weighted(layers, _even_shares(first_BHW3.shape[1:3], tuple(map(_size, layers))))


def lpips_within(first_BHW3: Pictures, second_BHW3: Pictures, keep_BHW: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Means (B,) of the distance over the pixels of `keep_BHW`; 0 where there are none."""
    import torch

    layers = _distances(first_BHW3, second_BHW3)
    counts_B = np.maximum(keep_BHW.sum(axis=(1, 2), dtype=np.float64), 1e-6)
    weights_BHW = torch.from_numpy(keep_BHW.astype(np.float32))
    shares = {size: _brought_down(weights_BHW, size) for size in {_size(layer) for layer in layers}}
    return _weighted(layers, [shares[_size(layer)] for layer in layers]) / counts_B


def lpips_map(first_BHW3: Pictures, second_BHW3: Pictures) -> NDArray[np.float32]:
    """Distance at each pixel (B, H, W), the sum of the five layers' maps brought to the pictures' size."""
    import torch
    from torch.nn.functional import interpolate

    count, height, width = first_BHW3.shape[:3]
    total_B1HW = torch.zeros(count, 1, height, width)
    for layer_Bhw in _distances(first_BHW3, second_BHW3):
        total_B1HW += interpolate(layer_Bhw[:, None], size=(height, width), mode="bilinear", align_corners=False)
    return total_B1HW[:, 0].numpy()


def unit_features(pictures_BHW3: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """Each layer's features scaled to unit length and weighted so that squared differences add up to LPIPS: (B, C, h, w)."""
    import torch

    with torch.inference_mode():
        weighted = []
        for index, features in enumerate(_features(_signed(pictures_BHW3))):
            weights_C11 = network()[f"lin{index + 1}.weight"].clamp(min=0).sqrt().view(-1, 1, 1)
            weighted.append((_unit(features) * weights_C11).numpy())
        return weighted


@cache
def network() -> dict[str, torch.Tensor]:
    """The weights, read once a process. A missing or damaged file raises ValueError with its name and the remedy."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights = {name: tensor.float() for name, tensor in load_file(WEIGHTS).items()}
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{WEIGHTS} cannot be read ({error}): restore it with `git checkout -- {WEIGHTS}`") from None
    return {
        name: tensor.contiguous(memory_format=torch.channels_last)
        if name.startswith("conv") and tensor.ndim == 4
        else tensor
        for name, tensor in weights.items()
    }


def _distances(first_BHW3: Pictures, second_BHW3: Pictures) -> list[torch.Tensor]:
    """Distance at each place of each layer, (B, h, w)."""
    import torch

    assert first_BHW3.shape == second_BHW3.shape, (first_BHW3.shape, second_BHW3.shape)
    height, width = first_BHW3.shape[1:3]
    if min(height, width) < LEAST_SIDE:
        raise ValueError(f"LPIPS needs pictures of at least {LEAST_SIDE} pixels each way, not {width} x {height}")
    count, layers = len(first_BHW3), []
    with torch.inference_mode():
        both_B3HW = torch.cat([_signed(first_BHW3), _signed(second_BHW3)])
        for index, features in enumerate(_features(both_B3HW)):
            unit = _unit(features)
            apart_BhwC = unit[:count].sub_(unit[count:]).square_().permute(0, 2, 3, 1)
            layers.append(apart_BhwC @ network()[f"lin{index + 1}.weight"].view(-1))
    return layers


def _signed(pictures_BHW3: Pictures) -> torch.Tensor:
    """Channels in [-1, 1], rounded in the order of the authors' code."""
    import torch

    # `tensor` copies, unlike `from_numpy`, which wants to be able to write.
    pixels_BHW3 = torch.tensor(pictures_BHW3, dtype=torch.float32)
    return pixels_BHW3.permute(0, 3, 1, 2).div_(255).mul_(2).sub_(1)


def _unit(features: torch.Tensor) -> torch.Tensor:
    """`features`, overwritten, with the channels of each place scaled to unit length."""
    import torch

    return features.div_(torch.linalg.vector_norm(features, dim=1, keepdim=True).add_(_TINY))


def _weighted(layers: Sequence[torch.Tensor], shares: Sequence[torch.Tensor]) -> NDArray[np.float64]:
    total_B = sum((layer.double() * share).sum(dim=(1, 2)) for layer, share in zip(layers, shares, strict=True))
    return np.asarray(total_B)


def _brought_down(weights_BHW: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Weights (B, h, w) of a layer's places under which its mean is that of the enlarged layer."""
    height, width = weights_BHW.shape[1:]
    down, across = (_enlargement(*sides).to(weights_BHW.dtype) for sides in ((size[0], height), (size[1], width)))
    return down @ weights_BHW @ across.T


@lru_cache(maxsize=64)
def _enlargement(few: int, many: int) -> torch.Tensor:
    """The part (few, many) of each of `few` places in each of `many` pixels along one axis."""
    import torch
    from torch.nn.functional import interpolate

    places = torch.eye(few, dtype=torch.float64)[None]
    return interpolate(places, size=many, mode="linear", align_corners=False)[0]


@lru_cache(maxsize=32)
def _even_shares(picture: tuple[int, int], sizes: tuple[tuple[int, int], ...]) -> tuple[torch.Tensor, ...]:
    import torch

    even_1HW = torch.full((1, *picture), 1.0 / (picture[0] * picture[1]), dtype=torch.float64)
    return tuple(_brought_down(even_1HW, size) for size in sizes)


def _size(layer_Bhw: torch.Tensor) -> tuple[int, int]:
    return layer_Bhw.shape[1], layer_Bhw.shape[2]


def _features(pictures_B3HW: torch.Tensor) -> list[torch.Tensor]:
    """Activations after each of AlexNet's five convolutions, for channels in [-1, 1]."""
    import torch
    from torch.nn.functional import conv2d, max_pool2d

    weights = network()
    x = (pictures_B3HW - torch.tensor(_SHIFT).view(1, 3, 1, 1)) / torch.tensor(_SCALE).view(1, 3, 1, 1)
    layers = []
    for index, (stride, padding) in enumerate(_CONVOLUTIONS):
        kernel, bias = weights[f"conv{index + 1}.weight"], weights[f"conv{index + 1}.bias"]
        if stride == 1 and min(x.shape[2:]) >= winograd.LEAST_SIDE:
            x = winograd.convolve(x, _prepared(index), bias).relu_()
        else:
            x = conv2d(x, kernel, bias, stride=stride, padding=padding).relu_()
        layers.append(x)
        if index in _POOLED:
            x = max_pool2d(x, 3, stride=2)
    return layers


@cache
def _prepared(index: int) -> torch.Tensor:
    return winograd.prepared(network()[f"conv{index + 1}.weight"])
