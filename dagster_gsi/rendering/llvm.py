"""Which Mitsuba variant this machine can run, and the LLVM library behind the fast one.

Dr.Jit takes the first libLLVM it finds. Debian 12's LLVM 14, 15 and 16 abort the process on Mitsuba's kernels ("Cannot
select ... v16f32 vselect"), so the library is chosen here and named to Dr.Jit before Mitsuba is imported.
"""

from __future__ import annotations

import ctypes
import os
import warnings
from functools import cache
from pathlib import Path

VARIABLE = "DRJIT_LIBLLVM_PATH"

_REMEDY = "install it with `apt-get install libllvm19` or, without root, `make llvm`"

# `make llvm` unpacks the Debian packages here.
_UNPACKED = Path(__file__).resolve().parents[2] / ".cache" / "llvm"

Places = tuple[tuple[Path, str], ...]
"""Folders and patterns of files under them."""

_PLACES: Places = (
    (Path("/usr/lib"), "*/libLLVM.so.19*"),
    (Path("/usr/lib"), "*/libLLVM-19.so*"),
    (Path("/usr/lib/llvm-19/lib"), "libLLVM*.so*"),
    (_UNPACKED, "**/libLLVM.so.19*"),
)


def best_variant(requested: str, *, places: Places = _PLACES) -> str:
    """The Mitsuba variant to use for `requested`: "auto", "llvm_ad_rgb", "cuda_ad_rgb" or "scalar_rgb".

    "auto" prefers LLVM to a GPU, so that one seed gives the same bytes on machines with and without one. A variant that
    is asked for by name and cannot be had raises ValueError.
    """
    if requested == "scalar_rgb":
        return requested
    if requested == "llvm_ad_rgb":
        if not use_llvm(places):
            raise ValueError(f"variant llvm_ad_rgb needs LLVM 19, which was not found: {_REMEDY}")
        return requested
    if requested == "cuda_ad_rgb":
        if not gpu_is_usable():
            raise ValueError("variant cuda_ad_rgb needs an NVIDIA GPU and driver with OptiX; use llvm_ad_rgb instead")
        return requested
    if requested != "auto":
        raise ValueError(f"variant {requested!r} is none of: auto, llvm_ad_rgb, cuda_ad_rgb, scalar_rgb")
    if use_llvm(places):
        return "llvm_ad_rgb"
    if gpu_is_usable():
        return "cuda_ad_rgb"
    _warn_of_scalar()
    return "scalar_rgb"


def use_llvm(places: Places = _PLACES) -> bool:
    """Choose a libLLVM that loads and name it to Dr.Jit through the environment. False where there is none."""
    path = find_llvm(places)
    if path is not None:
        os.environ[VARIABLE] = str(path)
    return path is not None


def find_llvm(places: Places = _PLACES) -> Path | None:
    """The library named by the environment if there is one, else the first in `places` (folder, pattern) that loads."""
    named = os.environ.get(VARIABLE)
    candidates = [Path(named)] if named else []
    for folder, pattern in places:
        candidates += sorted(folder.glob(pattern))
    return next((path for path in candidates if path.is_file() and _loads(path)), None)


def gpu_is_usable() -> bool:
    """Whether the NVIDIA driver reports a GPU and brings OptiX, which Mitsuba traces rays with."""
    count = ctypes.c_int()
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
        ctypes.CDLL("libnvoptix.so.1")
    except OSError:
        return False
    return cuda.cuInit(0) == 0 and cuda.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


@cache
def _loads(path: Path) -> bool:
    if path.is_relative_to(_UNPACKED):
        _load_neighbours(path)
    try:
        ctypes.CDLL(str(path))
    except OSError:
        return False
    return True


def _load_neighbours(path: Path) -> None:
    """Load the libraries unpacked beside LLVM (libz3, libedit ...), which the linker would not look for there.

    They need each other in an order that is not known, so those that failed are tried again while any succeeds.
    """
    waiting = [other for other in sorted(path.parent.glob("*.so*")) if not other.name.startswith("libLLVM")]
    while waiting:
        failed = [other for other in waiting if not _loads_globally(other)]
        if len(failed) == len(waiting):
            return
        waiting = failed


def _loads_globally(path: Path) -> bool:
    try:
        ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True


@cache
def _warn_of_scalar() -> None:
    warnings.warn(
        f"LLVM 19 was not found, so pictures are rendered by scalar_rgb, several times slower; {_REMEDY}", stacklevel=3
    )
