"""Records as one page of HTML that needs nothing else: no network, no other file.

Whatever somebody has sent stands in the page as JSON in which nothing means anything to HTML, and
the page's own policy lets no script run but its own.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable
from importlib.resources import files

__all__ = ["NOTHING", "element", "page"]

NOTHING = "No test of this run used Binance Options."

_FIRST = ("failed", "error", "xpassed", "rerun", "recording", "passed", "xfailed", "skipped")
"""The order of outcomes in the list; others come last."""

_PART = re.compile(r"\{\{ ([\w ]+) \}\}")
_INDEX = '<script type="application/json" id="index" data-noun="%s" data-nothing="%s">%s</script>'
_RECORD = '<script type="application/json" class="record">%s</script>'
_DAYS_BUTTON = '<button type="button" id="days" aria-haspopup="dialog">Bad days</button>'
_DAYS = """<dialog id="met" aria-label="Bad days">
  <h2>Bad days</h2>
  <p>%s Below: what has gone wrong how often, by what the bot had when it began.</p>
  <div class="table" tabindex="0">%s</div>
  <form method="dialog"><button>Close</button></form>
</dialog>"""
# All that ends a script, begins a comment in one, or is no line end to JSON and one to JavaScript.
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def page(
    records: Iterable[str],
    title: str = "Binance Options",
    noun: str = "test",
    nothing: str = NOTHING,
    *,
    days: tuple[str, str] | None = None,
) -> str:
    """The page of these ``records``, each as :meth:`.Record.dumps` writes it: failures first, else
    in the order given. ``noun`` is what one of them is called, and ``nothing`` what the page says
    where there are none. ``days`` is a sentence on bad days, and the table of what they have met,
    in HTML."""
    split = [record.partition("\n") for record in records]
    heads = [json.loads(head) for head, _, _ in split]
    order = sorted(range(len(heads)), key=lambda n: _rank(heads[n]["outcome"]))
    index = _json(json.dumps([heads[n] for n in order], separators=(",", ":")))
    scripts = [_INDEX % (html.escape(noun), html.escape(nothing), index)]
    scripts += [_RECORD % _json(split[n][2]) for n in order]
    style = _asset("colours.css") + _asset("page.css")
    script = element() + _asset("page.js")
    parts = {
        "title": html.escape(title),
        "noun": html.escape(noun),
        "nouns": html.escape(f"{noun.capitalize()}s"),
        "days button": "" if days is None else _DAYS_BUTTON,
        "days": "" if days is None else _DAYS % (html.escape(days[0]), days[1]),
        "style hash": _hash(style),
        "script hash": _hash(script),
        "style": style,
        "script": script,
        "records": "\n".join(scripts),
    }
    text = _PART.sub(lambda found: parts[found[1]], _asset("page.html"))
    return text.encode("ascii", "xmlcharrefreplace").decode()


def element() -> str:
    """The script that draws a record: it defines the element ``<binance-options-picture>``."""
    style = _asset("colours.css") + _asset("picture.css")
    return _asset("picture.js").replace('"{{ picture.css }}"', _json(json.dumps(style)))


def _rank(outcome: str) -> int:
    return _FIRST.index(outcome) if outcome in _FIRST else len(_FIRST)


def _json(text: str) -> str:
    return text.translate(_ESCAPES)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _asset(name: str) -> str:
    return (files(__package__) / "assets" / name).read_text(encoding="utf-8")
