"""Homes written by hand, in round numbers; all lengths in the files are centimetres, y downwards."""

from __future__ import annotations

from dagster_gsi.homes.home import Home
from dagster_gsi.homes.sh3d import home_of

OPEN_LICENCE = "<property name='License' value='CC-BY 3.0 Unported or GNU General Public License'/>"
ROOM = "<room id='r' name='Kitchen'><point x='0' y='0'/><point x='400' y='0'/><point x='400' y='300'/><point x='0' y='300'/></room>"
TABLE = "<pieceOfFurniture name='Table' catalogId='eTeks#table' x='200' y='150' width='120' depth='80' height='75'/>"
WALLS = "".join(
    f"<wall id='{key}' xStart='{x0}' yStart='{y0}' xEnd='{x1}' yEnd='{y1}' height='250' thickness='20' {joined}/>"
    for key, x0, y0, x1, y1, joined in (
        ("north", -10, -10, 410, -10, "wallAtStart='west' wallAtEnd='east'"),
        ("east", 410, -10, 410, 310, "wallAtStart='north' wallAtEnd='south'"),
        ("south", 410, 310, -10, 310, "wallAtStart='east' wallAtEnd='west'"),
        ("west", -10, 310, -10, -10, "wallAtStart='south' wallAtEnd='north'"),
    )
)
DOOR = (
    "<doorOrWindow name='Door' catalogId='eTeks#door' x='100' y='310' width='90' depth='20' height='210' {}>"
    "<sash xAxis='0' yAxis='1' width='1' startAngle='0' endAngle='-1.5707963267948966'/></doorOrWindow>"
)
"""In the south wall, hinged on its left at the room's outer side; the placeholder takes further attributes."""
LEVELS = "<level id='down' name='Cellar' elevation='-250' height='240'/><level id='up' name='Ground' elevation='0' height='250'/>"


def document(*inside: str, licence: str = OPEN_LICENCE, attributes: str = "") -> bytes:
    return f"<?xml version='1.0'?><home version='7000' {attributes}>{licence}{''.join(inside)}</home>".encode()


def home(*inside: str, licence: str = OPEN_LICENCE, attributes: str = "") -> Home:
    return home_of(document(*inside, licence=licence, attributes=attributes), "by-hand.xml", "by-hand")


def kitchen(*more: str) -> Home:
    """A kitchen of 4 by 3 metres with a table in its middle and a door in the south wall."""
    return home(TABLE, DOOR.format(""), *more, WALLS, ROOM)
