"""What is said of a form before anyone takes it to the field."""

import pytest

from surveyapp.validate.form_checks import check_form
from surveyapp.validate.order import relevance_order
from surveyapp.validate.rules import CompiledRules, compile_rules
from surveyapp.xform.parse import parse_xform


def rules_of_binds(*binds: str) -> CompiledRules:
    """A hand-made XForm: what pyxform would already refuse must be found by us too."""
    nodes = "<data id='t'><a/><b/><g><c/><d/></g><r><k/><run/></r></data>"
    body = "<group ref='/data/r'><repeat nodeset='/data/r'><input ref='/data/r/k'/></repeat></group>"
    body += "".join(f"<input ref='{path}'><label>x</label></input>" for path in ("/data/a", "/data/b", "/data/g/c"))
    namespaces = "xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'"
    model = f"<model><instance>{nodes}</instance>{''.join(f'<bind {bind}/>' for bind in binds)}</model>"
    form = f"<h:html {namespaces}><h:head><h:title>t</h:title>{model}</h:head><h:body>{body}</h:body></h:html>"
    return compile_rules(parse_xform(form.encode()), {})


@pytest.mark.parametrize(
    ("bind", "code", "severity", "said"),
    [
        ("relevant='1 +'", "expression-unreadable", "error", "At character 4"),
        ("constraint='floor(.) = .'", "not-in-collect", "warning", "floor()"),
        ("constraint='substring(., 1) = 1'", "not-in-collect", "warning", "substring()"),
        ("calculate='count(//k)'", "not-in-collect", "warning", "//"),
        ("calculate='/data/r[2]/k'", "not-in-collect", "warning", "r[number]"),
        ("calculate='nosuch(1)'", "function-unknown", "error", "nosuch()"),
        ("calculate='if(1, 2)'", "arguments", "error", "if() does not take 2 arguments"),
        ("relevant='/data/g/cc = 1'", "reference-unknown", "warning", "/data/g/cc"),
        ("constraint=\"regex(., '[')\"", "pattern-unreadable", "warning", "pattern"),
        ("calculate=\"instance('x')/root/item/name\"", "instance-unknown", "error", "“x”"),
        ("relevant='(((((" + "(" * 200 + "1'", "expression-unreadable", "error", "levels of nesting"),
    ],
)
def test_each_fault_is_named(bind: str, code: str, severity: str, said: str) -> None:
    findings = check_form(rules_of_binds(f"nodeset='/data/a' {bind}"), {"a": 7})
    assert [(finding.code, finding.severity) for finding in findings] == [(code, severity)]
    assert said in findings[0].message
    assert "“a”" in findings[0].message
    assert (findings[0].sheet, findings[0].row) == ("survey", 7)
    assert findings[0].remedy


def test_a_misspelt_question_is_guessed() -> None:
    finding = check_form(rules_of_binds("nodeset='/data/a' relevant='/data/bb = 1'"))[0]
    assert finding.remedy == "Did you mean “b”?"


@pytest.mark.parametrize(
    ("binds", "circle"),
    [
        (["nodeset='/data/a' relevant='/data/b = 1'", "nodeset='/data/b' relevant='/data/a = 1'"], "a → b → a"),
        (["nodeset='/data/g' relevant='/data/g/c = 1'"], "g → c → g"),
        (["nodeset='/data/a' calculate='. + 1'"], "a → a"),
        (["nodeset='/data/a' relevant='/data/b > 1'", "nodeset='/data/b' calculate='/data/a'"], "a → b → a"),
        (["nodeset='/data/r/run' calculate='indexed-repeat(/data/r/run, /data/r, 1)'"], "run → run"),
    ],
)
def test_a_circle_is_refused_as_collect_refuses_it(binds: list[str], circle: str) -> None:
    findings = check_form(rules_of_binds(*binds))
    assert {finding.code for finding in findings} == {"cycle"}
    assert circle in findings[0].message


def test_sound_rules_raise_nothing() -> None:
    rules = rules_of_binds(
        "nodeset='/data/a' relevant=\"/data/b = 'x' and true()\" constraint='. &gt; 1 and string-length() &lt; 3'",
        "nodeset='/data/g/c' relevant='../../a != 1' calculate='once(/data/b)'",
        "nodeset='/data/r/k' constraint='. &lt; position(..) and count(../../r) &lt; 5'",
    )
    assert check_form(rules) == []


def test_order_follows_what_is_read_and_what_lies_around() -> None:
    order = relevance_order({"/d/a": ["/d/g/b"], "/d/g/b": ["/d/c"], "/d/g": ["/d/h"], "/d/c": [], "/d/h": ["/d/c"]})
    assert order.index("/d/c") < order.index("/d/h") < order.index("/d/g") < order.index("/d/g/b") < order.index("/d/a")


def test_a_chain_of_thousands_is_ordered() -> None:
    chain = {f"/d/q{number}": [f"/d/q{number + 1}"] for number in range(5_000)}
    assert relevance_order(chain)[0] == "/d/q4999"
