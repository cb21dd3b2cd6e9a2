"""What AI2-THOR's kinds of objects are called."""

from __future__ import annotations

import re

from dagster_gsi.scenes.scene import Words

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_CHINESE = {
    "AlarmClock": "闹钟", "AluminumFoil": "铝箔", "Apple": "苹果", "ArmChair": "扶手椅", "BaseballBat": "棒球棒",
    "BasketBall": "篮球", "Bathtub": "浴缸", "Bed": "床", "Book": "书", "Boots": "靴子", "Bottle": "瓶子", "Bowl": "碗",
    "Box": "箱子", "Bread": "面包", "ButterKnife": "黄油刀", "CD": "光盘", "Cabinet": "橱柜", "Candle": "蜡烛", "Cart": "推车",
    "CellPhone": "手机", "Chair": "椅子", "Cloth": "抹布", "CoffeeMachine": "咖啡机", "CoffeeTable": "茶几",
    "CounterTop": "台面", "CreditCard": "信用卡", "Cup": "杯子", "Desk": "书桌", "DeskLamp": "台灯", "DiningTable": "餐桌",
    "DishSponge": "海绵", "Dresser": "五斗柜", "Dumbbell": "哑铃", "Egg": "鸡蛋", "FloorLamp": "落地灯", "Fork": "叉子",
    "GarbageBag": "垃圾袋", "GarbageCan": "垃圾桶", "HandTowel": "毛巾", "HousePlant": "盆栽", "Kettle": "水壶",
    "KeyChain": "钥匙串", "Knife": "刀", "Ladle": "汤勺", "Laptop": "笔记本电脑", "LaundryHamper": "脏衣篮", "Lettuce": "生菜",
    "Microwave": "微波炉", "Mug": "马克杯", "Newspaper": "报纸", "Ottoman": "脚凳", "Pan": "平底锅", "PaperTowelRoll": "厨房纸",
    "Pen": "钢笔", "Pencil": "铅笔", "PepperShaker": "胡椒瓶", "Pillow": "枕头", "Plate": "盘子", "Plunger": "马桶搋",
    "Pot": "锅", "Potato": "土豆", "RemoteControl": "遥控器", "SaltShaker": "盐瓶", "ScrubBrush": "马桶刷", "Shelf": "架子",
    "ShelvingUnit": "置物架", "SideTable": "边桌", "SoapBar": "肥皂", "SoapBottle": "皂液瓶", "Sofa": "沙发",
    "Spatula": "锅铲", "Spoon": "勺子", "SprayBottle": "喷瓶", "Statue": "雕像", "Stool": "凳子", "TVStand": "电视柜",
    "TableTopDecor": "摆件", "TeddyBear": "泰迪熊", "Television": "电视机", "TennisRacket": "网球拍", "TissueBox": "纸巾盒",
    "Toaster": "烤面包机", "Toilet": "马桶", "ToiletPaper": "卫生纸", "Tomato": "番茄", "Towel": "浴巾", "VacuumCleaner": "吸尘器",
    "Vase": "花瓶", "Watch": "手表", "WateringCan": "洒水壶", "WineBottle": "酒瓶",
}  # fmt: skip


def words_of(kind: str) -> Words:
    """The noun for an object type, such as "coffee table" for CoffeeTable; types that have no Chinese one stay English."""
    # Letters that stand together, as in TV, stay capitals.
    parts = [part if part.isupper() and len(part) > 1 else part.lower() for part in _PARTS.findall(kind)]
    english = " ".join(parts)
    return Words(english, _CHINESE.get(kind, english))
