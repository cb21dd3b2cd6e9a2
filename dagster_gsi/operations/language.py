"""Instructions in English and Chinese: several phrasings each, and names that mean one thing only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_gsi.scenes.scene import Words

if TYPE_CHECKING:
    import numpy as np

    from dagster_gsi.scenes.scene import Scene, Thing

TEMPLATES: dict[str, dict[str, tuple[str, ...]]] = {
    "move_left": {
        "en": (
            "Move the {it} {amount} cm to the left.",
            "Shift the {it} left by {amount} centimeters.",
            "Slide the {it} {amount} cm toward the left side of the picture.",
        ),
        "zh": ("把{it}向左移动{amount}厘米。", "将{it}往左平移{amount}厘米。", "让{it}向画面左侧移动{amount}厘米。"),
    },
    "move_right": {
        "en": (
            "Move the {it} {amount} cm to the right.",
            "Shift the {it} right by {amount} centimeters.",
            "Slide the {it} {amount} cm toward the right side of the picture.",
        ),
        "zh": ("把{it}向右移动{amount}厘米。", "将{it}往右平移{amount}厘米。", "让{it}向画面右侧移动{amount}厘米。"),
    },
    "move_toward": {
        "en": (
            "Move the {it} {amount} cm closer to the camera.",
            "Bring the {it} {amount} centimeters toward the viewer.",
            "Pull the {it} {amount} cm toward the camera.",
        ),
        "zh": (
            "把{it}向镜头方向移近{amount}厘米。",
            "将{it}朝观察者移动{amount}厘米。",
            "把{it}往前拉近{amount}厘米。",
        ),
    },
    "move_away": {
        "en": (
            "Move the {it} {amount} cm away from the camera.",
            "Push the {it} {amount} centimeters further back.",
            "Shift the {it} {amount} cm away from the viewer.",
        ),
        "zh": (
            "把{it}向远离镜头的方向移动{amount}厘米。",
            "将{it}往后推{amount}厘米。",
            "让{it}远离观察者{amount}厘米。",
        ),
    },
    "rotate_clockwise": {
        "en": (
            "Rotate the {it} {amount} degrees clockwise as seen from above.",
            "Turn the {it} clockwise by {amount} degrees, viewed from above.",
            "Spin the {it} {amount} degrees clockwise on the spot (seen from above).",
        ),
        "zh": (
            "从上方看，把{it}顺时针旋转{amount}度。",
            "将{it}原地顺时针转动{amount}度（俯视）。",
            "俯视方向，让{it}顺时针转{amount}度。",
        ),
    },
    "rotate_counterclockwise": {
        "en": (
            "Rotate the {it} {amount} degrees counter-clockwise as seen from above.",
            "Turn the {it} counter-clockwise by {amount} degrees, viewed from above.",
            "Spin the {it} {amount} degrees counter-clockwise on the spot (seen from above).",
        ),
        "zh": (
            "从上方看，把{it}逆时针旋转{amount}度。",
            "将{it}原地逆时针转动{amount}度（俯视）。",
            "俯视方向，让{it}逆时针转{amount}度。",
        ),
    },
    "scale_up": {
        "en": (
            "Enlarge the {it} to {amount}% of its size.",
            "Make the {it} {factor} times as large.",
            "Scale the {it} up by a factor of {factor}.",
        ),
        "zh": ("把{it}放大到原来的{amount}%。", "将{it}放大为原来的{factor}倍。", "让{it}变大到{factor}倍。"),
    },
    "scale_down": {
        "en": (
            "Shrink the {it} to {amount}% of its size.",
            "Make the {it} {factor} times as large.",
            "Scale the {it} down by a factor of {factor}.",
        ),
        "zh": ("把{it}缩小到原来的{amount}%。", "将{it}缩小为原来的{factor}倍。", "让{it}变小到{factor}倍。"),
    },
    "remove_leftmost": {
        "en": (
            "Remove the leftmost {it}.",
            "Take away the {it} that is furthest to the left.",
            "Delete the {it} on the far left.",
        ),
        "zh": ("移除最左边的{it}。", "拿走最靠左的{it}。", "删除画面最左侧的{it}。"),
    },
    "remove_rightmost": {
        "en": (
            "Remove the rightmost {it}.",
            "Take away the {it} that is furthest to the right.",
            "Delete the {it} on the far right.",
        ),
        "zh": ("移除最右边的{it}。", "拿走最靠右的{it}。", "删除画面最右侧的{it}。"),
    },
    "remove_nearest": {
        "en": (
            "Remove the {it} closest to the camera.",
            "Take away the nearest {it}.",
            "Delete the {it} that is nearest to the viewer.",
        ),
        "zh": ("移除离镜头最近的{it}。", "拿走最近的{it}。", "删除离观察者最近的{it}。"),
    },
    "remove_farthest": {
        "en": (
            "Remove the {it} farthest from the camera.",
            "Take away the most distant {it}.",
            "Delete the {it} that is farthest from the viewer.",
        ),
        "zh": ("移除离镜头最远的{it}。", "拿走最远的{it}。", "删除离观察者最远的{it}。"),
    },
}


def identifiable(scene: Scene) -> tuple[Thing, ...]:
    """The things that a description alone picks out."""
    descriptions = [thing.description.en for thing in scene.things]
    return tuple(thing for thing in scene.things if descriptions.count(thing.description.en) == 1)


def phrase(key: str, scene: Scene, target: str, rng: np.random.Generator, **amounts: str) -> Words:
    """One phrasing of the template `key`. A removal names the kind; everything else needs the description."""
    thing = scene.find(target)
    alone = len(scene.of_category(thing.category.en)) == 1
    # People say "the mug" where there is one and describe it where there are several.
    by_kind = key.startswith("remove") or (alone and rng.random() < 0.3)
    noun = thing.category if by_kind else thing.description
    template = TEMPLATES[key]
    index = int(rng.integers(len(template["en"])))
    return Words(
        en=template["en"][index].format(it=noun.en, **amounts),
        zh=template["zh"][index].format(it=noun.zh, **amounts),
    )
