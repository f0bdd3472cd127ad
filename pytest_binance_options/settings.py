"""Every setting, with its check: what the fixture ``binance_options_config`` gives, and takes.

Where a value can be set is :mod:`pytest_binance_options._plugin.options`'s, and what the settings
lead to is decided in :mod:`pytest_binance_options._plugin.choice`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path

from ._checks import flag, instance, number, one_of, text, whole, wrong
from ._hosts import base_url
from ._masking import mask
from ._modes import Mode
from ._own_secrets import checked_secrets
from ._products import OPTIONS
from .errors import UsageError

__all__ = ["REACTIONS", "VARIABLES", "Config", "Credentials", "Mode"]

#: The environment variables that name the account of the network modes, and what each holds.
VARIABLES: Mapping[str, str] = {
    "BINANCE_API_KEY": "the API key",
    "BINANCE_SECRET_KEY": "what signs for it (HMAC); or",
    "BINANCE_PRIVATE_KEY_PATH": "the path of an RSA or Ed25519 key in PEM form",
    "BINANCE_PRIVATE_KEY_PASSPHRASE": "the passphrase of that key, where it is encrypted",
}
_API_KEY, _SECRET_KEY, _PRIVATE_KEY_PATH, _PASSPHRASE = VARIABLES

_CASSETTE_DIR = "cassettes"
_LONGEST_AGE = 36500  # days
_LONGEST_PATIENCE = 86400  # seconds
_ON_STALE = ("warn", "fail")
#: What may become of what a replay would otherwise keep to itself.
REACTIONS = ("ignore", "warn", "fail")


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """An account's API key with what signs for it, as the environment names them. Never shown."""

    api_key: str
    secret_key: str | None = None
    private_key_path: str | None = None
    private_key_passphrase: str | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Credentials | None:
        """The credentials in ``environ``, or None where the API key or both kinds of secret are
        missing.

        Raises UsageError where both kinds are there.
        """
        # A line end that came along from a file would be refused in a header, with an error that
        # shows the key.
        api_key, secret_key, private_key_path = (
            environ.get(name, "").strip() or None
            for name in (_API_KEY, _SECRET_KEY, _PRIVATE_KEY_PATH)
        )
        if not api_key or not (secret_key or private_key_path):
            return None
        if secret_key and private_key_path:
            raise UsageError(
                "BINANCE_SECRET_KEY and BINANCE_PRIVATE_KEY_PATH are both set, and an API key has"
                " one or the other. Unset one."
            )
        return cls(
            api_key,
            secret_key,
            private_key_path,
            environ.get(_PASSPHRASE) or None,
        )

    def __repr__(self) -> str:
        return "<Credentials, hidden>"


def _code(name: str) -> str:
    return f"binance_options_config, {name}"


@dataclass(frozen=True, slots=True, repr=False)
class Config:
    """Everything the fixtures can be told. Override the fixture ``binance_options_config`` to set
    it from code::

        @pytest.fixture(scope="session")
        def binance_options_config(binance_options_config):
            return dataclasses.replace(binance_options_config, mode="simulate")

    ``require``: where ``mode`` needs an account and there is none, tests fail and are not skipped.
    ``max_cassette_age`` is in days, more than 0 and at most 36500; None: any age will do.
    ``exchange_start`` is the simulated exchange's time when a test begins, an aware datetime; None:
    the real time then, so that clients that sign with the real clock are believed. ``seed`` is the
    simulated exchange's. ``recorded_from`` says in a recording who stands behind ``host``, where
    that is none of Binance's; None: what the host tells.

    ``unanswered`` and ``unplayed`` are "ignore", "warn" or "fail": what becomes of a test that
    passes though its cassette had no answer for all that was asked, or had answers that nobody
    asked for.

    Of ``binance_options_time``: ``time_patience``, in seconds of real time, more than 0 and at most
    86400, is how long anybody may keep the clock from going on; ``time_horizon``, in days of the
    exchange's time, more than 0 and at most 36500, is how long a test may last.

    ``secrets`` are values of the user's own that nothing tells from other text, each of 8 bytes or
    more: hidden as keys are, in cassettes and in what is said of tests. The ini key names the
    environment variables that hold them.
    """

    mode: Mode | str = Mode.OFFLINE
    host: str = OPTIONS.testnet.rest
    stream_host: str = OPTIONS.testnet.stream
    cassette_dir: Path | str = Path(_CASSETTE_DIR)
    allow_production: bool = False
    require: bool = False
    max_cassette_age: float | None = None
    on_stale: str = "warn"
    unanswered: str = "fail"
    unplayed: str = "warn"
    exchange_start: datetime | None = None
    seed: int = 0
    recorded_from: str | None = None
    time_patience: float = 10.0
    time_horizon: float = 400.0
    credentials: Credentials | None = field(default=None, repr=False)
    secrets: Iterable[str] = field(default=(), repr=False)

    def checked(self, named: Callable[[str], str] = _code) -> Config:
        """This configuration with every value parsed; raises UsageError at the first that can't
        work. ``named`` is what errors call a field: the setting that it was set with."""
        return replace(
            self,
            mode=Mode.parse(self.mode, setting=named("mode")),
            host=base_url(self.host, setting=named("host"), schemes=("https", "http")),
            stream_host=base_url(
                self.stream_host, setting=named("stream_host"), schemes=("wss", "ws")
            ),
            cassette_dir=Path(
                instance(
                    named("cassette_dir"),
                    self.cassette_dir,
                    (str, Path),
                    "a directory, as text or as a Path",
                )
            ),
            # "false" would be true
            allow_production=flag(named("allow_production"), self.allow_production),
            require=flag(named("require"), self.require),
            max_cassette_age=(
                None
                if self.max_cassette_age is None
                else _days(self.max_cassette_age, named("max_cassette_age"))
            ),
            on_stale=one_of(named("on_stale"), self.on_stale, _ON_STALE),
            unanswered=one_of(named("unanswered"), self.unanswered, REACTIONS),
            unplayed=one_of(named("unplayed"), self.unplayed, REACTIONS),
            exchange_start=None
            if self.exchange_start is None
            else _aware(self.exchange_start, named("exchange_start")),
            seed=whole(named("seed"), self.seed),
            recorded_from=(
                None
                if self.recorded_from is None
                else text(named("recorded_from"), self.recorded_from)
            ),
            time_patience=number(
                named("time_patience"),
                self.time_patience,
                0,
                _LONGEST_PATIENCE,
                above=True,
                of="seconds",
                written=True,
            ),
            time_horizon=_days(self.time_horizon, named("time_horizon")),
            credentials=(
                None
                if self.credentials is None
                else instance(
                    named("credentials"),
                    self.credentials,
                    (Credentials,),
                    "Credentials, or None",
                    secret=True,  # a dict of them would show them
                )
            ),
            secrets=checked_secrets(named("secrets"), self.secrets),
        )

    def __repr__(self) -> str:
        shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr)
        return mask(f"Config({shown})")

    @classmethod
    def coerced(cls, value: object) -> Config:
        """What an overridden ``binance_options_config`` returned, as a checked Config: a Config or
        a mapping of its fields."""
        if isinstance(value, Config):
            return value.checked()
        known = [f.name for f in fields(cls)]
        if isinstance(value, Mapping):
            unknown = sorted(set(value) - set(known), key=str)
            if not unknown:
                return cls(**value).checked()
            raise UsageError(
                f"binance_options_config: unknown setting {mask(', '.join(map(repr, unknown)))}."
                f" Known: {', '.join(known)}."
            )
        raise UsageError(
            "binance_options_config must return a Config or a dict of settings, not"
            f" {type(value).__name__}. Start from the fixture of the same name:"
            " dataclasses.replace(binance_options_config, mode=...)."
        )


def _days(value: object, setting: str) -> float:
    # Text, where it comes from an ini file.
    return number(setting, value, 0, _LONGEST_AGE, above=True, of="days", written=True)


def _aware(value: object, setting: str) -> datetime:
    if not isinstance(value, datetime) or value.utcoffset() is None:
        wanted = "an aware datetime, as in datetime(2026, 1, 1, tzinfo=timezone.utc)"
        raise wrong(setting, value, wanted)
    return value
