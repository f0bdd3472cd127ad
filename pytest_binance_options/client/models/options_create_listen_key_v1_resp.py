"""The answer to "Start User Data Stream": a listen key and, where the exchange tells it, when it
expires.

A listen key reads the account's stream from any address, so no text form of the model shows it; ask
:attr:`OptionsCreateListenKeyV1Resp.listen_key` for it by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import UsageError

__all__ = ["OptionsCreateListenKeyV1Resp"]


@dataclass(frozen=True, slots=True, repr=False)
class OptionsCreateListenKeyV1Resp:
    """A listen key, and its expiry in ms since the epoch (None where the answer had none: it is
    optional).

    Raises UsageError for a listen key that is no string or empty and an expiration that is no
    integer.
    """

    listen_key: str
    expiration: int | None = None

    def __post_init__(self) -> None:
        problem = _problem(self.listen_key, self.expiration)
        if problem:
            raise UsageError(problem)

    def __repr__(self) -> str:
        return f"OptionsCreateListenKeyV1Resp(listen_key=<hidden>, expiration={self.expiration})"

    def to_str(self) -> str:
        """The model for people to read: without the listen key."""
        return repr(self)

    def to_dict(self) -> dict[str, object]:
        """The model under the exchange's own names, listen key included; no ``expiration`` where
        there is none."""
        content: dict[str, object] = {"listenKey": self.listen_key}
        if self.expiration is not None:
            content["expiration"] = self.expiration
        return content

    def to_json(self) -> str:
        """:meth:`to_dict` as JSON, listen key included."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, content: object) -> OptionsCreateListenKeyV1Resp:
        """The model from an answer's JSON; names it does not know are ignored.

        Raises UsageError where ``content`` has another shape, without quoting any of it.
        """
        made = _made(content)
        if isinstance(made, str):
            del content  # pytest shows a failing function's arguments
            raise UsageError(made)
        return made

    @classmethod
    def from_json(cls, text: str) -> OptionsCreateListenKeyV1Resp:
        """The model from JSON text. Raises UsageError where the text is no JSON or has another
        shape, without quoting it."""
        made = _made_of_text(text)
        if isinstance(made, str):
            del text  # pytest shows a failing function's arguments
            raise UsageError(made)
        return made


def _made_of_text(text: str) -> OptionsCreateListenKeyV1Resp | str:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return "An answer with a listen key is JSON, and this text is not."
    return _made(content)


def _made(content: object) -> OptionsCreateListenKeyV1Resp | str:
    if not isinstance(content, Mapping):
        return f"An answer with a listen key is a JSON object, and this is {_json_name(content)}."
    if "listenKey" not in content:
        return 'An answer with a listen key has a "listenKey", and this has none.'
    listen_key, expiration = content["listenKey"], content.get("expiration")
    return _problem(listen_key, expiration) or OptionsCreateListenKeyV1Resp(listen_key, expiration)


def _problem(listen_key: object, expiration: object) -> str:
    if not isinstance(listen_key, str):
        return f"A listen key is a string, and this is {_json_name(listen_key)}."
    if not listen_key:
        return "A listen key has letters and digits, and this one is empty."
    # bool is an int to Python, but no time in ms to anybody
    if expiration is not None and (not isinstance(expiration, int) or isinstance(expiration, bool)):
        return (
            "A listen key's expiration is an integer (ms since the epoch), and this is"
            f" {_json_name(expiration)}."
        )
    return ""


def _json_name(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an object" if isinstance(value, Mapping) else "a list"
