"""The colours of plans."""

from __future__ import annotations

INK = (34, 39, 48)
QUIET = (104, 112, 124)
WALL = (58, 64, 76)
LOW_WALL = (158, 164, 174)
OPEN = (255, 255, 255)
GLASS = (214, 234, 247)
HIGH = (120, 126, 136)
FRONT = (255, 255, 255, 200)
LAMP = (202, 138, 18)
SHINE = (255, 221, 92)
CAMERA = (37, 99, 200)

# The first word that is in a room's name decides.
_ROOMS: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("bath", (219, 236, 240)), ("toilet", (219, 236, 240)), ("shower", (219, 236, 240)), ("wc", (219, 236, 240)),
    ("kitchen", (250, 237, 214)), ("dining", (248, 230, 216)), ("bed", (232, 229, 243)), ("living", (240, 238, 226)),
    ("office", (228, 234, 244)), ("study", (228, 234, 244)), ("balcony", (226, 238, 220)), ("terrace", (226, 238, 220)),
    ("garden", (226, 238, 220)), ("garage", (230, 231, 233)),
)  # fmt: skip
_OTHER_ROOM = (241, 240, 236)

_Pair = tuple[tuple[int, int, int], tuple[int, int, int]]
_GROUPS: tuple[tuple[frozenset[str], _Pair], ...] = (
    (frozenset({"table", "desk", "coffee table", "nightstand", "TV stand", "piano"}), ((232, 200, 158), (122, 78, 30))),
    (frozenset({"bed", "bunk bed", "crib"}), ((205, 193, 232), (82, 62, 140))),
    (frozenset({"armchair", "bench", "chair", "sofa", "stool"}), ((196, 216, 186), (56, 98, 46))),
    (frozenset({"cabinet", "dresser", "shelf", "wall cabinet", "wardrobe"}), ((222, 206, 188), (108, 80, 52))),
    (frozenset({"bathtub", "shower", "sink", "toilet", "washbasin"}), ((176, 214, 226), (30, 94, 116))),
    (
        frozenset({"dishwasher", "kitchen cabinet", "oven", "refrigerator", "stove", "washing machine", "dryer"}),
        ((244, 205, 170), (146, 76, 22)),
    ),
    (frozenset({"flowers", "plant"}), ((172, 208, 150), (52, 104, 36))),
    (frozenset({"carpet"}), ((236, 226, 218), (168, 148, 132))),
)
_OTHER_PIECE = ((214, 217, 222), (84, 90, 100))


def room_ink(name: str) -> tuple[int, int, int]:
    """The floor of a room of that name."""
    small = name.lower()
    return next((ink for word, ink in _ROOMS if word in small), _OTHER_ROOM)


def piece_ink(category: str | None) -> _Pair:
    """Fill and outline of furniture of a category."""
    return next((pair for group, pair in _GROUPS if category in group), _OTHER_PIECE)
