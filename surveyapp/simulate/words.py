"""Made-up people, places and remarks, Chinese where the form speaks Chinese."""

import random
from dataclasses import dataclass

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
MALE = (
    "伟", "强", "军", "建国", "志强", "海龙", "文明", "永红", "铁柱", "明亮",
    "春生", "德福", "小军", "新民", "富贵", "守义", "国庆", "俊杰", "浩然", "子轩",
)  # fmt: skip
FEMALE = (
    "芳", "秀英", "丽", "桂花", "玉兰", "春梅", "红霞", "翠平", "秀兰", "爱珍",
    "改花", "雪梅", "小燕", "淑琴", "美玲", "彩霞", "欣怡", "雨涵", "梓萱", "月娥",
)  # fmt: skip
LATIN_FAMILY = (
    "Ade", "Bello", "Chen", "Diaz", "Endo", "Fofana", "Garcia", "Haile", "Ivanov", "Jain",
    "Kamau", "Lopez", "Mensah", "Nguyen", "Okoro", "Park",
)  # fmt: skip
LATIN_MALE = ("Amin", "Bao", "Carlos", "David", "Emeka", "Hassan", "Ivan", "Jose", "Kofi", "Luis")
LATIN_FEMALE = ("Aisha", "Bea", "Carmen", "Dina", "Esther", "Fatima", "Grace", "Hana", "Ines", "Joy")
PLACES = (
    "石湾", "柳树沟", "上庄", "下庄", "南坡", "北梁", "榆树坪",
    "槐树岭", "井沟", "杏花岭", "窑头", "大峪", "小峪", "后山",
)  # fmt: skip
LATIN_PLACES = ("Stone Bay", "Willow Gully", "Upper Farm", "South Slope", "Elm Flat", "Well Gully")
REMARKS = (
    "受访者配合良好。",
    "家中老人代答部分问题。",
    "部分收入为估计数。",
    "访问中途有邻居来访。",
    "已当面核对成员名单。",
    "住房正在装修。",
)
LATIN_REMARKS = (
    "Friendly, all questions answered.",
    "Some amounts are estimates.",
    "A neighbour came in half-way.",
    "Roster checked on the spot.",
)


@dataclass(frozen=True, slots=True)
class Person:
    """One member of a household. `relation` is to the head: head, spouse, child, in-law, grandchild, parent, other."""

    relation: str
    sex: str
    age: int
    name: str


def make_name(rng: random.Random, sex: str, *, chinese: bool, surname: str = "") -> str:
    """A name that no one in particular bears."""
    if chinese:
        return (surname or rng.choice(SURNAMES)) + rng.choice(MALE if sex == "m" else FEMALE)
    return f"{rng.choice(LATIN_MALE if sex == 'm' else LATIN_FEMALE)} {surname or rng.choice(LATIN_FAMILY)}"


def make_household(rng: random.Random, *, chinese: bool, head_name: str = "", size: int = 0) -> list[Person]:
    """The members of a household, its head first; `size` of them where it is given, else one to eight."""
    size = size or rng.choices(range(1, 9), weights=(9, 21, 24, 22, 13, 7, 3, 1))[0]
    surname = head_name[:1] if chinese and head_name else ""
    head_sex = "m" if rng.random() < 0.82 else "f"
    age = min(88, max(22, round(rng.gauss(54, 13))))
    name = head_name or make_name(rng, head_sex, chinese=chinese, surname=surname)
    people = [Person("head", head_sex, age, name)]
    while len(people) < size:
        people.append(_relative(rng, people, age, head_sex, chinese))
    return people


def _relative(rng: random.Random, people: list[Person], age: int, head_sex: str, chinese: bool) -> Person:
    """The next member: a spouse first, then children, their partners and children, or parents of the head."""
    relations = [person.relation for person in people]
    sex = rng.choice("mf")
    surname = people[0].name[:1] if chinese else people[0].name.rpartition(" ")[2]
    if "spouse" not in relations and rng.random() < 0.85:
        relation, sex, years = "spouse", "f" if head_sex == "m" else "m", age + rng.randint(-6, 4)
    elif relations.count("child") < 1 + (age < 60) and age >= 24:
        relation, years = "child", rng.randint(max(0, age - 40), max(0, age - 21))
    elif age >= 48 and rng.random() < 0.65:
        relation, years = "grandchild", rng.randint(0, max(1, min(24, age - 44)))
    elif age < 62:
        relation, years = "parent", min(97, age + rng.randint(20, 30))
    else:
        relation, years = "in-law", rng.randint(max(18, age - 40), max(19, age - 20))
    own = surname if relation in ("child", "grandchild") else ""
    return Person(
        relation,
        sex,
        max(0 if relation in ("child", "grandchild") else 18, years),
        make_name(rng, sex, chinese=chinese, surname=own),
    )
