"""What each kind of rule is called, what it does, and an example, in English and Chinese."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Words(NamedTuple):
    """The same in English and Chinese."""

    en: str
    zh: str

    def of(self, language: str) -> str:
        """In the language of a page: English where it is not Chinese."""
        return self.zh if language.startswith("zh") else self.en


class KindWords(NamedTuple):
    """What people are told of a kind of rule."""

    label: Words
    does: Words
    example: Words


def _kind(label: tuple[str, str], does: tuple[str, str], example: tuple[str, str]) -> KindWords:
    return KindWords(Words(*label), Words(*does), Words(*example))


# What happens at a stage; rules run in this order whatever their place in the list.
STAGE_WORDS: Final[Mapping[int, Words]] = {
    1: Words("Interviews taken out", "剔除访谈"),
    2: Words("Texts, numbers and dates read", "整理文本、数字和日期"),
    3: Words("Codes for missing answers", "缺失代码"),
    4: Words("Answers recoded", "重新编码"),
    5: Words("Units converted", "单位换算"),
    7: Words("Values and limits", "赋值与范围"),
    8: Words("Rows of rosters", "名册行"),
    10: Words("Columns of your own", "自定义列"),
    12: Words("De-identified exports", "去标识导出"),
}

KIND_WORDS: Final[Mapping[str, KindWords]] = {
    "drop_submission": _kind(
        ("Take interviews out", "剔除访谈"),
        (
            "Takes whole interviews out of the clean data: by a condition, by their state, or by an open finding.",
            "把整份访谈从清理后的数据中剔除：按条件、按审核状态，或按尚未处理的问题。",
        ),
        ("${village} = 'TEST' leaves, with the reason “a test”.", "${village} = 'TEST' 的访谈被剔除，原因为“测试”。"),
    ),
    "dedupe": _kind(
        ("Keep one of duplicates", "重复访谈只留一份"),
        (
            "Of interviews with equal answers to the key questions one stays. Groups that a person decided about are "
            "left alone.",
            "关键问题答案相同的访谈只保留一份；已由人工决定的组不受影响。",
        ),
        ("Two interviews of household H7: the newest stays.", "住户 H7 有两份访谈：保留最新的一份。"),
    ),
    "normalise_text": _kind(
        ("Make texts uniform", "统一文本"),
        (
            "Makes spaces, letters and digits of other scripts uniform.",
            "统一空格、字母大小写以及其他文字的数字。",
        ),
        ("“ north  village ” becomes “North Village”.", "“ north  village ” 变为 “North Village”。"),
    ),
    "parse_number": _kind(
        ("Read numbers", "读取数字"),
        (
            "Reads numbers that were written in another way. What cannot be read becomes a finding.",
            "读取以其他方式书写的数字；无法读取的会成为一个发现的问题。",
        ),
        ("With a comma for decimals, 1.234,5 becomes 1234.5.", "小数点为逗号时，1.234,5 变为 1234.5。"),
    ),
    "parse_date": _kind(
        ("Read dates", "读取日期"),
        (
            "Reads dates that were written in another way. What two ways read differently is not guessed.",
            "读取以其他方式书写的日期；两种写法读法不同时不作猜测。",
        ),
        ("With %d/%m/%Y, 31/03/2026 becomes 2026-03-31.", "格式为 %d/%m/%Y 时，31/03/2026 变为 2026-03-31。"),
    ),
    "missing_codes": _kind(
        ("Codes for missing answers", "缺失代码"),
        (
            "Answers that stand for “does not know” and the like become empty, with the reason beside them.",
            "表示“不知道”等的代码变为空值，并在旁边记录原因。",
        ),
        ("−99 becomes empty: does not know.", "−99 变为空值：不知道。"),
    ),
    "recode": _kind(
        ("Replace answers", "替换答案"),
        (
            "Replaces answers by others. New ones must be among the choices of the question.",
            "用其他答案替换；新答案必须是该问题的选项之一。",
        ),
        ("“maze” becomes “maize”; “none” becomes empty.", "“maze” 变为 “maize”；“none” 变为空值。"),
    ),
    "recode_other": _kind(
        ("Recode “other, specify”", "“其他，请说明”归类"),
        (
            "What was written under “other” becomes one of the choices.",
            "把“其他”后填写的文字归入某个选项。",
        ),
        ("Other crop “corn” becomes the choice maize.", "其他作物 “corn” 归入选项 maize。"),
    ),
    "convert": _kind(
        ("Convert units", "换算单位"),
        (
            "Brings amounts in several units to one unit. An unknown unit is a finding.",
            "把不同单位的数量换算成同一单位；未知单位会成为一个发现的问题。",
        ),
        ("3 bags of 50 kg become 150 kg.", "3 袋、每袋 50 公斤，变为 150 公斤。"),
    ),
    "scale10": _kind(
        ("Take back a power of ten", "纠正多写或少写的零"),
        (
            "Multiplies by a power of ten: in the interviews that you name, or where a suggestion was accepted.",
            "乘以 10 的幂：用于您指明的访谈，或检查建议已被采纳的地方。",
        ),
        ("With −1, 12000 becomes 1200.", "指数为 −1 时，12000 变为 1200。"),
    ),
    "set": _kind(
        ("Set a value", "赋值"),
        ("Gives the questions a value, or what a formula computes.", "给问题赋一个值，或公式算出的结果。"),
        ("Income becomes ${wage} * 12.", "收入变为 ${wage} * 12。"),
    ),
    "set_if": _kind(
        ("Set a value where a condition holds", "按条件赋值"),
        (
            "Gives the questions a value, or what a formula computes, where the condition holds.",
            "条件成立时，给问题赋一个值，或公式算出的结果。",
        ),
        ("Where ${works} = 'no', the wage becomes 0.", "${works} = 'no' 时，工资变为 0。"),
    ),
    "blank_if": _kind(
        ("Empty where a condition holds", "按条件清空"),
        ("Empties the answer where the condition holds, with a reason.", "条件成立时清空答案，并记录原因。"),
        ("Where . > 120, the age becomes empty.", ". > 120 时，年龄变为空值。"),
    ),
    "clip": _kind(
        ("Limits", "上下限"),
        (
            "What lies outside the limits becomes a finding or empty, or the limit is written to a column of its own.",
            "超出范围的值成为一个发现的问题、变为空值，或以限值写入单独的一列。",
        ),
        ("Ages above 110 become findings.", "年龄大于 110 的成为发现的问题。"),
    ),
    "drop_row": _kind(
        ("Take rows of a roster out", "剔除名册行"),
        ("Takes rows of a roster out: by their keys, or by a condition.", "按行键或按条件剔除名册中的行。"),
        ("Members with ${m_age} > 120 leave.", "${m_age} > 120 的成员被剔除。"),
    ),
    "merge_rows": _kind(
        ("Merge two rows of a roster", "合并两行"),
        ("One row fills what is empty in the other, and is gone.", "一行补充另一行的空缺后被移除。"),
        ("The member entered twice becomes one.", "重复登记的成员合并为一个。"),
    ),
    "move_row": _kind(
        ("Move a row to another household", "把一行移到另一住户"),
        ("A row goes to another interview, with the rows inside it.", "一行连同其内部各行移到另一份访谈。"),
        ("A member entered with the neighbours goes home.", "登记在邻居家的成员移回本户。"),
    ),
    "renumber": _kind(
        ("Number the rows", "给行编号"),
        ("Numbers the rows of a roster 1, 2, … in a question of theirs.", "在名册的一个问题中按 1、2、…… 编号。"),
        ("Members 1, 3, 4 become 1, 2, 3.", "成员 1、3、4 变为 1、2、3。"),
    ),
    "fix_relation": _kind(
        ("Put relations right", "纠正关系"),
        ("Gives single rows of a roster, by their keys, another answer.", "按行键给名册中的个别行更正答案。"),
        ("The row of a grandmother is no longer a daughter.", "祖母那一行不再是“女儿”。"),
    ),
    "derive": _kind(
        ("A column of your own", "自定义列"),
        ("Computes a column at the end of the sheet.", "在工作表末尾计算一列。"),
        ("members = count(${member})", "members = count(${member})"),
    ),
    "pii": _kind(
        ("Mark personal data", "标记个人信息"),
        (
            "Says what de-identified exports do with the questions. The clean data stay as they are.",
            "规定去标识导出如何处理这些问题；清理后的数据不变。",
        ),
        ("The name is left out.", "姓名不导出。"),
    ),
}
