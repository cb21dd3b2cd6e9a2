"""Tables and lists of a card, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_gsi.samples.manifest import amount_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What can be read in a cell; more values are told as a range.
_MOST_AMOUNTS = 12


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [_row(heads), "|" + "---|" * len(heads), *(_row(row) for row in rows)]
    return "\n".join(lines)


def tally(counts: Mapping[str, int]) -> str:
    """The most frequent first: "mug (12), book (9)"."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} ({count})" for name, count in ranked)


def amounts(asked: Mapping[tuple[str, str, float], int], operation: str, direction: str) -> tuple[str, str]:
    """Number of edits of one operation and direction, and how much each of them asks for: "10 cm (3), 20 cm (2)"."""
    found = sorted((key[2], count) for key, count in asked.items() if key[:2] == (operation, direction))
    total = str(sum(count for _, count in found))
    words = [amount_in_words(operation, direction, amount) for amount, _ in found]
    if not any(words):
        return total, ""
    if len(found) > _MOST_AMOUNTS:
        return total, f"{words[0]} to {words[-1]}, {len(found)} different"
    return total, ", ".join(f"{word} ({count})" for word, (_, count) in zip(words, found, strict=True))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
