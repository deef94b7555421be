"""The languages of the pages: which one a reader gets, and how a page offers the others.

The first of these that says something decides: `?lang=` (kept in a cookie), the cookie, the language of the person who
is signed in, the browser's Accept-Language, English. Phones are answered in the same way (Collect sends nothing but
perhaps Accept-Language), programs in English: they compare codes.

What rooms below the doors say of a refusal or a fault (`surveyapp.sentences`) is put into the reader's language here.
"""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, Response, request
from flask_babel import Babel, get_locale, gettext
from markupsafe import Markup

from surveyapp.sentences import translate

LANGUAGES: Final = {"en": "English", "zh": "简体中文"}
"""What `?lang=`, the cookie and an account say, and the name that readers of the language give it."""

DEFAULT: Final = "en"
PARAMETER: Final = "lang"
COOKIE: Final = "lang"
COOKIE_SECONDS: Final = 365 * 86_400
# How dates and numbers are written, and the folders in translations/. English is that of the field: the day before the
# month, and 24 hours. Chinese carries its script, so that another can come beside it.
_LOCALES: Final = {"en": "en_GB", "zh": "zh_Hans_CN"}
_TAGS: Final = {"en": "en", "zh": "zh-Hans"}


def register_languages(
    app: Flask,
    timezone: str,
    person_language: Callable[[], str | None] | None = None,
    page_timezone: Callable[[], str | None] | None = None,
) -> None:
    """Let pages speak the reader's language and show times in the right zone.

    Args:
        timezone: IANA name; what times are shown in where `page_timezone` says nothing.
        person_language: a key of LANGUAGES for whoever is signed in, else None.
        page_timezone: IANA name of the zone of the project that the page is about, else None.
    """
    app.config.update(BABEL_DEFAULT_LOCALE=DEFAULT, BABEL_DEFAULT_TIMEZONE=timezone)
    Babel(app, locale_selector=lambda: _LOCALES[choose_language(person_language)], timezone_selector=page_timezone)
    app.context_processor(_words_of_pages)
    app.jinja_env.globals["tell"] = tell
    app.after_request(_remember)


def choose_language(person_language: Callable[[], str | None] | None = None) -> str:
    """The key of LANGUAGES in which this request is answered."""
    for wish in (request.args.get(PARAMETER), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    of_person = person_language() if person_language else None
    if of_person in LANGUAGES:
        return of_person
    return request.accept_languages.best_match(list(LANGUAGES), DEFAULT) or DEFAULT


def page_language() -> str:
    """The key of LANGUAGES of the page being written."""
    locale = get_locale()
    return locale.language if locale else DEFAULT


def told(text: str) -> str:
    """A sentence of ours in the language of the answer; English where it has no translation."""
    return translate(text, gettext)


def tell(text: str) -> Markup:
    """`told` for a page; what stays English between other words says so, for those who have a page read to them."""
    words = told(text)
    if words != text or not words or page_language() == DEFAULT:
        return Markup.escape(words)
    return Markup('<span lang="en">{}</span>').format(words)


def _words_of_pages() -> dict[str, Any]:
    return {"html_lang": _TAGS[page_language()], "languages": _other_languages}


def _other_languages() -> list[dict[str, Any]]:
    """For the language switch: this page in each language. A page that answers a POST has only an address to go to."""
    here = page_language()
    return [
        {"name": name, "tag": _TAGS[key], "url": _with_language(key), "here": key == here}
        for key, name in LANGUAGES.items()
    ]


def _with_language(key: str) -> str:
    """An address without a path leads to the path where the reader is, whatever that holds."""
    return "?" + urlencode(
        [*((name, text) for name, text in request.args.items(multi=True) if name != PARAMETER), (PARAMETER, key)]
    )


def _remember(response: Response) -> Response:
    """Keep what `?lang=` asked for, and tell caches what the page hangs on."""
    if response.mimetype != "text/html":
        return response
    response.vary.update(("Accept-Language", "Cookie"))
    wish = request.args.get(PARAMETER)
    if wish in LANGUAGES:
        response.set_cookie(
            COOKIE, wish, max_age=COOKIE_SECONDS, secure=request.is_secure, httponly=True, samesite="Lax"
        )
    return response
