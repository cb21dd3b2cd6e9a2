"""LPIPS with AlexNet features: how different two pictures look to a trained network.

Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018, version 0.1 of the
linear weights. Zero for equal pictures, about 0.1 for a faint change, 0.7 for pictures with nothing in common.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).parents[2] / "models" / "lpips" / "alexnet.safetensors"
# ImageNet's mean and deviation, for channels in [-1, 1]: the constants of the authors' scaling layer.
_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)
# Stride and padding of the five convolutions, and after which of them AlexNet pools (3 x 3, stride 2).
_CONVOLUTIONS = ((4, 2), (1, 2), (1, 1), (1, 1), (1, 1))
_POOLED = (0, 1)
# Four AlexNet strides and two pools need this much of a picture to leave one feature of the last layer.
LEAST_SIDE = 31


def lpips(first_BHW3: NDArray[np.uint8], second_BHW3: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Distances (B,) of pictures in pairs, 8-bit RGB, at least 31 pixels each way."""
    return lpips_map(first_BHW3, second_BHW3).mean(axis=(1, 2), dtype=np.float64)


def lpips_map(
    first_BHW3: NDArray[np.uint8] | NDArray[np.float32], second_BHW3: NDArray[np.uint8] | NDArray[np.float32]
) -> NDArray[np.float32]:
    """Distance at each pixel (B, H, W), the sum of the five layers' maps brought to the pictures' size."""
    import torch
    from torch.nn.functional import interpolate

    assert first_BHW3.shape == second_BHW3.shape, (first_BHW3.shape, second_BHW3.shape)
    height, width = first_BHW3.shape[1:3]
    if min(height, width) < LEAST_SIDE:
        raise ValueError(f"LPIPS needs pictures of at least {LEAST_SIDE} pixels each way, not {width} x {height}")
    count = len(first_BHW3)
    total_B1HW = torch.zeros(count, 1, height, width)
    with torch.inference_mode():
        both = torch.from_numpy(np.concatenate([first_BHW3, second_BHW3]).astype(np.float32))
        for layer, features in enumerate(_features(both.permute(0, 3, 1, 2) / 127.5 - 1)):
            unit = features / (features.square().sum(dim=1, keepdim=True).sqrt() + 1e-10)
            apart = (unit[:count] - unit[count:]).square()
            weights_1C11 = network()[f"lin{layer + 1}.weight"].view(1, -1, 1, 1)
            apart = (apart * weights_1C11).sum(dim=1, keepdim=True)
            total_B1HW += interpolate(apart, size=(height, width), mode="bilinear", align_corners=False)
    return total_B1HW[:, 0].numpy()


def unit_features(pictures_BHW3: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """Each layer's features scaled to unit length and weighted so that squared differences add up to LPIPS: (B, C, h, w)."""
    import torch

    with torch.inference_mode():
        layers = _features(torch.from_numpy(pictures_BHW3.astype(np.float32)).permute(0, 3, 1, 2) / 127.5 - 1)
        weighted = []
        for index, features in enumerate(layers):
            unit = features / (features.square().sum(dim=1, keepdim=True).sqrt() + 1e-10)
            weighted.append((unit * network()[f"lin{index + 1}.weight"].clamp(min=0).sqrt().view(1, -1, 1, 1)).numpy())
        return weighted


@cache
def network() -> dict[str, torch.Tensor]:
    """The weights, read once a process. A missing or damaged file raises ValueError with its name and the remedy."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return {name: tensor.float() for name, tensor in load_file(WEIGHTS).items()}
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{WEIGHTS} cannot be read ({error}): restore it with `git checkout -- {WEIGHTS}`") from None


def _features(pictures_B3HW: torch.Tensor) -> list[torch.Tensor]:
    """Activations after each of AlexNet's five convolutions, for channels in [-1, 1]."""
    import torch
    from torch.nn.functional import conv2d, max_pool2d

    weights = network()
    x = (pictures_B3HW - torch.tensor(_SHIFT).view(1, 3, 1, 1)) / torch.tensor(_SCALE).view(1, 3, 1, 1)
    layers = []
    for index, (stride, padding) in enumerate(_CONVOLUTIONS):
        name = f"conv{index + 1}"
        x = conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride=stride, padding=padding).relu()
        layers.append(x)
        if index in _POOLED:
            x = max_pool2d(x, 3, stride=2)
    return layers
