"""Files that are whole or not there, and what the code that makes them says of itself."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

earlier_attempts: ContextVar[int] = ContextVar("earlier_attempts", default=0)
"""How often the work at hand was begun before by processes that were given up for lost and may still be writing."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` for the block to write a file or a folder to; it takes the place of `path` at the end.

    A block that fails leaves `path` as it was. The folders above are made where they are missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Always the same name: what a killed process left is overwritten by the next one, not kept beside the result.
    *others, partial = [path.with_name(f"{path.name}.partial{n or ''}") for n in range(earlier_attempts.get() + 1)]
    # An earlier attempt that still writes on another machine keeps its own name, and without it cannot take the place.
    for left in (*others, partial):
        _remove(left)
    try:
        yield partial
        if path.is_dir():
            shutil.rmtree(path)
        partial.replace(path)
    except BaseException:
        _remove(partial)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a whole text file in UTF-8."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def code_digest(modules: Iterable[ModuleType]) -> str:
    """SHA-256 of the source of modules, of packages with all in them: what an older one made is not the same work."""
    digest = hashlib.sha256()
    for module in modules:
        assert module.__file__ is not None
        source = Path(module.__file__)
        for path in sorted(source.parent.rglob("*.py")) if source.name == "__init__.py" else [source]:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
