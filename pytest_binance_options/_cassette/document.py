"""The parts of a cassette's document, as any of the tools that write this format leave them,
checked one by one.

vcrpy writes a body as text, bytes or null, cassetter with its type; header values come as lists or
alone. Each function takes the path of its value, so that an error can name the place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from .._messages import Headers, Response
from .content import looks_encoded

__all__ = [
    "Path",
    "ShapeError",
    "form",
    "headers",
    "integer",
    "json_text",
    "mapping",
    "one_of",
    "optional_int",
    "optional_text",
    "request_body",
    "response_body",
    "sequence",
    "settled",
    "shown",
    "status",
    "text",
]

Path = tuple[str | int, ...]


class ShapeError(Exception):
    """The value at ``path`` is not what can stand there; ``remedy`` is what to do, where it is
    special."""

    def __init__(self, path: Path, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.path = path
        self.remedy = remedy


def shown(value: object) -> str:
    """What ``value`` is, for an error; the content of strings can be secret and is left out."""
    if value is None:
        return "missing"
    if isinstance(value, (bool, int, float)):
        return str(value)
    names = {str: "text", bytes: "binary", dict: "a mapping", list: "a list", tuple: "a list"}
    # What a client was given to send can be an object of any kind.
    return next(
        (name for kind, name in names.items() if isinstance(value, kind)),
        f"a {type(value).__name__}",
    )


def _wrong(value: object, path: Path, wanted: str) -> ShapeError:
    inner = path[2:] if path[:1] == ("interactions",) and len(path) > 1 else path
    name = ".".join(str(part) for part in inner if not isinstance(part, int)) or "it"
    return ShapeError(path, f"{name} is {shown(value)}; {wanted} is expected")


def mapping(value: object, path: Path) -> Mapping[str, object]:
    """``value`` as a mapping with text for keys."""
    if not isinstance(value, dict):
        raise _wrong(value, path, "a mapping")
    if all(type(key) is str for key in value):
        return value
    return {str(key): inner for key, inner in value.items()}


def sequence(value: object, path: Path) -> Sequence[object]:
    """``value`` as a list."""
    if not isinstance(value, list):
        raise _wrong(value, path, "a list")
    return value


def text(value: object, path: Path) -> str:
    """``value`` as text that is not empty."""
    if not isinstance(value, str) or not value:
        raise _wrong(value or None, path, "text")
    return value


def optional_text(value: object, path: Path) -> str | None:
    """``value`` as text, or None."""
    return None if value is None else text(value, path)


def integer(value: object, path: Path) -> int:
    """``value`` as an integer."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(value, path, "an integer")
    return value


def optional_int(value: object, path: Path) -> int | None:
    """``value`` as an integer, or None."""
    return None if value is None else integer(value, path)


def one_of(value: object, accepted: tuple[str, ...], path: Path) -> str:
    """``value`` as one of the ``accepted`` words."""
    if value not in accepted:
        raise _wrong(value, path, f"one of {', '.join(accepted)}")
    return str(value)


def status(response: Mapping[str, object], path: Path) -> int:
    """The status: vcrpy writes code and message, cassetter the code, vcrpy's httpx part once wrote
    ``status_code``."""
    value = response.get("status", response.get("status_code"))
    where: Path = (*path, "status")
    if isinstance(value, dict):
        value, where = value.get("code"), (*where, "code")
    code = integer(value, where)
    if not 100 <= code <= 999:
        raise _wrong(code, where, "a status from 100 to 999")
    return code


def headers(value: object, path: Path) -> Headers:
    """Headers: a mapping of names to a value or a list of values, or null."""
    if value is None:
        return Headers()
    pairs: list[tuple[str, str]] = []
    for name, inner in mapping(value, path).items():
        values = inner if isinstance(inner, (list, tuple)) else [inner]
        pairs += [(name, _header_value(item, (*path, name))) for item in values]
    return Headers(pairs)


def _header_value(value: object, path: Path) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    raise _wrong(value, path, "text, or a list of texts,")


def request_body(value: object, path: Path) -> bytes:
    """A request's body: text, bytes, null, vcrpy's ``string``, cassetter's ``type`` and
    ``content``, aiohttp's form."""
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, dict):
        if not value:
            return b""
        if "string" in value:
            return request_body(value["string"], (*path, "string"))
        if "type" in value and value.keys() <= {"type", "content"}:
            return _typed_body(value["type"], value.get("content"), path)
        return form(list(value.items()), path)
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(item, (list, tuple)) and len(item) == 2 for item in value):
            return form(list(value), path)
        if not all(isinstance(item, (str, bytes)) for item in value):
            return json_text(value, path)
        # an iterator's pieces
        return b"".join(request_body(item, (*path, n)) for n, item in enumerate(value))
    raise _wrong(value, path, "text, binary or null")


def form(fields: list[tuple[object, object]], path: Path) -> bytes:
    """``fields`` as they went over the wire: a form where it can be one, else JSON.

    vcrpy keeps what aiohttp was given, and that may be either.
    """
    scalar = (str, bytes, int, float)
    if all(isinstance(name, str) and isinstance(value, scalar) for name, value in fields):
        return urlencode(
            [
                (str(name), value if isinstance(value, bytes) else str(value))
                for name, value in fields
            ]
        ).encode()
    return json_text({str(name): value for name, value in fields}, path)


def json_text(value: object, path: Path) -> bytes:
    """``value`` as JSON."""
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(
            "utf-8", "surrogatepass"
        )
    except (TypeError, ValueError, RecursionError):
        raise _wrong(value, path, "what can be written as JSON") from None


def _typed_body(kind: object, content: object, path: Path) -> bytes:
    if kind == "none":
        return b""
    if kind == "json":
        return json_text(content, (*path, "content"))
    if kind == "text":
        return request_body(content, (*path, "content")) if content is not None else b""
    if kind == "binary":
        try:
            return bytes.fromhex(str(content))
        except ValueError:
            raise ShapeError(
                (*path, "content"), "a binary body is expected to be hexadecimal digits"
            ) from None
    raise _wrong(kind, (*path, "type"), "one of json, text, binary, none")


def response_body(response: Mapping[str, object], path: Path) -> bytes:
    """A response's body, wherever it stands."""
    # vcrpy's httpx part once wrote the body as "content"
    return request_body(response.get("body", response.get("content")), path)


def settled(response: Response, method: str) -> Response:
    """``response`` from another recorder, its headers made to fit its body.

    Some clients' bodies are recorded decoded, with the headers of the encoded ones.
    """
    kept = response.headers.without("transfer-encoding")
    if response.body and "content-encoding" in kept and not looks_encoded(kept, response.body):
        kept = kept.without("content-encoding")
    length = kept.get("content-length")
    if length is not None and length != str(len(response.body)) and method.upper() != "HEAD":
        kept = Headers(
            (n, str(len(response.body)) if n.lower() == "content-length" else v)
            for n, v in kept.pairs
        )
    return response if kept.pairs == response.headers.pairs else replace(response, headers=kept)
