"""How people ask for each edit: several phrasings in English and Chinese, with places for nouns and amounts."""

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
    "place_left": {
        "en": (
            "Put the {it} to the left of the {other}, {amount} cm from centre to centre.",
            "Place the {it} so that its middle is {amount} centimeters to the left of the middle of the {other}.",
            "Set the {it} down {amount} cm left of the {other} as seen in the picture, measured between their centres.",
        ),
        "zh": (
            "把{it}放到{other}的左边，两者中心相距{amount}厘米。",
            "将{it}的中心放在{other}中心左侧{amount}厘米处。",
            "从画面看，让{it}位于{other}左方，中心间距{amount}厘米。",
        ),
    },
    "place_right": {
        "en": (
            "Put the {it} to the right of the {other}, {amount} cm from centre to centre.",
            "Place the {it} so that its middle is {amount} centimeters to the right of the middle of the {other}.",
            "Set the {it} down {amount} cm right of the {other} as seen in the picture, measured between their centres.",
        ),
        "zh": (
            "把{it}放到{other}的右边，两者中心相距{amount}厘米。",
            "将{it}的中心放在{other}中心右侧{amount}厘米处。",
            "从画面看，让{it}位于{other}右方，中心间距{amount}厘米。",
        ),
    },
    "place_front": {
        "en": (
            "Put the {it} in front of the {other}, on the camera's side, {amount} cm from centre to centre.",
            "Place the {it} so that its middle is {amount} centimeters straight in front of the middle of the {other}.",
            "Set the {it} down {amount} cm in front of the {other} as the camera sees it, measured between their centres.",
        ),
        "zh": (
            "把{it}放到{other}靠近镜头的一侧，两者中心相距{amount}厘米。",
            "将{it}的中心放在{other}中心正前方{amount}厘米处（朝观察者）。",
            "从镜头看，让{it}位于{other}前面，中心间距{amount}厘米。",
        ),
    },
    "place_behind": {
        "en": (
            "Put the {it} behind the {other}, away from the camera, {amount} cm from centre to centre.",
            "Place the {it} so that its middle is {amount} centimeters straight behind the middle of the {other}.",
            "Set the {it} down {amount} cm behind the {other} as the camera sees it, measured between their centres.",
        ),
        "zh": (
            "把{it}放到{other}远离镜头的一侧，两者中心相距{amount}厘米。",
            "将{it}的中心放在{other}中心正后方{amount}厘米处（背离观察者）。",
            "从镜头看，让{it}位于{other}后面，中心间距{amount}厘米。",
        ),
    },
    "receptacle_centre": {
        "en": (
            "Put the {it} in the middle of the {other}.",
            "Place the {it} at the centre of the {other}.",
            "Set the {it} down on the centre of the top of the {other}.",
        ),
        "zh": ("把{it}放到{other}的正中间。", "将{it}置于{other}的中心。", "让{it}摆在{other}台面中央。"),
    },
    "receptacle_nearest": {
        "en": (
            "Put the {it} at the edge of the {other} nearest to the camera.",
            "Place the {it} on the {other} by its front edge, the one closest to the viewer.",
            "Set the {it} down at the near edge of the {other}.",
        ),
        "zh": (
            "把{it}放到{other}离镜头最近的边缘。",
            "将{it}置于{other}靠近观察者的一边。",
            "让{it}摆在{other}的近侧边缘。",
        ),
    },
    "receptacle_farthest": {
        "en": (
            "Put the {it} at the edge of the {other} farthest from the camera.",
            "Place the {it} on the {other} by its back edge, the one most distant from the viewer.",
            "Set the {it} down at the far edge of the {other}.",
        ),
        "zh": (
            "把{it}放到{other}离镜头最远的边缘。",
            "将{it}置于{other}远离观察者的一边。",
            "让{it}摆在{other}的远侧边缘。",
        ),
    },
    "receptacle_left": {
        "en": (
            "Put the {it} at the left edge of the {other}.",
            "Place the {it} on the {other} by the edge that is leftmost in the picture.",
            "Set the {it} down at the left side of the {other}, by its edge.",
        ),
        "zh": ("把{it}放到{other}的左边缘。", "将{it}置于{other}在画面最左侧的边上。", "让{it}摆在{other}左侧靠边处。"),
    },
    "receptacle_right": {
        "en": (
            "Put the {it} at the right edge of the {other}.",
            "Place the {it} on the {other} by the edge that is rightmost in the picture.",
            "Set the {it} down at the right side of the {other}, by its edge.",
        ),
        "zh": ("把{it}放到{other}的右边缘。", "将{it}置于{other}在画面最右侧的边上。", "让{it}摆在{other}右侧靠边处。"),
    },
    "view_turn_left": {
        "en": (
            "Turn the camera {amount} degrees to the left.",
            "Show the scene with the camera rotated left by {amount} degrees on the spot.",
            "Pan the view {amount} degrees left.",
        ),
        "zh": (
            "将相机向左转动{amount}度。",
            "相机原地向左旋转{amount}度后的画面是什么样？",
            "把视角向左摇{amount}度。",
        ),
    },
    "view_turn_right": {
        "en": (
            "Turn the camera {amount} degrees to the right.",
            "Show the scene with the camera rotated right by {amount} degrees on the spot.",
            "Pan the view {amount} degrees right.",
        ),
        "zh": (
            "将相机向右转动{amount}度。",
            "相机原地向右旋转{amount}度后的画面是什么样？",
            "把视角向右摇{amount}度。",
        ),
    },
    "view_tilt_up": {
        "en": (
            "Tilt the camera up by {amount} degrees.",
            "Show the scene as the camera sees it when it looks {amount} degrees further up.",
            "Raise the camera's gaze by {amount} degrees without moving it.",
        ),
        "zh": (
            "将相机向上倾斜{amount}度。",
            "让相机再向上看{amount}度。",
            "不移动相机，把视线抬高{amount}度。",
        ),
    },
    "view_tilt_down": {
        "en": (
            "Tilt the camera down by {amount} degrees.",
            "Show the scene as the camera sees it when it looks {amount} degrees further down.",
            "Lower the camera's gaze by {amount} degrees without moving it.",
        ),
        "zh": (
            "将相机向下倾斜{amount}度。",
            "让相机再向下看{amount}度。",
            "不移动相机，把视线压低{amount}度。",
        ),
    },
    "view_move_left": {
        "en": (
            "Move the camera {amount} cm to the left.",
            "Show the scene from {amount} centimeters further left, looking in the same direction.",
            "Slide the camera sideways to the left by {amount} cm without turning it.",
        ),
        "zh": (
            "将相机向左移动{amount}厘米。",
            "保持朝向不变，从偏左{amount}厘米处拍摄。",
            "不转动相机，把它向左平移{amount}厘米。",
        ),
    },
    "view_move_right": {
        "en": (
            "Move the camera {amount} cm to the right.",
            "Show the scene from {amount} centimeters further right, looking in the same direction.",
            "Slide the camera sideways to the right by {amount} cm without turning it.",
        ),
        "zh": (
            "将相机向右移动{amount}厘米。",
            "保持朝向不变，从偏右{amount}厘米处拍摄。",
            "不转动相机，把它向右平移{amount}厘米。",
        ),
    },
    "view_move_forward": {
        "en": (
            "Move the camera {amount} cm forward, at the same height.",
            "Show the scene from {amount} centimeters closer, looking in the same direction from the same height.",
            "Take a step of {amount} cm ahead with the camera, without raising or turning it.",
        ),
        "zh": (
            "将相机水平向前移动{amount}厘米。",
            "保持朝向和高度，从近{amount}厘米处拍摄。",
            "不抬高也不转动相机，向前推进{amount}厘米。",
        ),
    },
    "view_move_back": {
        "en": (
            "Move the camera {amount} cm back, at the same height.",
            "Show the scene from {amount} centimeters further away, looking in the same direction from the same height.",
            "Take a step of {amount} cm backward with the camera, without raising or turning it.",
        ),
        "zh": (
            "将相机水平向后移动{amount}厘米。",
            "保持朝向和高度，从远{amount}厘米处拍摄。",
            "不抬高也不转动相机，向后退{amount}厘米。",
        ),
    },
    "view_move_up": {
        "en": (
            "Move the camera {amount} cm straight up.",
            "Raise the camera by {amount} centimeters, keeping its direction.",
            "Show the scene from {amount} cm higher, with the camera looking the same way.",
        ),
        "zh": (
            "将相机垂直向上移动{amount}厘米。",
            "保持朝向不变，把相机升高{amount}厘米。",
            "从高{amount}厘米的位置、以相同朝向拍摄。",
        ),
    },
    "view_move_down": {
        "en": (
            "Move the camera {amount} cm straight down.",
            "Lower the camera by {amount} centimeters, keeping its direction.",
            "Show the scene from {amount} cm lower, with the camera looking the same way.",
        ),
        "zh": (
            "将相机垂直向下移动{amount}厘米。",
            "保持朝向不变，把相机降低{amount}厘米。",
            "从低{amount}厘米的位置、以相同朝向拍摄。",
        ),
    },
}
