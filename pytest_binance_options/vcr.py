"""Our protection for suites that stay with vcrpy or pytest-recording: their recorder, and no secret
on disk.

:func:`protect` gives a ``vcr.VCR`` our way to the disk and our way to compare requests. With
pytest-recording one line in the root ``conftest.py`` does it for every test::

    pytest_plugins = ["pytest_binance_options.vcr"]

Everything else stays vcrpy's: which requests it sees, record modes, filters. See
docs/how-to/cassettes.md. For tests that use one of our fixtures this is not needed: there a
cassette of vcrpy neither answers nor records Options requests.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import datetime, timezone
from functools import wraps
from pathlib import Path
from typing import Any, Protocol, TypeVar

from vcr.cassette import CassetteContextDecorator  # type: ignore[import-untyped]
from vcr.persisters.filesystem import (  # type: ignore[import-untyped]
    CassetteNotFoundError,
    FilesystemPersister,
)
from vcr.request import Request as VcrRequest  # type: ignore[import-untyped]
from vcr.serializers import jsonserializer, yamlserializer  # type: ignore[import-untyped]

from ._backends.record import environment_of
from ._cassette import vcrpy
from ._cassette.format import Syntax
from ._cassette.matching import difference, match_key
from ._cassette.model import Cassette, Facts, Interaction
from ._cassette.redaction import Redactor
from ._cassette.store import load, rewrite
from ._products import PRODUCTS
from ._version import version
from .errors import CassetteMissingError, UsageError

__all__ = ["MATCHER", "binance_options", "protect", "pytest_recording_configure"]

MATCHER = "binance_options"
"""The name under which :func:`binance_options` is registered, for vcrpy's ``match_on``."""

_PREFIXES = tuple(product.rest_prefix for product in PRODUCTS)


class Recorder(Protocol):
    """A ``vcr.VCR``, as far as it matters here."""

    match_on: Any
    persister: Any
    use_cassette: Any

    def register_matcher(self, name: str, matcher: Callable[[Any, Any], None]) -> None: ...
    def register_persister(self, persister: Any) -> None: ...


VCR = TypeVar("VCR", bound=Recorder)


def protect(vcr: VCR, *, secrets: Iterable[str | None] = ()) -> VCR:
    """Give ``vcr`` back with our persister and our matcher in use.

    From then on a cassette that it writes holds no API key, secret, signature or listen key: equal
    ones become equal aliases, so that it replays whole. It is written whole or not at all, under a
    lock, with what other processes have added meanwhile, and one that is damaged is a
    :class:`~pytest_binance_options.errors.CassetteFormatError`, never an empty one. Two requests
    match by :func:`binance_options`.

    ``secrets`` are values known beforehand that would not show themselves in traffic, as a
    passphrase; None is passed over, so that ``os.environ.get(...)`` can stand there. Calling it
    again adds to them. Raises UsageError where ``vcr`` has a persister of somebody else's.
    """
    if isinstance(secrets, str):
        raise UsageError("secrets is one text; a list of texts is expected: secrets=[...].")
    known = [secret for secret in secrets if secret]
    theirs = vcr.persister
    if isinstance(theirs, _Persister):
        theirs.add(known)
    elif theirs is FilesystemPersister or hasattr(theirs, "extra_paths"):
        vcr.register_persister(_Persister(getattr(theirs, "extra_paths", ()), known))
        vcr.use_cassette = _leaving_nothing_behind(vcr.use_cassette)
    else:
        name = getattr(theirs, "__name__", type(theirs).__name__)
        raise UsageError(
            f"this VCR has a persister of its own, {name}, and what that writes can't be protected."
            " Give protect() a VCR without one."
        )
    vcr.register_matcher(MATCHER, binance_options)
    vcr.match_on = (MATCHER,)
    return vcr


def pytest_recording_configure(vcr: Recorder) -> None:
    """pytest-recording's hook: every VCR of the run is protected."""
    protect(vcr)


def binance_options(asked: vcrpy.VcrRequest, recorded: vcrpy.VcrRequest) -> None:
    """A matcher: method, path, and the parameters of query and body; the host where it is no
    Options request.

    ``timestamp``, ``signature``, ``recvWindow`` and headers don't count, nor which of the
    exchange's hosts was asked. Raises AssertionError, which says in what they differ, without
    secrets.
    """
    ours, theirs = (match_key(vcrpy.to_request(request)) for request in (asked, recorded))
    if ours != theirs:
        raise AssertionError("; ".join(difference(ours, theirs)))


class _Context(CassetteContextDecorator):  # type: ignore[misc]
    """vcrpy's context of one cassette. Its own leaves HTTP clients patched where the cassette can't
    be written, until garbage collection lifts the patches: off whatever cassette is in use then."""

    def _patch_generator(self, cassette: object) -> Generator[object, None, None]:
        patched: Generator[object, None, None] = super()._patch_generator(cassette)
        self._patched = patched
        return patched

    def __exit__(self, *raised: object) -> None:
        try:
            super().__exit__(*raised)
        finally:
            self._patched.close()


def _leaving_nothing_behind(use_cassette: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(use_cassette)
    def use(path: object = None, **options: Any) -> Any:
        if callable(path):
            # As a decorator without parentheses.
            return use(**options)(path)
        context = use_cassette(path, **options)
        # What a decorated function runs in is made of the same class, each time.
        context.__class__ = _Context
        return context

    return use


class _Persister:
    """vcrpy's way to the disk, as ours. ``extra_paths`` are pytest-recording's: cassettes that are
    played with each one, and never written."""

    def __init__(self, extra_paths: Iterable[str], secrets: Iterable[str]) -> None:
        self.extra_paths = tuple(extra_paths)
        self._secrets = list(secrets)
        # What vcrpy was last given for a file, its own and the others': what it leaves out
        # afterwards was dropped, and what it never had was not.
        self._given: dict[str, tuple[Cassette, tuple[Interaction, ...]]] = {}

    def add(self, secrets: Iterable[str]) -> None:
        self._secrets += secrets

    def load_cassette(
        self, cassette_path: str | os.PathLike[str], serializer: object
    ) -> tuple[Any, ...]:
        """vcrpy's: requests and responses, and metadata where there is any."""
        _syntax(serializer)
        path = os.fspath(cassette_path)
        own = _at(path)
        others = [_at(extra) for extra in dict.fromkeys(self.extra_paths) if extra != path]
        extras = tuple(i for other in others if other is not None for i in other.interactions)
        self._given[path] = (own or Cassette(), extras)
        if own is None and not extras:
            raise CassetteNotFoundError(f"there is no cassette {path}")
        own = own or Cassette()
        interactions = (*own.interactions, *extras)
        requests = [VcrRequest(**vcrpy.request_fields(i.request)) for i in interactions]
        responses = [vcrpy.response_fields(i.response) for i in interactions]
        metadata = vcrpy.metadata_of(own)
        # vcrpy before 9 takes two, and knows no metadata.
        return (requests, responses, metadata) if metadata else (requests, responses)

    def save_cassette(
        self,
        cassette_path: str | os.PathLike[str],
        cassette_dict: Mapping[str, Any],
        serializer: object,
    ) -> None:
        """vcrpy's: what it holds is written."""
        path = os.fspath(cassette_path)
        loaded, extras = self._given.get(path, (Cassette(), ()))
        held = [
            vcrpy.to_interaction(request, response)
            for request, response in zip(
                cassette_dict["requests"], cassette_dict["responses"], strict=True
            )
        ]
        metadata = cassette_dict.get("metadata") or {}

        def make(target: Path) -> Cassette:
            now = _at(target) or Cassette()
            whole = vcrpy.merged(now, loaded, extras, held, metadata, _facts(held))
            # The aliases that are in it already belong to other secrets.
            written = Redactor(self._secrets).redact(whole, beside=whole)
            self._given[path] = (written, extras)
            return written

        rewrite(Path(path), make, syntax=_syntax(serializer))


def _at(path: str | Path) -> Cassette | None:
    try:
        return load(Path(path))
    except CassetteMissingError:
        return None


def _syntax(serializer: object) -> Syntax:
    if serializer is yamlserializer:
        return "yaml"
    if serializer is jsonserializer:
        return "json"
    raise UsageError(
        "this cassette has a serializer of its own, and what that writes can't be protected. Use"
        " vcrpy's 'yaml' or 'json'."
    )


def _facts(held: Iterable[Interaction]) -> Facts:
    bases = {
        i.request.url.partition(i.request.path)[0]
        for i in held
        if i.request.path.startswith(_PREFIXES)
    }
    host = bases.pop() if len(bases) == 1 else ""
    return Facts(
        recorded_at=datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        recorded_by=version(),
        host=host or None,
        environment=environment_of(host),
        source=environment_of(host),
    )
