"""What an answer can give away: a class for each question, suggested from its name, type and labels.

A suggestion is a first look for the admin who confirms the classes; words in English, Chinese, French and Spanish are
known. What a form asks in other words is suggested `none`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from surveyapp.sentences import say

# direct: names a person or place by itself; indirect: does so together with others; sensitive: harms when it is known.
PiiClass: TypeAlias = Literal["direct", "indirect", "sensitive", "none"]
CLASSES: Final = get_args(PiiClass)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DIRECT_TYPES: Final = {
    "geopoint": say("a position"),
    "geotrace": say("a trace of positions"),
    "geoshape": say("a shape of positions"),
    "file": say("a photo, recording or other file"),
    "barcode": say("a code that names a thing or person"),
}
# Words of names, whole between underscores and changes of case.
_DIRECT_WORDS: Final = _words(
    "name names firstname lastname surname fullname nickname respondent interviewee contact phone phonenum telephone"
    " tel mobile cell email mail wechat whatsapp address addr street house gps latitude longitude location coordinates"
    " idcard passport idnumber nationalid licence license account bank photo picture image audio signature username"
    " enumerator interviewer supervisor deviceid simserial subscriberid phonenumber imei instancename nom prenom"
    " telephone adresse nombre apellido telefono direccion xingming dianhua shouji dizhi hhid"
)
_INDIRECT_WORDS: Final = _words(
    "age birth dob birthday birthdate born sex gender ethnicity ethnic minority nationality religion occupation job"
    " profession education school village town township county district province ward community region hamlet cluster"
    " marital married household hh size members language relation relationship head income salary wage wealth assets"
    " land date year sexe naissance edad sexo ocupacion"
)
_SENSITIVE_WORDS: Final = _words(
    "health illness disease disability disabled hiv pregnant pregnancy violence abuse drug alcohol crime arrest"
    " political party debt loan subsidy depression suicide mental"
)
# Chinese has no spaces: these may stand anywhere in a label.
_DIRECT_CHINESE: Final = (
    *("姓名", "名字", "户主名", "受访者", "被访者", "联系人", "联系方式", "电话", "手机", "微信", "邮箱", "邮件"),
    *("地址", "住址", "门牌", "身份证", "证件号", "护照", "户口本", "银行卡", "账号", "照片", "拍照", "录音", "签名"),
    *("坐标", "定位", "经度", "纬度", "调查员", "访员", "户编号", "住户编号"),
)
_INDIRECT_CHINESE: Final = (
    *("年龄", "岁数", "出生", "生日", "性别", "民族", "籍贯", "宗教", "职业", "学历", "文化程度", "教育程度", "婚姻"),
    *("家庭人口", "家庭规模", "人口数", "户主关系", "与户主", "村", "乡", "镇", "县", "社区", "收入", "工资", "耕地"),
)
_SENSITIVE_CHINESE: Final = (
    *(
        "疾病",
        "患病",
        "残疾",
        "健康",
        "怀孕",
        "艾滋",
        "暴力",
        "吸毒",
        "犯罪",
        "党员",
        "政治面貌",
        "负债",
        "贷款",
        "低保",
    ),
)
_BY_WORDS: Final[tuple[tuple[PiiClass, frozenset[str], tuple[str, ...]], ...]] = (
    ("direct", _DIRECT_WORDS, _DIRECT_CHINESE),
    ("sensitive", _SENSITIVE_WORDS, _SENSITIVE_CHINESE),
    ("indirect", _INDIRECT_WORDS, _INDIRECT_CHINESE),
)
# Words that mean little in a label, where they stand in sentences, and much in a name.
_NAME_ONLY: Final = _words(
    "hh household head house account year date size land members cell contact party born location"
)
_HOUSEHOLD_ID = re.compile(r"(?:^|_)(?:(?:hh|household)_?(?:id|code|no|num|number|pick)|hhid)(?:_|$)")
_ID = re.compile(r"\b(?:id|identity|passport|national id)\b.{0,12}\b(?:number|no|card)\b")
_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# What is longer than a few words is prose about the question, in which these words mean little.
_LONGEST_LABEL: Final = 12
_LONGEST_CHINESE: Final = 8
_REFERENCE = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The class that a question seems to have, and why."""

    pii: PiiClass
    why: str


def suggest_class(name: str, question_type: str, labels: Iterable[str] = (), *, from_file: bool = False) -> Suggestion:
    """The class of a question from its name, its type (as in `surveyapp.xform.definition`) and its labels.

    `from_file` says that its choices lie in a file, which may be a register of people.
    """
    if question_type in _DIRECT_TYPES:
        return Suggestion("direct", _DIRECT_TYPES[question_type])
    if _HOUSEHOLD_ID.search(name.lower()):
        return Suggestion("direct", say("the number of a household"))
    if from_file:
        return Suggestion("direct", say("choices from a file, which may be a register of people"))
    texts = [name, *(_REFERENCE.sub("", label) for label in labels)]
    for pii, words, chinese in _BY_WORDS:
        for place, text in enumerate(texts):
            found = _find_word(text, words - _NAME_ONLY if place else words) or _find_chinese(text, chinese)
            if found and not (pii == "direct" and _is_number_or_choice(question_type)):
                return Suggestion(pii, say("the word {found!r}", found=found))
    if any(_ID.search(text.lower()) for text in texts):
        return Suggestion("direct", say("the number of a document"))
    if question_type in ("date", "datetime"):
        return Suggestion("indirect", say("a date"))
    if question_type == "text":
        return Suggestion("indirect", say("free text, in which anything may stand"))
    return Suggestion("none", say("nothing known speaks for another class"))


def _is_number_or_choice(question_type: str) -> bool:
    """A number of phones or a choice among kinds of houses names nobody."""
    return question_type in ("decimal", "select_one", "select_multiple", "boolean", "rank", "acknowledge")


def _find_word(text: str, words: frozenset[str]) -> str:
    split = re.findall(r"[^\W\d_]+", _CASE.sub(" ", text).lower())
    if len(split) > _LONGEST_LABEL:
        return ""
    return next((word for word in split if word in words), "")


def _find_chinese(text: str, words: tuple[str, ...]) -> str:
    """One character alone means little in a long label."""
    return next((word for word in words if word in text and (len(word) > 1 or len(text) <= _LONGEST_CHINESE)), "")


# Up to where ages and sizes of households are told; above, people are too few not to be known.
OLDEST: Final = 80
LARGEST_HOUSEHOLD: Final = 12
_AGE = re.compile(r"(?:^|_)age(?:_|$)|年龄|岁数")
_SIZE = re.compile(r"(?:^|_)(?:hh_?size|household_?size|n_?members|family_?size)(?:_|$)|家庭人口|家庭规模|人口数")


def suggest_top(name: str, labels: Iterable[str] = ()) -> int | None:
    """The largest value that is told of an age (80) or a size of a household (12); None for anything else."""
    texts = [name.lower(), *labels]
    if any(_AGE.search(text) for text in texts):
        return OLDEST
    return LARGEST_HOUSEHOLD if any(_SIZE.search(text) for text in texts) else None
