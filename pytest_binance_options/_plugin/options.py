"""Every setting as a user gives it: one row each, for the command line, the ini file and the help.

Light on import, as every run reads the rows. What the values mean is :mod:`..settings`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._modes import Mode

if TYPE_CHECKING:
    import pytest

    from ..settings import Config

__all__ = [
    "MODE_VARIABLE",
    "add_options",
    "any_set",
    "block_network",
    "from_pytest",
    "options",
    "settings",
    "stay_in_this_process",
    "worth_a_line",
]

MODE_VARIABLE = "BINANCE_OPTIONS_MODE"
_CASSETTE_DIR = "cassettes"


@dataclass(frozen=True, slots=True)
class _Option:
    """One setting: ``name`` is the ini key, and the command line option's name unless ``flag``
    is another. ``metavar`` None: the ini file only."""

    name: str
    help: str
    metavar: str | None = None
    flag: str | None = None

    @property
    def option(self) -> str:
        return self.flag or f"--{self.name.replace('_', '-')}"


_SETTINGS = (
    _Option(
        "binance_options_mode",
        "who answers Options requests: offline (default), "
        + ", ".join(mode for mode in Mode if mode is not Mode.OFFLINE),
        "MODE",
        "--binance-options",
    ),
    _Option("binance_options_host", "REST base of the network modes (default: the testnet)", "URL"),
    _Option(
        "binance_options_stream_host",
        "stream base of the network modes (default: the testnet)",
        "URL",
    ),
    _Option(
        "binance_options_cassette_dir",
        "where cassettes are, from the rootdir (default: cassettes)",
        "DIR",
    ),
    _Option(
        "binance_options_max_cassette_age",
        "days after which a cassette is stale (default: never)",
    ),
    _Option(
        "binance_options_on_stale",
        "what a stale cassette does to its test: warn (default) or fail",
    ),
    _Option(
        "binance_options_unanswered",
        "a test that passes though its cassette had no answer for all that was asked: ignore, warn"
        " or fail (default)",
    ),
    _Option(
        "binance_options_unplayed",
        "a test that passes and leaves recorded interactions unplayed: ignore, warn (default) or"
        " fail",
    ),
    _Option(
        "binance_options_time_patience",
        "seconds of real time for which anybody may keep binance_options_time from going on"
        " (default: 10)",
    ),
    _Option(
        "binance_options_time_horizon",
        "days of the exchange's time that a test with binance_options_time may last (default: 400)",
    ),
    _Option(
        "binance_options_secrets",
        "names of environment variables whose values are hidden as keys are, in cassettes and in"
        " what is said of tests",
    ),
)


_ALLOW_PRODUCTION = "--binance-options-allow-production"
_REQUIRE = "--binance-options-require"
_BLOCK_NETWORK = "--binance-options-block-network"
_BLOCKED = ("options", "all", "none")
_LIST_CASSETTES = "--binance-options-list-cassettes"
_REPORT = "--binance-options-report"
_CHAOS = "--binance-options-chaos"


def options() -> list[str]:
    """Every option of the command line."""
    known = [setting.option for setting in _SETTINGS if setting.metavar is not None]
    return [*known, _ALLOW_PRODUCTION, _REQUIRE, _BLOCK_NETWORK, _LIST_CASSETTES, _REPORT, _CHAOS]


def settings() -> dict[str, str]:
    """Where each setting is set that no environment variable sets, by its ini key."""
    return {
        setting.name: f"{setting.option}, or {setting.name} in the ini file"
        if setting.metavar is not None
        else f"{setting.name} in the ini file"
        for setting in _SETTINGS
        if setting.flag is None
    } | {
        **{flag[2:].replace("-", "_"): flag for flag in (_ALLOW_PRODUCTION, _REQUIRE)},
        "binance_options_block_network": f"{_BLOCK_NETWORK}, or binance_options_block_network in"
        " the ini file",
    }


def add_options(parser: pytest.Parser) -> None:
    """Declare the command line options and the ini keys."""
    group = parser.getgroup(
        "binance options", "Binance Options: listen keys recorded, simulated, or on the testnet"
    )
    for setting in _SETTINGS:
        if setting.metavar is None:
            parser.addini(setting.name, setting.help)
        else:
            group.addoption(
                setting.option, dest=setting.name, metavar=setting.metavar, help=setting.help
            )
            parser.addini(setting.name, f"as {setting.option}")
    group.addoption(
        _ALLOW_PRODUCTION,
        dest="binance_options_allow_production",
        action="store_true",
        help=(
            "let the network modes use a production host; closing a listen key closes it for"
            " whatever else uses the account"
        ),
    )
    group.addoption(
        _REQUIRE,
        dest="binance_options_require",
        action="store_true",
        help=(
            "where the run's mode needs an account and there is none, fail its tests instead of"
            " skipping them: for CI"
        ),
    )
    group.addoption(
        _BLOCK_NETWORK,
        dest="binance_options_block_network",
        action="store_const",
        const="all",
        help=(
            "let nothing leave this machine in the whole run, but what the network modes' own tests"
            " ask the exchange"
        ),
    )
    parser.addini(
        "binance_options_block_network",
        "what is refused where no test of ours runs: options (default), which is the exchange's"
        " hosts once a test of ours has begun; all, as the command line's option; or none",
    )
    group.addoption(
        _LIST_CASSETTES,
        dest="binance_options_list_cassettes",
        metavar="FILE",
        help="run nothing, and write the path of each test's cassette to FILE, one a line",
    )
    group.addoption(
        _REPORT,
        dest="binance_options_report",
        metavar="FILE.html",
        help="write a page with a timeline of each test that uses Binance Options to FILE.html",
    )
    group.addoption(
        _CHAOS,
        dest="binance_options_chaos",
        metavar="SEED",
        help=(
            "give every test that uses the simulated exchange a bad day of its own; SEED is a"
            " number, the same one for the same days, or auto (needs hypothesis: the extra explore)"
        ),
    )


def block_network(config: pytest.Config) -> str:
    """What is refused where no test of ours runs: one of "options", "all", "none".

    Raises UsageError where the ini file says something else.
    """
    from .._checks import one_of

    name = "binance_options_block_network"
    return config.getoption(name) or one_of(name, config.getini(name) or "options", _BLOCKED)


def stay_in_this_process(config: pytest.Config) -> None:
    """Have pytest-xdist, where there is one, start no workers, whatever its options say."""
    for option, value in (("numprocesses", None), ("dist", "no"), ("tx", [])):
        if hasattr(config.option, option):
            setattr(config.option, option, value)


def _given(
    config: pytest.Config, setting: _Option, environ: Mapping[str, str]
) -> tuple[str, object] | None:
    """Where ``setting`` is set, and to what: command line before environment (mode only) before
    ini."""
    sources: list[tuple[str, object]] = [(setting.name, config.getini(setting.name))]
    if setting.flag is not None:
        sources.insert(0, (MODE_VARIABLE, environ.get(MODE_VARIABLE)))
    if setting.metavar is not None:
        sources.insert(0, (setting.option, config.getoption(setting.name)))
    return next(((source, value) for source, value in sources if value), None)


def any_set(config: pytest.Config, environ: Mapping[str, str]) -> bool:
    """Whether any setting is set anywhere."""
    return any(_given(config, setting, environ) is not None for setting in _SETTINGS)


def worth_a_line(config: pytest.Config, environ: Mapping[str, str]) -> bool:
    """Whether the run's header has anything to say of us: something is set, or there are
    cassettes."""
    if config.getoption("binance_options_chaos"):
        return True
    return any_set(config, environ) or (config.rootpath / _CASSETTE_DIR).is_dir()


def from_pytest(config: pytest.Config, environ: Mapping[str, str]) -> Config:
    """The settings of this run, checked: command line before environment (mode only) before ini
    before default.

    Raises UsageError, which names the setting that can't work as it was set. Credentials are read
    later, by the modes that need them: the others must not even look.
    """
    from .._own_secrets import secrets_named
    from ..settings import Config

    values: dict[str, Any] = {
        "allow_production": bool(config.getoption("binance_options_allow_production")),
        "require": bool(config.getoption("binance_options_require")),
        "cassette_dir": _CASSETTE_DIR,
    }
    sources: dict[str, str] = {}
    for setting in _SETTINGS:
        given = _given(config, setting, environ)
        if given is not None:
            field = setting.name.removeprefix("binance_options_")
            sources[field], values[field] = given
    if "secrets" in values:
        values["secrets"] = secrets_named(
            sources["secrets"],
            values["secrets"],
            environ,
            hint="A value can be given in code: binance_options_config, secrets.",
        )
    values["cassette_dir"] = config.rootpath / values["cassette_dir"]
    return Config(**values).checked(lambda field: sources.get(field, field))
