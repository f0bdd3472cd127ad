"""A cassette as text: vcrpy's format, version 1, with our facts under one key of our own, and what
others write in it.

Reads and writes strings; files are :mod:`.store`'s. Everything that is wrong with a text is a
CassetteFormatError that names the place and what to do.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal, cast

import yaml

from .._frames import Direction
from .._masking import mask
from .._messages import Headers, Request, Response, reason_phrase
from ..errors import CassetteError, CassetteFormatError
from . import canonical, quick
from . import document as shapes
from .bounds import FEW, LARGEST_FILE, LARGEST_FOREIGN, MOST_EVENTS, weighs_more_than
from .document import ShapeError
from .model import (
    Cassette,
    Facts,
    FrameKind,
    Interaction,
    StreamFrame,
)
from .yaml_text import Loader, dump, holds_more_than, line_of, once_each

__all__ = ["KEY", "Syntax", "header_lists", "parse", "serialise"]

Syntax = Literal["yaml", "json"]

KEY = "binance_options"
"""The key that everything of ours stands under; other tools ignore it, and lose it when they save
the file."""

_FORMAT = 1
# vcrpy's.
_OF_OTHERS = frozenset({"version", "interactions", "metadata"})
# As alike as KEY and what is left of it where a character was changed, lost, or came to it.
_ALIKE = 0.8
_REMEDY = "Restore the file from version control, or record it again."

# libyaml composes by recursion in C, and takes the process down where this goes on for ever.
_TOO_DEEP = re.compile(r"(?:[\[{][^\[{\]}]{0,40}){1000}|(?:[-?:][ \n]+){1000}")


def parse(text: str, *, name: str) -> Cassette:
    """``text`` as a cassette; ``name`` is what errors call it. Raises
    :class:`CassetteFormatError`."""
    try:
        document, written = _read(text, name)
    except (RecursionError, ValueError):
        raise CassetteFormatError(
            f"{name} is nested too deeply, or holds a value that can't be read. {_REMEDY}"
        ) from None
    try:
        cassette, digest = _cassette(document, written)
    except ShapeError as error:
        raise CassetteFormatError(
            f"{_place(name, text, error.path)}: {error}. {error.remedy or _REMEDY}"
        ) from None
    if digest is not None and digest != cassette.digest:
        raise CassetteFormatError(
            f"{_place(name, text, (KEY, 'digest'))}: the content does not fit the digest: the file"
            f" was changed after it was recorded, or damaged. {_REMEDY} If you edited it on"
            " purpose, delete the line that begins with 'digest:'."
        )
    return cassette


def _read(text: str, name: str) -> tuple[object, list[Interaction] | None]:
    """The document, and where they could be read without it, its interactions."""
    if (found := canonical.split(text)) is not None:
        rest, interactions = found
        if (document := quick.read(rest)) is not None:
            return document, interactions
    return _load(text, name), None


def _load(text: str, name: str) -> object:
    if not text.strip():
        raise CassetteFormatError(
            f"{name} is empty; a cassette holds a list of interactions. {_REMEDY}"
        )
    if (document := quick.read(text)) is not None:
        return document
    if text.lstrip()[:1] == "{":
        # A flow mapping in YAML begins like this too.
        with contextlib.suppress(ValueError):
            return json.loads(text, object_pairs_hook=once_each)
    if len(text) > LARGEST_FOREIGN:
        raise CassetteFormatError(
            f"{name} is {len(text) / 1024**2:.0f} MB of YAML that this package has not written; no"
            f" more than {LARGEST_FOREIGN // 1024**2} MB are read. Record it again, in several"
            " tests where it is one test's."
        )
    if _TOO_DEEP.search(text):
        raise RecursionError
    try:
        if len(text) > FEW and holds_more_than(MOST_EVENTS, text):
            raise CassetteFormatError(
                f"{name} holds more than {MOST_EVENTS:,} values and lists, and this package has not"
                " written it; no more are read. Record it again, in several tests where it is one"
                " test's."
            )
        document = yaml.load(text, Loader=Loader)  # noqa: S506  Loader is a safe one
    except yaml.constructor.ConstructorError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CassetteFormatError(
            f"{name}, line {line}: {mask(error.problem or 'a value that can not be read')}. Only"
            f" plain values are read from a cassette, never Python objects. {_REMEDY}"
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise CassetteFormatError(
            f"{name}{where}: this is not YAML"
            f" ({mask(error.problem or error.context or 'no reason given')}). The file may be cut"
            f" off, or hold a merge conflict. {_REMEDY}"
        ) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise CassetteFormatError(
            f"{name}, line {line}: the character {error.character!r} can't stand in YAML. {_REMEDY}"
        ) from None
    if isinstance(document, dict) and weighs_more_than(
        LARGEST_FILE, [document.get(part) for part in ("interactions", "metadata", KEY)]
    ):
        raise CassetteFormatError(
            f"{name} has aliases (*) that stand for more than {LARGEST_FILE // 1024**2} MB, or for"
            f" what they are in. {_REMEDY}"
        )
    return document


def _place(name: str, text: str, path: tuple[str | int, ...]) -> str:
    line = line_of(text, path)
    parts = [name] if line is None else [f"{name}, line {line}"]
    if len(path) > 1 and path[0] in ("interactions", "frames"):
        parts.append(f"{str(path[0])[:-1]} {int(path[1]) + 1}")
    return ", ".join(parts)


def _cassette(document: object, written: list[Interaction] | None) -> tuple[Cassette, str | None]:
    """The cassette and the digest in ``document``, whose interactions are those ``written`` where
    these have been read already."""
    if isinstance(document, list):
        raise ShapeError(
            (),
            "a list of interactions, as vcrpy wrote them before version 1.0",
            "Run python -m vcr.migration on it, or record it again.",
        )
    root = shapes.mapping(document, ())
    if "interactions" not in root:
        raise ShapeError((), "there is no 'interactions' in it, so it is no cassette")
    version = root.get("version", 1)
    if version != 1:
        raise ShapeError(
            ("version",), f"version is {shapes.shown(version)}; version 1 is what can be read"
        )
    if KEY not in root and (near := _nearly_ours(root)):
        raise ShapeError((near,), f"there is no {KEY} in it, but a key that is nearly this")
    ours = shapes.mapping(root.get(KEY) or {}, (KEY,))
    if ours and ours.get("format") != _FORMAT:
        raise ShapeError(
            (KEY, "format"),
            f"{KEY}.format is {shapes.shown(ours.get('format'))}; {_FORMAT} is what this version"
            " can read",
            "Update pytest-binance-options, or record the cassette again.",
        )
    if written is None:
        written = [
            _interaction(item, index)
            for index, item in enumerate(shapes.sequence(root["interactions"], ("interactions",)))
        ]
    interactions = tuple(written if ours else map(_settled, written))
    frames = tuple(
        _frame(item, (KEY, "frames", index))
        for index, item in enumerate(shapes.sequence(ours.get("frames") or [], (KEY, "frames")))
    )
    facts = _facts(ours) if ours else None
    digest = shapes.optional_text(ours.get("digest"), (KEY, "digest"))
    metadata = root.get("metadata")
    kept = shapes.json_text(metadata, ("metadata",)) if metadata else b""
    return Cassette(interactions, frames, facts, kept), digest


def _nearly_ours(root: Mapping[str, object]) -> str | None:
    if root.keys() <= _OF_OTHERS:
        return None
    from difflib import get_close_matches

    return next(iter(get_close_matches(KEY, root, n=1, cutoff=_ALIKE)), None)


def _facts(ours: Mapping[str, object]) -> Facts:
    return Facts(
        **{name: shapes.optional_text(ours.get(name), (KEY, name)) for name in Facts.__slots__}
    )


def _settled(interaction: Interaction) -> Interaction:
    """As another recorder has left it."""
    answer = shapes.settled(interaction.response, interaction.request.method)
    return interaction if answer is interaction.response else replace(interaction, response=answer)


def _interaction(item: object, index: int) -> Interaction:
    here = ("interactions", index)
    entry = shapes.mapping(item, here)
    request = shapes.mapping(entry.get("request"), (*here, "request"))
    response = shapes.mapping(entry.get("response"), (*here, "response"))
    ours = shapes.mapping(entry.get(KEY) or {}, (*here, KEY))
    answer = Response(
        shapes.status(response, (*here, "response")),
        shapes.headers(response.get("headers"), (*here, "response", "headers")),
        shapes.response_body(response, (*here, "response", "body")),
    )
    return Interaction(
        Request(
            shapes.text(request.get("method"), (*here, "request", "method")),
            shapes.text(request.get("uri"), (*here, "request", "uri")),
            shapes.headers(request.get("headers"), (*here, "request", "headers")),
            shapes.request_body(request.get("body"), (*here, "request", "body")),
        ),
        answer,
        shapes.optional_int(ours.get("at_ms"), (*here, KEY, "at_ms")),
        shapes.optional_text(ours.get("test"), (*here, KEY, "test")),
    )


def _frame(item: object, here: tuple[str | int, ...]) -> StreamFrame:
    entry = shapes.mapping(item, here)
    after = shapes.sequence(entry.get("after") or [0, 0], (*here, "after"))
    if len(after) != 2:
        raise ShapeError(
            (*here, "after"), "after needs two numbers: interactions done, and frames sent"
        )
    return StreamFrame(
        offset_ms=shapes.integer(entry.get("offset_ms"), (*here, "offset_ms")),
        connection=shapes.integer(entry.get("connection", 0), (*here, "connection")),
        direction=cast(
            Direction, shapes.one_of(entry.get("direction"), ("in", "out"), (*here, "direction"))
        ),
        kind=cast(
            FrameKind,
            shapes.one_of(
                entry.get("kind"), ("text", "binary", "ping", "pong", "close"), (*here, "kind")
            ),
        ),
        payload=shapes.request_body(entry.get("payload"), (*here, "payload")),
        after=(
            shapes.integer(after[0], (*here, "after", 0)),
            shapes.integer(after[1], (*here, "after", 1)),
        ),
        target=shapes.optional_text(entry.get("target"), (*here, "target")),
        test=shapes.optional_text(entry.get("test"), (*here, "test")),
    )


def serialise(cassette: Cassette, syntax: Syntax = "yaml") -> str:
    """``cassette`` as text that vcrpy, pytest-recording and :func:`parse` read. Writes secrets as
    they are: redact first.

    Raises :class:`CassetteError` where a body is neither text nor can be written as JSON.
    """
    # As it will be read: the digest is of that.
    cassette = replace(cassette, interactions=tuple(_grouped(i) for i in cassette.interactions))
    facts = cassette.facts or Facts()
    ours: dict[str, object] = {"format": _FORMAT}
    ours.update(
        (name, value) for name in Facts.__slots__ if (value := getattr(facts, name)) is not None
    )
    ours["digest"] = cassette.digest
    if cassette.frames:
        ours["frames"] = [_written_frame(frame) for frame in cassette.frames]
    # The digest comes before what it is of: a file that was cut off can't pass for a shorter
    # recording.
    document: dict[str, object] = {"version": 1, KEY: ours}
    if cassette.metadata:
        document["metadata"] = json.loads(cassette.metadata)
    document["interactions"] = [_written(i) for i in cassette.interactions]
    if syntax == "yaml":
        return dump(document)
    try:
        return json.dumps(document, indent=1) + "\n"
    except TypeError:
        raise CassetteError(
            "a body is binary, which JSON has no way to write; the cassette was not written. Use"
            " vcrpy's serializer 'yaml'."
        ) from None


def _grouped(interaction: Interaction) -> Interaction:
    request, response = interaction.request, interaction.response
    return replace(
        interaction,
        request=replace(request, headers=_grouped_headers(request.headers)),
        response=replace(response, headers=_grouped_headers(response.headers)),
    )


def _grouped_headers(headers: Headers) -> Headers:
    # The format has a mapping of names to lists: the values of a repeated name move up to its
    # first.
    return Headers(
        (name, value) for name, values in header_lists(headers.pairs).items() for value in values
    )


def _written(interaction: Interaction) -> dict[str, object]:
    request, response = interaction.request, interaction.response
    entry: dict[str, object] = {
        "request": {
            "body": _written_body(request.body) if request.body else None,
            "headers": header_lists(request.headers.pairs),
            "method": request.method,
            "uri": request.url,
        },
        "response": {
            "body": {"string": _written_body(response.body)},
            "headers": header_lists(response.headers.pairs),
            "status": {"code": response.status, "message": reason_phrase(response.status)},
        },
    }
    ours = {
        name: value
        for name, value in (("at_ms", interaction.at_ms), ("test", interaction.test))
        if value is not None
    }
    return {**entry, KEY: ours} if ours else entry


def _written_frame(frame: StreamFrame) -> dict[str, object]:
    entry: dict[str, object] = {
        "offset_ms": frame.offset_ms,
        "connection": frame.connection,
        "direction": frame.direction,
        "kind": frame.kind,
        "payload": _written_body(frame.payload),
        "after": list(frame.after),
        "target": frame.target,
        "test": frame.test,
    }
    return {name: value for name, value in entry.items() if value is not None}


def header_lists(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Headers as the format has them: a mapping of names to lists of values."""
    headers: dict[str, list[str]] = {}
    spelling: dict[str, str] = {}
    for name, value in pairs:
        headers.setdefault(spelling.setdefault(name.lower(), name), []).append(value)
    return headers


def _written_body(body: bytes) -> str | bytes:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body
