"""How people fill in the parameters of rules: what each is called, with what kind of field, and its words to choose."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from surveyapp.clean.kind_words import Words

# text, number, flag: one value; lines: one a line; formula: an expression; choice: one of `options`; boxes: several of
# them; question, questions: of the form; repeat: a repeat of the form; table: pairs of texts; amounts: text and number;
# reasons: text and one of `options`.
Shape: TypeAlias = Literal[
    "text", "number", "flag", "lines", "formula", "choice", "boxes", "question", "questions", "repeat", "table",
    "amounts", "reasons",
]  # fmt: skip  # a list of words, not of arguments
NOTHING: Final = Words("", "")


class Slot(NamedTuple):
    """One parameter as a field: `heads` are the heads of the two columns of a table."""

    shape: Shape
    label: Words
    hint: Words = NOTHING
    options: Mapping[str, Words] = {}
    heads: tuple[Words, Words] = (NOTHING, NOTHING)


def _slot(
    shape: Shape,
    label: tuple[str, str],
    hint: tuple[str, str] = ("", ""),
    options: Mapping[str, Words] | None = None,
    heads: tuple[Words, Words] = (NOTHING, NOTHING),
) -> Slot:
    return Slot(shape, Words(*label), Words(*hint), options or {}, heads)


MISSING_WORDS: Final[Mapping[str, Words]] = {
    "dont_know": Words("does not know", "不知道"),
    "refused": Words("refused to say", "拒绝回答"),
    "not_applicable": Words("does not apply", "不适用"),
    "other_code": Words("another code", "其他代码"),
    "blanked": Words("emptied in cleaning", "清理时清空"),
    "invalid": Words("could not be read", "无法读取"),
}
STATES: Final[Mapping[str, Words]] = {
    "received": Words("received", "已收到"),
    "in_review": Words("in review", "审核中"),
    "has_issues": Words("has issues", "有问题"),
    "returned": Words("returned", "已退回"),
    "corrected": Words("corrected", "已更正"),
    "rejected": Words("rejected", "已拒绝"),
    "approved": Words("approved", "已通过"),
}
MATCHES: Final[Mapping[str, Words]] = {
    "exact": Words("the whole answer, letter by letter", "整个答案逐字相同"),
    "casefold": Words("the whole answer, large or small letters", "整个答案，不分大小写"),
    "regex": Words("a pattern (regular expression) of the whole answer", "整个答案符合的模式（正则表达式）"),
}
OTHER_MATCHES: Final[Mapping[str, Words]] = {
    "exact": Words("the whole text", "整个文本"),
    "contains": Words("texts that contain it", "包含该文字"),
    "begins": Words("texts that begin with it", "以该文字开头"),
    "ends": Words("texts that end with it", "以该文字结尾"),
}
OLD_NEW: Final = (Words("Old answer", "原答案"), Words("New answer", "新答案"))
NAME_LABEL: Final = (Words("Name", "名称"), Words("Label", "标签"))
NEW_CHOICE: Final = _slot(
    "table",
    ("Choices that the form does not have", "问卷中没有的选项"),
    ("Only for new answers that the form does not offer.", "仅用于问卷未提供的新答案。"),
    heads=NAME_LABEL,
)
FINDING: Final = _slot(
    "text",
    ("Where this check has an open finding", "存在该检查未处理问题的地方"),
    ("The id of a check, such as S06.", "检查的编号，例如 S06。"),
)
INSTANCES: Final = _slot("lines", ("Interviews", "访谈"), ("Instance ids, one a line.", "实例编号，每行一个。"))
ROW_KEY_HINT: Final = (
    "The key of a row, as in the column _row_key of the workbook.",
    "行键，见工作簿的 _row_key 列。",
)
VALUE: Final = _slot(
    "text",
    ("Value", "值"),
    ("Of choices the name. Or leave it empty, and write a formula.", "选项填名称；也可留空而写公式。"),
)
EXPRESSION: Final = _slot(
    "formula", ("Formula", "公式"), ("As in an XLSForm: ${wage} * 12.", "写法同 XLSForm：${wage} * 12。")
)

# By kind of rule and name of parameter.
SLOTS: Final[Mapping[str, Mapping[str, Slot]]] = {
    "drop_submission": {
        "reason_code": _slot(
            "choice",
            ("Why they leave", "剔除原因"),
            options={
                "refused": Words("refused to be interviewed", "拒绝受访"),
                "test": Words("a test", "测试"),
                "duplicate": Words("a duplicate", "重复"),
                "fabricated": Words("made up", "捏造"),
                "out_of_sample": Words("not in the sample", "不在样本中"),
                "other": Words("another reason", "其他原因"),
            },
        ),
        "states": _slot("boxes", ("In these review states", "处于这些审核状态"), options=STATES),
        "finding": FINDING,
    },
    "dedupe": {
        "keys": _slot("questions", ("Key questions", "关键问题")),
        "keep": _slot(
            "choice",
            ("Which one stays", "保留哪一份"),
            options={
                "newest": Words("the newest", "最新的"),
                "oldest": Words("the oldest", "最早的"),
                "approved": Words("the approved one", "已通过的"),
                "most_complete": Words("the most complete one", "最完整的"),
            },
        ),
    },
    "normalise_text": {
        "trim": _slot("flag", ("No spaces at the ends", "去掉首尾空格")),
        "collapse": _slot("flag", ("One space for several", "多个空格合并为一个")),
        "nfc": _slot("flag", ("One spelling of accents (Unicode NFC)", "统一重音写法（Unicode NFC）")),
        "digits": _slot("flag", ("Digits of other scripts as 0 to 9", "其他文字的数字改为 0–9")),
        "case": _slot(
            "choice",
            ("Letters", "字母大小写"),
            options={
                "keep": Words("as they are", "保持原样"),
                "casefold": Words("small", "小写"),
                "title": Words("Large At The Beginning", "单词首字母大写"),
                "upper": Words("LARGE", "大写"),
            },
        ),
    },
    "parse_number": {
        "decimal": _slot(
            "choice",
            ("Decimals after", "小数点"),
            options={".": Words("a point", "句点 ."), ",": Words("a comma", "逗号 ,")},
        ),
        "grouping": _slot(
            "text", ("Mark between thousands", "千位分隔符"), ("One mark, such as a comma.", "一个符号，例如逗号。")
        ),
    },
    "parse_date": {
        "formats": _slot(
            "lines",
            ("Ways in which dates were written", "日期的写法"),
            (
                "One a line: %d day, %m month, %Y year, as in %d/%m/%Y.",
                "每行一个：%d 日、%m 月、%Y 年，例如 %d/%m/%Y。",
            ),
        )
    },
    "missing_codes": {
        "codes": _slot(
            "reasons",
            ("Codes", "代码"),
            (
                "Empty: −99 does not know, −98 refused, −88 another code.",
                "留空则为：−99 不知道、−98 拒绝回答、−88 其他代码。",
            ),
            MISSING_WORDS,
            (Words("Code", "代码"), Words("Means", "含义")),
        )
    },
    "recode": {
        "map": _slot(
            "table",
            ("Answers", "答案"),
            (
                "Of choices the names. An old answer without a new one becomes empty.",
                "选项填名称；没有新答案的原答案变为空值。",
            ),
            heads=OLD_NEW,
        ),
        "match": _slot("choice", ("What is compared", "比较方式"), options=MATCHES),
        "new_choice": NEW_CHOICE,
    },
    "recode_other": {
        "parent": _slot("question", ("The question with “other” among its choices", "带“其他”选项的问题")),
        "map": _slot(
            "table",
            ("Texts", "文字"),
            ("What was written, and the name of the choice.", "填写的文字，以及选项的名称。"),
            heads=(Words("Text", "文字"), Words("Choice", "选项")),
        ),
        "match": _slot("choice", ("What is compared", "比较方式"), options=OTHER_MATCHES),
        "other": _slot("text", ("Name of the choice “other”", "“其他”选项的名称")),
        "text": _slot(
            "choice",
            ("The text afterwards", "之后的文字"),
            options={"blank": Words("is emptied", "清空"), "keep": Words("stays", "保留")},
        ),
        "new_choice": NEW_CHOICE,
    },
    "convert": {
        "unit": _slot("question", ("The question about the unit", "单位问题")),
        "factors": _slot(
            "amounts",
            ("What one of each unit is in the target unit", "每个单位等于多少目标单位"),
            heads=(Words("Unit", "单位"), Words("Factor", "系数")),
        ),
        "target": _slot("text", ("Target unit", "目标单位"), ("The name of its choice.", "该选项的名称。")),
        "keep_original": _slot("flag", ("Keep the amount as it was in a column …__orig", "原数量保留在 …__orig 列")),
    },
    "scale10": {
        "exponent": _slot(
            "number", ("Power of ten", "10 的指数"), ("−1 for a tenth, 1 for ten times.", "−1 为十分之一，1 为十倍。")
        ),
        "instances": INSTANCES,
        "finding": FINDING,
    },
    "set": {"value": VALUE, "expression": EXPRESSION},
    "set_if": {"value": VALUE, "expression": EXPRESSION},
    "blank_if": {"missing": _slot("choice", ("Why it is empty", "为空的原因"), options=MISSING_WORDS)},
    "clip": {
        "min": _slot("number", ("Lowest", "下限")),
        "max": _slot("number", ("Highest", "上限")),
        "mode": _slot(
            "choice",
            ("What lies outside", "超出范围的值"),
            options={
                "flag": Words("becomes a finding", "成为发现的问题"),
                "blank": Words("becomes empty", "变为空值"),
                "clip": Words("stays, and the limit goes to a column …__clipped", "保留，限值写入 …__clipped 列"),
            },
        ),
    },
    "drop_row": {
        "row_keys": _slot("lines", ("Keys of rows", "行键"), ROW_KEY_HINT),
        "repeat": _slot("repeat", ("Or the roster, with a condition above", "或名册（配合上面的条件）")),
    },
    "merge_rows": {
        "keep": _slot("text", ("Row that stays", "保留的行"), ROW_KEY_HINT),
        "drop": _slot("text", ("Row that is merged into it", "并入的行"), ROW_KEY_HINT),
    },
    "move_row": {
        "row_key": _slot("text", ("Row", "行"), ROW_KEY_HINT),
        "instance": _slot("text", ("From the interview", "所在访谈"), ("Its instance id.", "实例编号。")),
        "to": _slot("text", ("To the interview", "移到访谈"), ("Its instance id.", "实例编号。")),
        "to_parent": _slot("text", ("Inside this row there", "放入该行之内"), ROW_KEY_HINT),
    },
    "renumber": {"question": _slot("question", ("The question that holds the number", "存放编号的问题"))},
    "fix_relation": {
        "question": _slot("question", ("The question about the relation", "关系问题")),
        "values": _slot(
            "table",
            ("Rows", "行"),
            ROW_KEY_HINT,
            heads=(Words("Key of the row", "行键"), Words("Answer", "答案")),
        ),
    },
    "derive": {
        "name": _slot("text", ("Name of the column", "列名")),
        "type": _slot(
            "choice",
            ("Type", "类型"),
            options={
                "integer": Words("whole number", "整数"),
                "decimal": Words("number", "小数"),
                "text": Words("text", "文本"),
                "date": Words("date", "日期"),
                "boolean": Words("yes or no", "是或否"),
            },
        ),
        "label": _slot(
            "table",
            ("Labels", "标签"),
            ("By language of the form.", "按问卷语言填写。"),
            heads=(Words("Language", "语言"), Words("Label", "标签")),
        ),
        "expression": _slot(
            "formula",
            ("Formula", "公式"),
            ("As in an XLSForm: count(${member}).", "写法同 XLSForm：count(${member})。"),
        ),
        "repeat": _slot("repeat", ("In the sheet of this roster", "放在该名册的工作表中")),
    },
    "pii": {
        "action": _slot(
            "choice",
            ("In de-identified exports", "在去标识导出中"),
            options={
                "drop": Words("left out", "不导出"),
                "hash": Words("replaced by a code", "以代码代替"),
                "mask": Words("masked", "遮盖"),
                "coarsen": Words("made coarser", "粗化"),
            },
        ),
        "width": _slot(
            "number", ("Width of the classes", "分组宽度"), ("For numbers that are made coarser.", "用于粗化的数字。")
        ),
    },
}
