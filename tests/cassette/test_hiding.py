"""Known secrets in what people read: whatever carries them, in whatever encoding, over however many
places."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._cassette.hiding import hiding
from pytest_binance_options._frames import Text
from pytest_binance_options._masking import hide_known, know, mask
from pytest_binance_options._messages import Request
from pytest_binance_options._picture.record import Record
from pytest_binance_options._plugin.masked_output import mask_report, masked_logs

from .test_properties import (
    assert_hidden,
    base64_signatures,
    encodings_of,
    hex_signatures,
    keys,
    passphrases,
)


def _report(text: str) -> str:
    report = pytest.TestReport(
        "t", ("t", 1, "t"), {}, "failed", f"E  {text}", "call", [("Captured stderr", text)]
    )
    mask_report(report)
    return f"{report.longrepr}{report.sections}"


def _skip(text: str) -> str:
    report = pytest.TestReport("t", ("t", 1, "t"), {}, "skipped", ("t", 1, text), "call")
    mask_report(report)
    return str(report.longrepr)


def _live(text: str) -> str:
    written: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler, logger = Handler(), logging.getLogger("websockets.client")
    with masked_logs([handler]):
        logger.addHandler(handler)
        try:
            raise ValueError(text)
        except ValueError:
            logger.error("< TEXT %s", text, exc_info=True)
        finally:
            logger.removeHandler(handler)
    return "".join(written)


@pytest.fixture(autouse=True, scope="module")
def nothing_is_known() -> Iterator[None]:
    """What another test's listen keys were, the run knows for a while."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pytest_binance_options._masking._KNOWN", [])
        yield


#: What shows text to people, each with its own way there.
SHOWN: dict[str, Callable[[str], str]] = {
    "mask": mask,
    "a frame's repr": lambda text: repr(Text(text)),
    "a request's repr": lambda text: repr(Request("GET", f"https://h/a?b={text}")),
    "the page": lambda text: Record(
        "t", "failed", facts=(text,), hints=(text,), error=text, summary=text
    ).dumps(),
    "a report": _report,
    "a skip's reason": _skip,
    "live logs": _live,
}

CARRIERS: dict[str, Callable[[str], str]] = {
    "alone": str,
    "in a line": lambda text: f"bot: {text}, again",
    "in an address": lambda text: f"wss://u:{text}@h/private/ws/{text}?a={text}#b",
    "in JSON": lambda text: json.dumps({"a": [{text: text}]}),
    "in JSON in JSON": lambda text: json.dumps({"a": json.dumps({"b": text})}),
    "in a page": lambda text: f"<p title='{text}'>\r\n{text}</p>",
    "in a repr": lambda text: repr([text, text.encode()]),
    "over two lines": lambda text: f"{text}\n{text}",
    "behind a cut": lambda text: f"{'x ' * 90}{text}{' y' * 200}",
}


@given(
    secret=keys | passphrases | base64_signatures | hex_signatures,
    n=st.integers(0, 30),
    carrier=st.sampled_from(sorted(CARRIERS)),
    shown=st.sampled_from(sorted(SHOWN)),
)
def test_a_known_secret_is_in_nothing_that_people_read(
    secret: str, n: int, carrier: str, shown: str
) -> None:
    forms = [form.decode() for form in dict.fromkeys(encodings_of(secret))]
    text = CARRIERS[carrier](forms[n % len(forms)])
    forget = know(hiding([secret]))
    try:
        said = SHOWN[shown](text)
    finally:
        forget()
    assert_hidden(secret, said.encode())
    assert hide_known(secret) == secret


def test_text_without_a_secret_is_as_it_was() -> None:
    hide = hiding(["correct horse battery staple"])
    for text in ("\ud800 and \udfff", "\udc80...", "a \ud800 correct... horse"):
        assert hide(text) == text


def test_the_rest_of_the_text_stays() -> None:
    forget = know(hiding(["correct horse"]))
    try:
        assert hide_known("a correct horse, correct%20horse; a horse") == (
            "a <hidden>, <hidden>; a horse"
        )
    finally:
        forget()


SECRET = "Tr0ub4dor&3 is what it was, before the horse came along"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"< TEXT '{SECRET[:20]}...{SECRET[-12:]}'", "< TEXT '<hidden>...<hidden>'"),
        (f"x = {SECRET[:8]}…", "x = <hidden>…"),
        (f"{SECRET[:7]}...{SECRET[-7:]}", f"{SECRET[:7]}...{SECRET[-7:]}"),
        (f"p...{SECRET}...q", "p...<hidden>...q"),
        (f"'{SECRET.encode().hex()[:30]}...'", "'<hidden>...'"),
        (json.dumps("é" + SECRET)[:30] + "...", '"\\u00e9<hidden>...'),
        (f"E     -  '{SECRET[4:30]}'\nE     +  'a'", "E     -  '<hidden>'\nE     +  'a'"),
        (f"{SECRET[4:18]}\n", f"{SECRET[4:18]}\n"),
        (f"['{SECRET[:25]}', '{SECRET[25:]}']", "['<hidden>', '<hidden>']"),
        (f"x{SECRET[9:30].upper()}x", "x<hidden>x"),
        (f"'{SECRET.encode().hex()[31:70]}'", "'<hidden>'"),
        ("and so on... and on", "and so on... and on"),
    ],
)
def test_what_is_left_of_a_secret_that_was_cut_is_hidden_too(text: str, shown: str) -> None:
    assert hiding([SECRET])(text) == shown


def test_each_line_of_a_secret_with_several_is_hidden() -> None:
    hide = hiding(["begin of the secret\n  and its second line\nend"])
    assert hide("E  begin of the secret\nE    and its second line\nE  end") == (
        "E  <hidden>\nE    <hidden>\nE  end"
    )
