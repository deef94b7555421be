"""XForm XML becomes a FormDefinition.

What is parsed is what phones are given, never the sheet it was made from. XForms 1.1 as profiled by ODK (https://getodk.github.io/xforms-spec/).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from lxml import etree

from surveyapp.problems import FORM_INVALID, Problem
from surveyapp.sentences import say
from surveyapp.xform.definition import (
    Choice,
    ChoiceList,
    Element,
    FormDefinition,
    Group,
    Itemset,
    Question,
    QuestionType,
    Repeat,
    Rules,
    Text,
)

XFORMS: Final = "http://www.w3.org/2002/xforms"
JAVAROSA: Final = "http://openrosa.org/javarosa"
OPENROSA: Final = "http://openrosa.org/xforms"

BIND_TYPES: Final[Mapping[str, QuestionType]] = {
    "int": "integer",
    "integer": "integer",
    "long": "integer",
    "decimal": "decimal",
    "double": "decimal",
    "float": "decimal",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "dateTime": "datetime",
    "geopoint": "geopoint",
    "geotrace": "geotrace",
    "geoshape": "geoshape",
    "barcode": "barcode",
    "binary": "file",
    "select1": "select_one",
    "select": "select_multiple",
    "rank": "rank",
}
CONTROL_TYPES: Final[Mapping[str, QuestionType]] = {
    "select1": "select_one",
    "select": "select_multiple",
    "rank": "rank",
    "upload": "file",
    "trigger": "acknowledge",
}
# Where phones look for the choices of select_one_external, of which the XForm holds only the query.
ITEMSETS: Final = "itemsets.csv"
CONTROLS: Final = frozenset({"input", "select1", "select", "rank", "upload", "range", "trigger", "secret"})

itext_reference = re.compile(r"jr:itext\(\s*['\"](.*)['\"]\s*\)")
instance_reference = re.compile(r"instance\(\s*['\"]([^'\"]+)['\"]\s*\)")
pulldata_reference = re.compile(r"pulldata\(\s*['\"]([^'\"]+)['\"]")
search_reference = re.compile(r"search\(\s*['\"]([^'\"]+)['\"]")


def parse_xform(content: bytes) -> FormDefinition:
    """Understand the XForm `content`.

    Raises:
        Problem: FORM_INVALID when the XML is not readable or is not an XForm.
    """
    return _Parser(_read(content)).definition()


def _read(content: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Problem(FORM_INVALID, say("The XForm is not readable XML: {error}.", error=error)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Problem(FORM_INVALID, "The XForm holds a DOCTYPE.", remedy="Remove it.")
    return root


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _children(element: etree._Element, *names: str) -> list[etree._Element]:
    return [child for child in element if isinstance(child.tag, str) and (not names or _local(child) in names)]


def _first(element: etree._Element, name: str) -> etree._Element | None:
    return next(iter(_children(element, name)), None)


def _last_name(expression: str) -> str:
    return expression.strip().rstrip("]").rpartition("/")[2].strip() or expression.strip()


def _inline_text(element: etree._Element) -> str:
    """Text with `${name}` where an output stands."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and _local(child) == "output":
            parts.append("${" + _last_name(child.get("value") or child.get("ref") or "") + "}")
        else:
            parts.append("".join(str(part) for part in child.itertext()))
        parts.append(child.tail or "")
    return "".join(parts).strip()


class _Parser:
    """One pass over an XForm; the parts that several steps need are kept on it."""

    def __init__(self, html: etree._Element) -> None:
        self.html = html
        model = next(html.iter(f"{{{XFORMS}}}model"), None)
        instances = [] if model is None else _children(model, "instance")
        roots = _children(instances[0]) if instances else []
        if model is None or not roots:
            raise Problem(FORM_INVALID, "The XML is not an XForm: it has no model with a primary instance.")
        self.model = model
        self.root = roots[0]
        self.secondary = instances[1:]
        self.body = next(html.iter("{http://www.w3.org/1999/xhtml}body"), None)
        self.languages, self.default_language = self._list_languages()
        self.itext, self.media = self._read_itext()
        self.binds = {self._absolute(bind.get("nodeset", "")): bind for bind in _children(model, "bind")}
        self.controls: dict[str, etree._Element] = {}
        self.groups: dict[str, etree._Element] = {}
        self.repeats: dict[str, etree._Element] = {}
        if self.body is not None:
            self._collect_controls(self.body)

    def definition(self) -> FormDefinition:
        form_id = self.root.get("id") or etree.QName(self.root).namespace or ""
        if not form_id or form_id == XFORMS:
            raise Problem(FORM_INVALID, "The XForm has no form id.", remedy="Give the root of its instance an id.")
        title = self.html.find(".//{http://www.w3.org/1999/xhtml}title")
        submission = _first(self.model, "submission")
        attributes: Mapping[str, str] = (
            {} if submission is None else {str(k): str(v) for k, v in submission.attrib.items()}
        )
        namespace = etree.QName(self.root).namespace or ""
        path = "/" + _local(self.root)
        return FormDefinition(
            form_id=form_id,
            version=self.root.get("version") or self.root.get(f"{{{OPENROSA}}}version") or "",
            title=(title.text or "").strip() if title is not None else form_id,
            root=Group(_local(self.root), path, self._elements(self.root, path)),
            languages=self.languages,
            default_language=self.default_language,
            choice_lists=self._choice_lists(),
            attachments=tuple(sorted(self._attachments())),
            meta=self._meta(path),
            submission_url=attributes.get("action", ""),
            public_key=attributes.get("base64RsaPublicKey", ""),
            client_editable=attributes.get(
                "{http://www.opendatakit.org/xforms}client-editable", attributes.get("client-editable", "")
            )
            == "true",
            instance_xmlns="" if namespace == XFORMS else namespace,
        )

    # -- text ---------------------------------------------------------------------------------------------------------
    def _list_languages(self) -> tuple[tuple[str, ...], str]:
        itext = _first(self.model, "itext")
        translations = [] if itext is None else _children(itext, "translation")
        languages = tuple(translation.get("lang", "") for translation in translations)
        default = next(
            (t.get("lang", "") for t in translations if t.get("default") is not None), languages[0] if languages else ""
        )
        return languages, default

    def _read_itext(self) -> tuple[dict[str, dict[str, str]], set[str]]:
        texts: dict[str, dict[str, str]] = {}
        media: set[str] = set()
        itext = _first(self.model, "itext")
        for translation in [] if itext is None else _children(itext, "translation"):
            for text in _children(translation, "text"):
                by_language = texts.setdefault(text.get("id", ""), {})
                for value in _children(text, "value"):
                    form = value.get("form")
                    if form in (None, "long"):
                        by_language[translation.get("lang", "")] = _inline_text(value)
                    elif value.text and value.text.startswith("jr://"):
                        media.add(value.text.rpartition("/")[2].strip())
        return texts, media

    def _text(self, element: etree._Element | None) -> Text:
        if element is None:
            return {}
        reference = itext_reference.fullmatch((element.get("ref") or "").strip())
        if reference:
            return self.itext.get(reference[1], {})
        return {"": found} if (found := _inline_text(element)) else {}

    def _message(self, bind: etree._Element, name: str) -> Text:
        message = bind.get(f"{{{JAVAROSA}}}{name}") or ""
        reference = itext_reference.fullmatch(message.strip())
        if reference:
            return self.itext.get(reference[1], {})
        return {"": message} if message else {}

    # -- body ---------------------------------------------------------------------------------------------------------
    def _absolute(self, path: str) -> str:
        path = path.strip()
        return path if path.startswith("/") else f"/{_local(self.root)}/{path}"

    def _reference(self, control: etree._Element) -> str:
        reference = control.get("ref") or control.get("nodeset")
        bind = control.get("bind")
        if not reference and bind:
            found = next((b for b in self.binds.values() if b.get("id") == bind), None)
            reference = None if found is None else found.get("nodeset")
        return self._absolute(reference) if reference else ""

    def _collect_controls(self, parent: etree._Element) -> None:
        for element in _children(parent):
            name, path = _local(element), self._reference(element)
            if name == "repeat":
                self.repeats[path] = element
            elif name == "group":
                self.groups[path] = element
            elif name in CONTROLS:
                self.controls[path] = element
                continue
            self._collect_controls(element)

    # -- instance -----------------------------------------------------------------------------------------------------
    def _elements(self, parent: etree._Element, path: str) -> tuple[Element, ...]:
        found: dict[str, Element] = {}
        for node in _children(parent):
            name = _local(node)
            if name in found or (parent is self.root and name == "meta"):
                continue
            found[name] = self._element(node, f"{path}/{name}")
        return tuple(found.values())

    def _element(self, node: etree._Element, path: str) -> Element:
        name = _local(node)
        group = self.groups.get(path)
        label = self._text(None if group is None else _first(group, "label"))
        if path in self.repeats:
            repeat = self.repeats[path]
            count = (repeat.get(f"{{{JAVAROSA}}}count") or "").strip()
            appearance = repeat.get("appearance") or ("" if group is None else group.get("appearance") or "")
            return Repeat(name, path, self._elements(node, path), label, self._rules(path), count, appearance)
        if _children(node) or group is not None:
            appearance = "" if group is None else group.get("appearance", "")
            return Group(name, path, self._elements(node, path), label, self._rules(path), appearance)
        return self._question(node, path)

    def _question(self, node: etree._Element, path: str) -> Question:
        control = self.controls.get(path)
        kind = "" if control is None else _local(control)
        bind = self.binds.get(path)
        bind_type = ("" if bind is None else bind.get("type", "")).rpartition(":")[2] or "string"
        rules = self._rules(path)
        default = (node.text or "").strip()
        question_type: QuestionType = CONTROL_TYPES.get(kind) or BIND_TYPES.get(bind_type, "text")
        if (
            kind == "input"
            and question_type == "text"
            and rules.readonly == "true()"
            and not (rules.calculate or default)
        ):
            question_type = "note"
        if control is None:
            return Question(_local(node), path, question_type, bind_type, rules=rules, default=default)
        return Question(
            name=_local(node),
            path=path,
            type=question_type,
            bind_type=bind_type,
            control=kind,
            label=self._text(_first(control, "label")),
            hint=self._text(_first(control, "hint")),
            rules=rules,
            appearance=control.get("appearance", ""),
            itemset=self._itemset(control),
            static_choices=self._static_choices(control),
            mediatype=control.get("mediatype", ""),
            range_start=control.get("start", ""),
            range_end=control.get("end", ""),
            range_step=control.get("step", ""),
            default=default,
        )

    def _rules(self, path: str) -> Rules:
        bind = self.binds.get(path)
        if bind is None:
            return Rules()

        def expression(name: str) -> str:
            return (bind.get(name) or "").strip()

        return Rules(
            relevant=expression("relevant"),
            required=expression("required"),
            constraint=expression("constraint"),
            calculate=expression("calculate"),
            readonly=expression("readonly"),
            constraint_message=self._message(bind, "constraintMsg"),
            required_message=self._message(bind, "requiredMsg"),
            preload=expression(f"{{{JAVAROSA}}}preload"),
            preload_parameters=expression(f"{{{JAVAROSA}}}preloadParams"),
        )

    def _meta(self, root_path: str) -> tuple[Question, ...]:
        meta = _first(self.root, "meta")
        return (
            ()
            if meta is None
            else tuple(self._question(node, f"{root_path}/meta/{_local(node)}") for node in _children(meta))
        )

    # -- choices ------------------------------------------------------------------------------------------------------
    def _itemset(self, control: etree._Element) -> Itemset | None:
        itemset = _first(control, "itemset")
        if itemset is None:
            return None
        nodeset = (itemset.get("nodeset") or "").strip()
        listed = instance_reference.search(nodeset)
        value, label = _first(itemset, "value"), _first(itemset, "label")
        opening = nodeset.find("[")
        return Itemset(
            list_name=listed[1] if listed else "",
            nodeset=nodeset,
            filter=nodeset[opening + 1 : nodeset.rfind("]")].strip() if opening >= 0 else "",
            value_ref="name" if value is None else value.get("ref", "name"),
            label_ref="label" if label is None else label.get("ref", "label"),
        )

    def _static_choices(self, control: etree._Element) -> tuple[Choice, ...]:
        choices = []
        for item in _children(control, "item"):
            value = _first(item, "value")
            name = "" if value is None else (value.text or "").strip()
            choices.append(Choice(name, self._text(_first(item, "label"))))
        return tuple(choices)

    def _choice_lists(self) -> dict[str, ChoiceList]:
        lists = {}
        for instance in self.secondary:
            name, source = instance.get("id", ""), instance.get("src", "")
            roots = _children(instance)
            items = _children(roots[0]) if roots else []
            lists[name] = ChoiceList(name, tuple(self._choice(item) for item in items), source)
        return lists

    def _choice(self, item: etree._Element) -> Choice:
        columns = {_local(column): _inline_text(column) for column in _children(item)}
        label: Text = {"": columns["label"]} if columns.get("label") else {}
        if "itextId" in columns:
            label = self.itext.get(columns["itextId"], {})
        name = columns.get("name", columns.get("value", ""))
        return Choice(name, label, {k: v for k, v in columns.items() if k not in ("name", "label", "itextId")})

    # -- files --------------------------------------------------------------------------------------------------------
    def _attachments(self) -> set[str]:
        names = set(self.media)
        for instance in self.secondary:
            source = instance.get("src", "")
            if source.startswith("jr://") and not source.startswith("jr://instance"):
                names.add(source.rpartition("/")[2])
        if any(control.get("query") for control in self.controls.values()):
            names.add("itemsets.csv")
        expressions = (str(value) for bind in self.binds.values() for value in bind.attrib.values())
        names.update(self._named_files(pulldata_reference, expressions))
        appearances = (control.get("appearance", "") for control in self.controls.values())
        names.update(self._named_files(search_reference, appearances))
        if any(control.get("query") for control in self.controls.values()):
            names.add(ITEMSETS)
        return names

    @staticmethod
    def _named_files(pattern: re.Pattern[str], texts: Iterable[str]) -> set[str]:
        found = {name for text in texts for name in pattern.findall(text)}
        return {name if name.endswith(".csv") else f"{name}.csv" for name in found}
