"""XML as elements that know where they stand, so that one wrong value is one clear message.

Read by expat itself, and only without a document type: no entity is declared, none is expanded, and nothing outside the
file is fetched. The formats read with it have none.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NoReturn
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Sequence

# The largest of the example homes is 116 kB, with 700 elements in three storeys.
_MOST_BYTES = 64 * 2**20
_MOST_ELEMENTS = 500_000
# Groups of furniture can lie in each other.
_DEEPEST = 32
# Ten kilometres; what is farther away is no home.
_FARTHEST_CM = 1e6
_CENTIMETRES = 100.0
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_COLOUR = re.compile(r"[0-9A-Fa-f]{1,8}")
_SHOWN = 60


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """One element with its attributes as they are written."""

    tag: str
    attributes: dict[str, str]
    source: str
    """The file, as messages name it."""
    line: int
    children: list[Element] = field(default_factory=list)

    def fault(self, problem: str, attribute: str | None = None) -> NoReturn:
        """Raise ValueError with the file, the line, the element, the attribute as it is written, and what is wrong."""
        place = f"{self.source}, line {self.line}, <{self.tag}>"
        if attribute is not None:
            value = self.attributes.get(attribute)
            place += f", {attribute}" if value is None else f", {attribute}={value[:_SHOWN]!r}"
        raise ValueError(f"{place}: {problem}")

    def named(self, *tags: str) -> list[Element]:
        """The children of these kinds, in order."""
        return [child for child in self.children if child.tag in tags]

    def text(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default).strip()

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number; without a default the attribute has to be there."""
        if name not in self.attributes:
            if default is None:
                self.fault("is missing", name)
            return default
        return self._number(name, self.attributes[name].strip())

    def length(self, name: str, default: float | None = None, *, positive: bool = False) -> float:
        """Metres of an attribute in centimetres; the default is in metres."""
        centimetres = self.number(name, None if default is None else default * _CENTIMETRES)
        if abs(centimetres) > _FARTHEST_CM:
            self.fault("is more than ten kilometres", name)
        if positive and centimetres < 0:
            self.fault("must not be negative", name)
        return centimetres / _CENTIMETRES

    def flag(self, name: str, *, default: bool) -> bool:
        text = self.text(name, str(default).lower())
        if text not in {"true", "false"}:
            self.fault("must be true or false", name)
        return text == "true"

    def colour(self, name: str) -> tuple[float, float, float] | None:
        """In sRGB from 0 to 1, of up to eight hexadecimal digits, of which the first two (opacity) do not count."""
        text = self.text(name)
        if not text:
            return None
        if not _COLOUR.fullmatch(text):
            self.fault("must be a colour of up to eight hexadecimal digits, such as FF35210B", name)
        digits = text.zfill(8)
        red, green, blue = (int(digits[k : k + 2], 16) / 255 for k in (2, 4, 6))
        return red, green, blue

    def numbers(self, name: str, count: int) -> tuple[float, ...] | None:
        """So many numbers, parted by spaces."""
        words = self.text(name).split()
        if not words:
            return None
        if len(words) != count:
            self.fault(f"must be {count} numbers", name)
        return tuple(self._number(name, word) for word in words)

    def choice(self, name: str, known: Sequence[str], default: str) -> str:
        """A reference to something that has to be there."""
        text = self.text(name, default)
        if text not in known:
            self.fault(f"is none of those in the file: {', '.join(known) or 'there are none'}", name)
        return text

    def _number(self, name: str, text: str) -> float:
        value = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(value):
            self.fault("must be a number", name)
        return value


def read_elements(data: bytes, source: str, root: Literal["home"]) -> Element:
    """The root element of a document. Raises ValueError where it is damaged, declares entities or is something else."""
    if len(data) > _MOST_BYTES:
        raise ValueError(f"{source} has {len(data) / 2**20:.0f} MiB of XML, more than {_MOST_BYTES / 2**20:.0f}")
    builder = _Builder(source)
    try:
        builder.parser.Parse(data, True)
    # An encoding that Python does not know, or a byte that is none of it, ends in errors of other kinds.
    except (expat.ExpatError, LookupError, UnicodeError) as error:
        raise ValueError(f"{source} is damaged or no XML: {error}") from error
    assert builder.root is not None
    if builder.root.tag != root:
        raise ValueError(
            f"{source} holds <{builder.root.tag[:_SHOWN]}> and not <{root}>: it is no home of Sweet Home 3D"
        )
    return builder.root


class _Builder:
    """What has been read so far."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.root: Element | None = None
        self.open: list[Element] = []
        self.count = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, self.source, self.parser.CurrentLineNumber)
        self.count += 1
        if self.count > _MOST_ELEMENTS:
            element.fault(f"the file has more than {_MOST_ELEMENTS} elements")
        if len(self.open) >= _DEEPEST:
            element.fault(f"lies deeper than {_DEEPEST} elements")
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def _end(self, tag: str) -> None:
        del tag
        self.open.pop()

    def _doctype(self, *declaration: object) -> None:
        del declaration
        raise ValueError(
            f"{self.source}, line {self.parser.CurrentLineNumber}: declares a document type, which homes have not and "
            "which could make the reader fetch or repeat things: remove the declaration if you trust the file"
        )
