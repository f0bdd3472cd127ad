"""What can be wrong with a cassette that loads: a secret in it, its age, an answer that the
exchange would not give."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from .._key_material import CREDENTIAL_HEADERS, Kind, is_varied
from .._messages import Headers
from .._products import PRODUCTS
from .across import conversations
from .aliases import is_alias
from .content import UnreadableEncodingError, decode
from .detection import in_body, in_headers, in_text, in_url
from .model import Cassette, Interaction
from .occurrences import to_bytes, to_text

__all__ = ["Finding", "age", "find_secrets", "find_staleness", "find_wrong_shapes"]

_LISTEN_KEY_PATHS = frozenset(product.listen_key_path for product in PRODUCTS)
_WHAT = {
    Kind.LISTEN_KEY: "a listen key",
    Kind.API_KEY: "an API key",
    Kind.SIGNATURE: "a signature",
    Kind.SECRET: "what looks like a key or a secret",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, ``where`` in the cassette, and what to do. Shows no secret."""

    where: str
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}" if self.where else self.problem


def find_secrets(cassette: Cassette) -> list[Finding]:
    """Keys, signatures and the like that are no aliases, each place once."""
    found: dict[Finding, None] = {}
    for where, secrets in _places(cassette):
        kinds: dict[str, Kind] = {}
        for value, kind in secrets:
            # The name it stands under comes before its looks.
            kinds.setdefault(value, kind)
        for value, kind in kinds.items():
            if not is_alias(value) and _plausible(value):
                found[
                    Finding(
                        where,
                        f"{_WHAT[kind]}. Revoke it if it was real, and record the cassette again",
                    )
                ] = None
    for number, interaction in enumerate(cassette.interactions, 1):
        for what, headers in (
            ("request", interaction.request.headers),
            ("response", interaction.response.headers),
        ):
            for name in sorted(CREDENTIAL_HEADERS):
                if _plausible(headers.get(name, "")):
                    found[
                        Finding(
                            f"interaction {number}, {what}",
                            f"the header {name}. Record the cassette again",
                        )
                    ] = None
    return list(found)


def _plausible(value: str) -> bool:
    # Other recorders leave placeholders: DUMMY, [REDACTED], xxxxxxxx. A key is long, and has digits
    # in it.
    return len(value) >= 16 and is_varied(value) and any(map(str.isdigit, value))


def _places(cassette: Cassette) -> Iterator[tuple[str, Iterable[tuple[str, Kind]]]]:
    for number, interaction in enumerate(cassette.interactions, 1):
        request, response = interaction.request, interaction.response
        here = f"interaction {number}"
        yield f"{here}, address", in_url(request.url)
        yield f"{here}, request headers", in_headers(request.headers)
        yield f"{here}, request body", in_body(_readable(request.headers, request.body))
        yield f"{here}, response headers", in_headers(response.headers)
        yield f"{here}, response body", in_body(_readable(response.headers, response.body))
        yield f"{here}, test", in_text(interaction.test or "")
    for number, frame in enumerate(cassette.frames, 1):
        yield f"frame {number}", (*in_url(frame.target or ""), *in_body(frame.payload))
    for numbers in conversations(cassette.frames):
        parts = [cassette.frames[n].payload for n in numbers]
        yield f"frames {numbers[0] + 1} to {numbers[-1] + 1}, taken together", _split(parts)
    yield "metadata", in_body(cassette.metadata)


def _split(parts: list[bytes]) -> Iterator[tuple[str, Kind]]:
    for value, kind in in_text(to_text(b"".join(parts))):
        if not any(to_bytes(value) in part for part in parts):
            yield value, kind


def _readable(headers: Headers, body: bytes) -> bytes:
    try:
        return decode(headers, body).body or body
    except UnreadableEncodingError:
        return body


def age(cassette: Cassette, now: datetime) -> timedelta | None:
    """How long before ``now`` (aware) it was recorded: by our facts, else by the responses' Date;
    None: unknown."""
    facts = cassette.facts
    if facts is not None and facts.recorded_at is not None:
        try:
            recorded = datetime.fromisoformat(facts.recorded_at.replace("Z", "+00:00"))
        except ValueError:
            return None
        return now - (recorded if recorded.tzinfo else recorded.replace(tzinfo=timezone.utc))
    dates = [date for i in cassette.interactions if (date := _date(i)) is not None]
    return now - max(dates) if dates else None


def _date(interaction: Interaction) -> datetime | None:
    try:
        date = parsedate_to_datetime(interaction.response.headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)


def find_staleness(cassette: Cassette, *, max_age_days: float, now: datetime) -> list[Finding]:
    """Whether it is older than ``max_age_days``, or of unknown age."""
    how_old = age(cassette, now)
    if how_old is None:
        return [Finding("", "nothing in it says when it was recorded. Record it again")]
    days = how_old / timedelta(days=1)
    if days <= max_age_days:
        return []
    return [
        Finding("", f"it is {days:.0f} days old, and {max_age_days:g} are allowed. Record it again")
    ]


def find_wrong_shapes(cassette: Cassette) -> list[Finding]:
    """Answers to the three listen key calls that the exchange would not give, and that break
    clients in replay.

    Binance: Options, User Data Streams: POST returns the key, PUT and DELETE an empty JSON object;
    General Info: errors are JSON with code and msg.
    """
    found = []
    for number, interaction in enumerate(cassette.interactions, 1):
        request, problem = interaction.request, _wrong_shape(interaction)
        if problem:
            found.append(
                Finding(
                    f"interaction {number}, {request.method.upper()} {request.path}",
                    problem,
                )
            )
    return found


def _wrong_shape(interaction: Interaction) -> str | None:
    request, response = interaction.request, interaction.response
    method = request.method.upper()
    if (
        request.path not in _LISTEN_KEY_PATHS
        or method not in ("POST", "PUT", "DELETE")
        or response.status != 200
    ):
        return None
    try:
        value = json.loads(_readable(response.headers, response.body))
    except (ValueError, RecursionError):
        return "the answer is 200, and no JSON"
    if not isinstance(value, dict):
        return "the answer is JSON, but no object"
    if method == "POST" and not (isinstance(value.get("listenKey"), str) and value["listenKey"]):
        return "the answer has no listenKey, or one that is no text"
    if not response.headers.get("content-type", "").lower().startswith("application/json"):
        return "the answer's content type is not application/json"
    return None
