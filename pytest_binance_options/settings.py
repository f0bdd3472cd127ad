"""Every setting with its source and its check: command line, environment, ini, or code.

Reads options through pytest's config object and the environment, and nothing else; what the settings lead to is
decided in :mod:`pytest_binance_options.modes`.
"""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from .environments import TESTNET, base_url
from .errors import UsageError

__all__ = ["Config", "Credentials", "Mode", "from_pytest"]


class Mode(str, enum.Enum):
    """Who answers an Options request. See the table in the README."""

    OFFLINE = "offline"
    REPLAY = "replay"
    SIMULATE = "simulate"
    TESTNET = "testnet"
    RECORD = "record"
    VERIFY = "verify"

    def __str__(self) -> str:
        # Python 3.11 changed what a str enum prints; this is the same on all versions.
        return self.value

    @property
    def network(self) -> bool:
        """Whether the mode talks to the testnet."""
        return self in (Mode.TESTNET, Mode.RECORD, Mode.VERIFY)

    @classmethod
    def parse(cls, value: object, *, setting: str) -> Mode:
        """``value`` as a mode; raises UsageError, naming ``setting``."""
        if isinstance(value, Mode):
            return value
        try:
            return cls(value)
        except ValueError:
            accepted = ", ".join(mode.value for mode in cls)
            raise UsageError(f"{setting}: {value!r} is not a mode. Use one of: {accepted}.") from None


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """An account's API key with what signs for it, as the environment names them. Never shown."""

    api_key: str
    secret_key: str | None = None
    private_key_path: str | None = None
    private_key_passphrase: str | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Credentials | None:
        """The credentials in ``environ``, or None where the API key or both kinds of secret are missing."""
        api_key = environ.get("BINANCE_API_KEY")
        secret_key = environ.get("BINANCE_SECRET_KEY") or None
        private_key_path = environ.get("BINANCE_PRIVATE_KEY_PATH") or None
        if not api_key or not (secret_key or private_key_path):
            return None
        if secret_key and private_key_path:
            raise UsageError(
                "BINANCE_SECRET_KEY and BINANCE_PRIVATE_KEY_PATH are both set, and an API key has one or the other. Unset one."
            )
        return cls(api_key, secret_key, private_key_path, environ.get("BINANCE_PRIVATE_KEY_PASSPHRASE") or None)

    def __repr__(self) -> str:
        return "<Credentials, hidden>"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the fixtures can be told. Override the fixture ``binance_options_config`` to set it from code::

        @pytest.fixture(scope="session")
        def binance_options_config(binance_options_config):
            return dataclasses.replace(binance_options_config, mode="simulate")

    ``max_cassette_age`` is in days; None: any age will do. ``exchange_start`` is the simulated exchange's time when a test
    begins, an aware datetime; None: the real time then, so that clients that sign with the real clock are believed.
    ``seed`` is the simulated exchange's.
    """

    mode: Mode | str = Mode.OFFLINE
    host: str = TESTNET.rest or ""
    stream_host: str = TESTNET.stream or ""
    cassette_dir: Path | str = Path("cassettes")
    allow_production: bool = False
    max_cassette_age: float | None = None
    on_stale: str = "warn"
    exchange_start: datetime | None = None
    seed: int = 0
    credentials: Credentials | None = field(default=None, repr=False)

    def checked(self) -> Config:
        """This configuration with every value parsed; raises UsageError at the first that can't work."""
        if self.on_stale not in ("warn", "fail"):
            raise UsageError(f"binance_options_on_stale: {self.on_stale!r} won't do. Use warn or fail.")
        if self.max_cassette_age is not None and not self.max_cassette_age > 0:
            raise UsageError(f"binance_options_max_cassette_age: {self.max_cassette_age!r} won't do. Give days, more than 0.")
        if self.exchange_start is not None and self.exchange_start.tzinfo is None:
            raise UsageError(
                f"exchange_start: {self.exchange_start!r} has no time zone. Give an aware datetime, as in "
                "datetime(2026, 1, 1, tzinfo=timezone.utc)."
            )
        return replace(
            self,
            mode=Mode.parse(self.mode, setting="binance_options_config, mode"),
            host=base_url(self.host, setting="--binance-options-host", schemes=("https", "http")),
            stream_host=base_url(self.stream_host, setting="--binance-options-stream-host", schemes=("wss", "ws")),
            cassette_dir=Path(self.cassette_dir),
        )

    @classmethod
    def coerced(cls, value: object) -> Config:
        """What an overridden ``binance_options_config`` returned, as a checked Config: a Config or a mapping of its fields."""
        if isinstance(value, Config):
            return value.checked()
        known = [f.name for f in fields(cls)]
        if isinstance(value, Mapping):
            unknown = sorted(set(value) - set(known), key=str)
            if not unknown:
                return cls(**value).checked()
            raise UsageError(
                f"binance_options_config: unknown setting {', '.join(map(repr, unknown))}. Known: {', '.join(known)}."
            )
        raise UsageError(
            f"binance_options_config must return a Config or a dict of settings, not {type(value).__name__}. "
            "Start from the fixture of the same name: dataclasses.replace(binance_options_config, mode=...)."
        )


class PytestConfig(Protocol):
    """The part of pytest's Config that is read here."""

    @property
    def rootpath(self) -> Path:
        """Pytest's rootdir."""

    def getoption(self, name: str) -> object:
        """A command line option's value."""

    def getini(self, name: str) -> object:
        """An ini key's value."""


def from_pytest(config: PytestConfig, environ: Mapping[str, str] = os.environ) -> Config:
    """The settings of this run, checked: command line before environment (mode only) before ini before default.

    Credentials are read later, by the modes that need them: the others must not even look.
    """

    def chosen(option: str, default: str) -> str:
        return str(config.getoption(option) or config.getini(option) or default)

    return Config(
        mode=_mode(config, environ),
        host=chosen("binance_options_host", TESTNET.rest or ""),
        stream_host=chosen("binance_options_stream_host", TESTNET.stream or ""),
        cassette_dir=config.rootpath / chosen("binance_options_cassette_dir", "cassettes"),
        allow_production=bool(config.getoption("binance_options_allow_production")),
        max_cassette_age=_days(config.getini("binance_options_max_cassette_age")),
        on_stale=str(config.getini("binance_options_on_stale") or "warn"),
    ).checked()


def _mode(config: PytestConfig, environ: Mapping[str, str]) -> Mode:
    sources = (
        ("--binance-options", config.getoption("binance_options_mode")),
        ("BINANCE_OPTIONS_MODE", environ.get("BINANCE_OPTIONS_MODE")),
        ("binance_options_mode", config.getini("binance_options_mode")),
    )
    for setting, value in sources:
        if value:
            return Mode.parse(value, setting=setting)
    return Mode.OFFLINE


def _days(value: object) -> float | None:
    if not value:
        return None
    try:
        return float(str(value))
    except ValueError:
        raise UsageError(f"binance_options_max_cassette_age: {value!r} is not a number of days.") from None
