"""A page with every macro of the office pages, in both languages: to look at, and for the browser to check."""

import datetime
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.exceptions import Conflict

from surveyapp.web.i18n import page_language

gallery = Blueprint("gallery", __name__, url_prefix="/gallery", template_folder="templates")
AT = datetime.datetime(2026, 3, 1, 8, 30, tzinfo=datetime.UTC)


def _say(english: str, chinese: str) -> str:
    return chinese if page_language() == "zh" else english


def _place(title: str, *, here: bool = False, count: int | None = None) -> dict[str, Any]:
    return {"title": title, "url": "#content", "here": here, "count": count}


def _office() -> dict[str, Any]:
    places = [
        _place(_say("Overview", "概况")),
        _place(_say("Submissions", "提交记录"), here=True, count=12_480),
        _place(_say("Quality", "质量"), count=37),
        _place(_say("Corrections", "更正")),
        _place(_say("Indicators", "指标")),
        _place(_say("Exports", "导出")),
        _place(_say("Forms", "问卷")),
        _place(_say("Devices", "设备")),
        _place(_say("People", "人员")),
    ]
    project = {"name": _say("Livelihood space, second wave", "生计空间调查第二轮"), "url": "#content"}
    return {
        "person": {"name": "supervisor-3"},
        "account": [_place(_say("My account", "我的账户"))],
        "sign_out_url": "#content",
        "csrf_token": "a-token",
        "project": project,
        "projects": [_place(project["name"], here=True), _place("Pilot")],
        "places": places,
    }


@gallery.get("/")
def everything() -> str:
    return render_template("gallery.html", say=_say, at=AT, **_office())


@gallery.get("/nobody")
def nobody() -> str:
    """As before somebody signs in."""
    return render_template("gallery_nobody.html", say=_say, sign_in_url="#content")


@gallery.get("/part")
def part() -> str:
    if "refuse" in request.args:
        raise Conflict("Somebody else was quicker.")
    return f"<p id='arrived'>{request.headers.get('X-CSRF-Token')}</p>"
