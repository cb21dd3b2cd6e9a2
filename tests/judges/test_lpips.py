from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.judges.lpips import LEAST_SIDE, lpips, lpips_map

GOLDEN = Path(__file__).parents[3] / "shared" / "golden" / "lpips"


def noise(size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (1, size, size, 3), dtype=np.uint8)


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="the authors' three pictures are not beside this checkout")
def test_the_authors_pictures_have_the_published_distances() -> None:
    reference, first, second = (
        np.array(Image.open(GOLDEN / f"ex_{n}.png").convert("RGB")) for n in ("ref", "p0", "p1")
    )
    found = lpips(np.stack([reference, reference]), np.stack([first, second]))
    assert found == pytest.approx([0.72186, 0.13755], abs=1e-5)


def test_equal_pictures_have_no_distance_and_the_order_of_a_pair_does_not_matter() -> None:
    a, b = noise(40), noise(40, seed=1)
    assert lpips(a, a) == pytest.approx([0.0])
    assert lpips(a, b) == pytest.approx(lpips(b, a), rel=1e-6)


def test_a_batch_gives_what_its_pairs_give_alone() -> None:
    a, b = np.concatenate([noise(40), noise(40, 1)]), np.concatenate([noise(40, 2), noise(40, 3)])
    alone = [lpips(a[k : k + 1], b[k : k + 1])[0] for k in range(2)]
    assert lpips(a, b) == pytest.approx(alone, rel=1e-5)


def test_the_map_is_near_zero_far_from_a_change() -> None:
    a = np.full((1, 256, 256, 3), 120, dtype=np.uint8)
    b = a.copy()
    b[:, :32, :32] = noise(32)
    distance = lpips_map(a, b)[0]
    assert distance[:32, :32].mean() > 0.1
    assert distance[232:, 232:].max() < 1e-6


def test_a_picture_too_small_for_the_network_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 31 pixels"):
        lpips(noise(LEAST_SIDE - 1), noise(LEAST_SIDE - 1))
    assert lpips(noise(LEAST_SIDE), noise(LEAST_SIDE, 1))[0] > 0
