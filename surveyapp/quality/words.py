"""What choices and names of questions mean, in the languages that forms are written in."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from surveyapp.xform.definition import Choice, FormDefinition, Question


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MEANINGS: Final[Mapping[str, frozenset[str]]] = {
    "yes": _words("yes y true oui si sim 是 有 да"),
    "no": _words("no n false non nao nein 否 没有 нет"),
    "dont_know": _words(
        "dk dnk dont_know don_t_know dontknow do_not_know doesnt_know idk ne_sait_pas nsp no_sabe nao_sabe "
        "不知道 不清楚 "
        "не_знаю"
    ),
    "refused": _words(
        "rf ref refused refuse refuses refusal pnta prefer_not_to_answer prefer_not_to_say no_response no_answer refus "
        "rehusa recusou 拒答 拒绝回答 отказ"
    ),
    "other": _words("other others oth other_specify other_please_specify autre otro outro 其他 其它 другое"),
    "none": _words("none none_of_these none_of_the_above nothing no_one aucun ninguno nenhum 无 没有 都没有"),
    "not_applicable": _words("na n_a not_applicable 9999 不适用"),
    "backcheck": _words("backcheck back_check back revisit re_interview contre_enquete 回访 复访"),
    "head": _words("head hoh household_head head_of_household chef chef_de_menage jefe jefe_de_hogar 户主 本人"),
    "spouse": _words("spouse wife husband partner conjoint epouse epoux conyuge esposa 配偶 妻子 丈夫"),
    "child": _words("child son daughter son_daughter children enfant fils fille hijo hija hijo_a 子女 儿子 女儿 儿女"),
    "parent": _words(
        "parent father mother father_mother parents pere mere padre madre 父母 父亲 母亲 父母_岳父母_公婆 "
        "parent_or_parent_in_law"
    ),
    "grandchild": _words(
        "grandchild grandson granddaughter grand_child petit_enfant nieto nieta 孙辈 孙子女 孙子 孙女"
    ),
    "male": _words("m male man homme masculin hombre masculino 男 мужской"),
    "female": _words("f female woman femme feminin mujer femenino 女 женский"),
    "level_primary": _words("primary primary_school elementary primaire primaria 小学"),
    "level_lower": _words(
        "junior lower_secondary junior_middle junior_secondary middle_school college_secondaire secundaria 初中"
    ),
    "level_upper": _words(
        "senior upper_secondary senior_middle high_school senior_middle_or_vocational vocational lycee bachillerato "
        "高中 高中_中专_职高"
    ),
    "level_tertiary": _words(
        "tertiary university college college_or_above higher bachelor superieur universidad 大专及以上 大学 本科"
    ),
}
EXCLUSIVE: Final = frozenset({"none", "dont_know", "refused", "not_applicable"})
_BREAKS: Final = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """`text` without case, accents and double spaces, to be compared."""
    spread = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in spread if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFC", bare).casefold().split())


def as_name(text: str) -> str:
    """`text` as a name: plain words with underscores."""
    return _BREAKS.sub("_", plain(text).replace("'", "").replace("’", "")).strip("_")


def meanings_of(choice: Choice) -> frozenset[str]:
    """What a choice means, by its name, else by one of its labels; empty where it means nothing special."""
    by_name = _meanings(as_name(choice.name))
    if by_name:
        return by_name
    return frozenset().union(*(_meanings(as_name(label)) for label in choice.label.values()))


def _meanings(name: str) -> frozenset[str]:
    return frozenset(meaning for meaning, names in MEANINGS.items() if name in names)


def names_meaning(definition: FormDefinition, question: Question, wanted: Iterable[str]) -> frozenset[str]:
    """The choices of a select that mean one of the things `wanted`."""
    sought = frozenset(wanted)
    return frozenset(choice.name for choice in definition.choices(question) if meanings_of(choice) & sought)


def edit_distance_at_most_one(one: str, other: str) -> bool:
    """Whether one letter changed, added or dropped turns one text into the other (or none)."""
    if one == other:
        return True
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    place = next(
        (place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), len(one)
    )
    return one[place + (len(one) == len(other)) :] == other[place + 1 :]
