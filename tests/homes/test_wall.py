from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, union_all

from dagster_gsi.homes.home import Finish
from dagster_gsi.homes.joints import joined_outlines
from dagster_gsi.homes.wall import Wall
from tests.homes.homes_by_hand import home, kitchen

BARE = Finish()


def wall(start: tuple[float, float], end: tuple[float, float], sweep: float = 0.0, thickness: float = 0.2) -> Wall:
    return Wall("w", "ground", start, end, thickness, 0.0, 2.5, 2.5, sweep, BARE, BARE)


def test_a_straight_wall_is_a_rectangle_with_its_left_side_first() -> None:
    assert wall((0, 0), (3, 0)).outline_N2() == pytest.approx(np.array([[0, 0.1], [3, 0.1], [3, -0.1], [0, -0.1]]))
    assert wall((0, 0), (3, 0)).middle_N2().tolist() == [[0, 0], [3, 0]]


def test_a_half_circle_to_the_left_goes_round_its_middle() -> None:
    arc = wall((0, 0), (2, 0), np.pi)
    assert arc.radius == pytest.approx(1.0)
    assert arc.centre_2 == pytest.approx([1.0, 0.0])
    assert arc.length == pytest.approx(np.pi)
    middle_N2 = arc.middle_N2()
    assert middle_N2[len(middle_N2) // 2] == pytest.approx([1.0, -1.0])
    assert Polygon(arc.outline_N2()).area == pytest.approx(np.pi * (1.1**2 - 0.9**2) / 2, rel=2e-3)


def test_an_arc_is_written_clockwise_and_read_counter_clockwise() -> None:
    """From left to right in the plan with a positive extent: over the top, as the clock's hands go."""
    (arc,) = home(
        "<wall xStart='0' yStart='0' xEnd='200' yEnd='0' thickness='10' arcExtent='3.141592653589793'/>"
    ).walls
    assert arc.sweep == -np.pi
    middle_N2 = arc.middle_N2()
    assert middle_N2[len(middle_N2) // 2] == pytest.approx([1.0, 1.0])


@given(
    st.floats(-6.2, 6.2).filter(lambda sweep: abs(sweep) > 1e-3),
    st.floats(0.0, 1.0),
    st.floats(-0.1, 0.1),
    st.floats(-np.pi, np.pi),
)
def test_locating_is_the_inverse_of_walking_along(sweep: float, share: float, aside: float, heading: float) -> None:
    end = (2 * float(np.cos(heading)), 2 * float(np.sin(heading)))
    arc = wall((0, 0), end, sweep)
    along = share * arc.length
    turned = arc.direction(along)
    left_2 = np.array([-np.sin(turned), np.cos(turned)])
    # The point on the middle line, from the centre: it is at a right angle to the direction.
    point_2 = arc.centre_2 - np.sign(sweep) * arc.radius * left_2 + aside * left_2
    assert arc.locate(point_2) == pytest.approx((along, aside), abs=1e-6 * max(1.0, arc.radius))


@given(st.floats(-6.2, 6.2), st.floats(-np.pi, np.pi))
def test_both_ends_of_every_middle_line_are_where_the_wall_starts_and_ends(sweep: float, heading: float) -> None:
    end = (1 + 2 * float(np.cos(heading)), 2 * float(np.sin(heading)))
    middle_N2 = wall((1, 0), end, sweep if abs(sweep) > 1e-3 else 0.0).middle_N2()
    assert middle_N2[0] == pytest.approx([1, 0], abs=1e-6)
    assert middle_N2[-1] == pytest.approx(end, abs=1e-6)


def test_joined_walls_close_their_corners_and_leave_none_over() -> None:
    outlines = joined_outlines(kitchen().walls)
    ring = union_all([Polygon(outline_N2) for outline_N2 in outlines.values()])
    assert ring.area == pytest.approx(4.4 * 3.4 - 4.0 * 3.0)
    assert ring.bounds == pytest.approx((-0.2, -3.2, 4.2, 0.2))
    assert sum(Polygon(outline_N2).area for outline_N2 in outlines.values()) == pytest.approx(ring.area)


@pytest.mark.parametrize("reversed_", [False, True])
def test_a_corner_is_closed_whichever_way_the_second_wall_was_drawn(reversed_: bool) -> None:
    second = (
        "xStart='300' yStart='400' xEnd='300' yEnd='0' wallAtEnd='a'"
        if reversed_
        else "xStart='300' yStart='0' xEnd='300' yEnd='400' wallAtStart='a'"
    )
    corner = home(
        "<wall id='a' xStart='0' yStart='0' xEnd='300' yEnd='0' thickness='20' wallAtEnd='b'/>",
        f"<wall id='b' {second} thickness='10'/>",
    )
    whole = union_all([Polygon(outline_N2) for outline_N2 in joined_outlines(corner.walls).values()])
    # 3.05 m along the upper side, 4.1 m along the right.
    assert whole.area == pytest.approx(3.05 * 0.2 + (4.1 - 0.2) * 0.1)
    assert whole.bounds == pytest.approx((0.0, -4.0, 3.05, 0.1))


def test_walls_straight_on_and_in_sharp_angles_keep_square_ends() -> None:
    straight = home(
        "<wall id='a' xStart='0' yStart='0' xEnd='300' yEnd='0' thickness='20' wallAtEnd='b'/>",
        "<wall id='b' xStart='300' yStart='0' xEnd='600' yEnd='1' thickness='10' wallAtStart='a'/>",
        "<wall id='c' xStart='0' yStart='900' xEnd='300' yEnd='900' thickness='20' wallAtEnd='d'/>",
        "<wall id='d' xStart='300' yStart='900' xEnd='0' yEnd='920' thickness='20' wallAtStart='c'/>",
        "<wall id='e' xStart='0' yStart='0' xEnd='9' yEnd='0' thickness='2' wallAtStart='e' wallAtEnd='gone'/>",
    )
    outlines = joined_outlines(straight.walls)
    for each in straight.walls:
        assert outlines[each.id] == pytest.approx(each.outline_N2())
