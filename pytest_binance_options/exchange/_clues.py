"""Why a request was refused, as only the exchange can know it: it sees the headers, has the secret,
and knows the time."""

from __future__ import annotations

import re

from .._key_material import KEY_LENGTH, is_key
from .._masking import mask
from .._messages import Headers
from ._rejections import (
    INVALID_SIGNATURE,
    TIMESTAMP_AHEAD,
    TIMESTAMP_OUTSIDE_WINDOW,
    Rejection,
)
from ._signatures import Parameters

__all__ = ["key_clue", "signature_clue"]


def key_clue(headers: Headers) -> str:
    """Why ``headers``, which have no API key that is in use here, have none."""
    sent = headers.get("x-mbx-apikey")
    if sent:
        if is_key(sent):
            what = "An API key came that this exchange doesn't know."
        else:
            plain = sent.isascii() and sent.isalnum()
            others = "" if plain else ", and not letters and digits alone"
            what = (
                f"The header X-MBX-APIKEY has {len(sent):,} characters{others}; an API key has"
                f" {KEY_LENGTH} letters and digits."
            )
        return f"{what} The one to use in a test is binance_options_auth.api_key."
    similar = [
        mask(name)[:60]
        for name, _ in headers.pairs
        if re.search("mbx|api.?key", name, re.IGNORECASE) and name.lower() != "x-mbx-apikey"
    ]
    if similar:
        return f"No header X-MBX-APIKEY came; there was {similar[0]}."
    return "No header X-MBX-APIKEY came, nor one like it."


def signature_clue(rejection: Rejection, parameters: Parameters, server_time_ms: int) -> str:
    """What lies behind the ``rejection`` of a signed request; empty where it says it all."""
    if rejection in (TIMESTAMP_AHEAD, TIMESTAMP_OUTSIDE_WINDOW):
        off = int(parameters["timestamp"]) - server_time_ms
        way = "ahead of" if off > 0 else "behind"
        by = round(abs(off) / 1000, 1)
        return f"The clock that signed a request was {by:,g} s {way} the exchange's."
    if rejection is INVALID_SIGNATURE:
        return (
            "A request was signed with another secret than this account's, or over another text"
            " than was sent."
        )
    return ""
