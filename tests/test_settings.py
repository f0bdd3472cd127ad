"""Settings: which source outdoes which, what each refuses in which words, and that no repr shows an
account."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone, tzinfo
from pathlib import Path

import pytest

from pytest_binance_options._plugin.options import from_pytest
from pytest_binance_options._products import OPTIONS
from pytest_binance_options.errors import UsageError
from pytest_binance_options.settings import Config, Credentials, Mode

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
MODES = "offline, replay, simulate, testnet, record, verify"


class Options:
    """Pytest's config, as far as it is asked: what was on the command line, and what is in the ini
    file."""

    rootpath = Path("/suite")

    def __init__(
        self, options: Mapping[str, object] | None = None, ini: Mapping[str, str] | None = None
    ) -> None:
        self._options, self._ini = options or {}, ini or {}

    def getoption(self, name: str) -> object:
        return self._options.get(f"binance_options_{name.removeprefix('binance_options_')}")

    def getini(self, name: str) -> object:
        # Pytest's answer where a key that is text is not in the file.
        return self._ini.get(name, "")


def error(config: Options, environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(UsageError) as caught:
        from_pytest(config, environ or {})
    return str(caught.value)


class TestMode:
    def test_it_reads_and_compares_as_its_name(self) -> None:
        assert str(Mode.REPLAY) == f"{Mode.REPLAY}" == f"{Mode.REPLAY}" == "replay" == Mode.REPLAY

    @pytest.mark.parametrize(
        "fact", ["leaves_machine", "needs_account", "masks", "reads_environment"]
    )
    def test_three_of_them_ask_a_real_exchange_and_take_care(self, fact: str) -> None:
        assert [mode for mode in Mode if getattr(mode, fact)] == ["testnet", "record", "verify"]

    def test_three_of_them_have_a_cassette(self) -> None:
        assert [mode for mode in Mode if mode.has_cassette] == ["replay", "record", "verify"]

    @pytest.mark.parametrize("value", [Mode.RECORD, "record"])
    def test_a_name_and_a_mode_will_do(self, value: object) -> None:
        assert Mode.parse(value, setting="x") is Mode.RECORD

    @pytest.mark.parametrize("value", ["Record", "recrod", "", None, 1, True, ["record"]], ids=repr)
    def test_anything_else_is_an_error_that_lists_the_modes(self, value: object) -> None:
        with pytest.raises(UsageError) as caught:
            Mode.parse(value, setting="--binance-options")

        assert (
            str(caught.value) == f"--binance-options: {value!r} is not a mode. Use one of: {MODES}."
        )

    def test_a_key_in_the_wrong_place_is_not_shown(self) -> None:
        with pytest.raises(UsageError, match="x: '<hidden>' is not a mode"):
            Mode.parse(KEY, setting="x")


class TestSources:
    def test_where_nothing_is_set_the_testnet_and_no_network(self) -> None:
        config = from_pytest(Options(), {})

        assert config == Config(
            mode=Mode.OFFLINE,
            host="https://demo-fapi.binance.com",
            stream_host="wss://demo-fstream.binance.com",
            cassette_dir=Path("/suite/cassettes"),
            allow_production=False,
            require=False,
            max_cassette_age=None,
            on_stale="warn",
            unanswered="fail",
            unplayed="warn",
            exchange_start=None,
            seed=0,
            recorded_from=None,
            time_patience=10.0,
            time_horizon=400.0,
            credentials=None,
            secrets=(),
        )

    def test_the_mode_is_taken_from_the_command_line_then_the_environment_then_the_ini(
        self,
    ) -> None:
        option, environ, ini = (
            {"binance_options_mode": "record"},
            {"BINANCE_OPTIONS_MODE": "replay"},
            {"binance_options_mode": "simulate"},
        )

        assert from_pytest(Options(option, ini), environ).mode is Mode.RECORD
        assert from_pytest(Options({}, ini), environ).mode is Mode.REPLAY
        assert from_pytest(Options({}, ini), {"BINANCE_OPTIONS_MODE": ""}).mode is Mode.SIMULATE
        assert from_pytest(Options({}, ini), {}).mode is Mode.SIMULATE
        assert from_pytest(Options(), environ).mode is Mode.REPLAY

    @pytest.mark.parametrize(
        ("name", "on_the_command_line", "in_the_ini"),
        [
            ("host", "http://127.0.0.1:1", "http://127.0.0.1:2"),
            ("stream_host", "ws://127.0.0.1:1", "ws://127.0.0.1:2"),
        ],
    )
    def test_hosts_are_taken_from_the_command_line_then_the_ini(
        self, name: str, on_the_command_line: str, in_the_ini: str
    ) -> None:
        option, ini = (
            {f"binance_options_{name}": f"{on_the_command_line}/"},
            {f"binance_options_{name}": f"{in_the_ini}/"},
        )

        assert getattr(from_pytest(Options(option, ini), {}), name) == on_the_command_line
        assert getattr(from_pytest(Options({}, ini), {}), name) == in_the_ini

    def test_the_cassette_directory_is_found_from_the_rootdir(self) -> None:
        option, ini = (
            {"binance_options_cassette_dir": "a/b"},
            {"binance_options_cassette_dir": "/c"},
        )

        assert from_pytest(Options(option, ini), {}).cassette_dir == Path("/suite/a/b")
        assert from_pytest(Options({}, ini), {}).cassette_dir == Path("/c")

    def test_the_rest_has_one_source(self) -> None:
        ini = {"binance_options_max_cassette_age": "0.5", "binance_options_on_stale": "fail"}
        config = from_pytest(Options({"binance_options_allow_production": True}, ini), {})

        assert (config.max_cassette_age, config.on_stale, config.allow_production) == (
            0.5,
            "fail",
            True,
        )

    def test_how_long_one_time_waits_and_lasts_is_set_in_the_ini(self) -> None:
        ini = {"binance_options_time_patience": "2.5", "binance_options_time_horizon": "1000"}
        config = from_pytest(Options({}, ini), {})

        assert (config.time_patience, config.time_horizon) == (2.5, 1000.0)

    def test_credentials_are_not_looked_for(self) -> None:
        class Environment(dict[str, str]):
            def get(self, name: str, default: object = None) -> str | None:  # type: ignore[override]
                assert name == "BINANCE_OPTIONS_MODE"
                return None

        assert from_pytest(Options(), Environment()).credentials is None


class TestErrorsNameTheSource:
    @pytest.mark.parametrize(
        ("option", "environ", "ini", "setting"),
        [
            ("no", "no", "no", "--binance-options"),
            ("", "no", "no", "BINANCE_OPTIONS_MODE"),
            ("", "", "no", "binance_options_mode"),
        ],
    )
    def test_of_a_mode(self, option: str, environ: str, ini: str, setting: str) -> None:
        text = error(
            Options({"binance_options_mode": option}, {"binance_options_mode": ini}),
            {"BINANCE_OPTIONS_MODE": environ},
        )

        assert text == f"{setting}: 'no' is not a mode. Use one of: {MODES}."

    @pytest.mark.parametrize(
        ("name", "schemes", "example"),
        [
            ("host", "https or http", "https://demo-fapi.binance.com"),
            ("stream_host", "wss or ws", "wss://demo-fstream.binance.com"),
        ],
    )
    def test_of_a_host(self, name: str, schemes: str, example: str) -> None:
        bad = {f"binance_options_{name}": "h"}
        rest = f"'h' is not a base URL. Give scheme and host ({schemes}), as in {example}."

        assert error(Options(bad)) == f"--binance-options-{name.replace('_', '-')}: {rest}"
        assert error(Options({}, bad)) == f"binance_options_{name}: {rest}"

    @pytest.mark.parametrize("value", ["ten", "0", "-1", "nan", "inf", "36501", "1e9"])
    def test_of_an_age(self, value: str) -> None:
        assert (
            error(Options({}, {"binance_options_max_cassette_age": value}))
            == f"binance_options_max_cassette_age is {value!r}. Give a number of days above 0, up to"
            " 36500."
        )

    @pytest.mark.parametrize("value", ["ten", "0", "-1", "nan", "inf", "86401"])
    def test_of_patience(self, value: str) -> None:
        assert (
            error(Options({}, {"binance_options_time_patience": value}))
            == f"binance_options_time_patience is {value!r}. Give a number of seconds above 0, up to"
            " 86400."
        )

    def test_of_a_horizon(self) -> None:
        assert (
            error(Options({}, {"binance_options_time_horizon": "0"}))
            == "binance_options_time_horizon is '0'. Give a number of days above 0, up to 36500."
        )

    def test_of_what_to_do_with_a_stale_cassette(self) -> None:
        assert (
            error(Options({}, {"binance_options_on_stale": "ignore"}))
            == "binance_options_on_stale is 'ignore'. Give one of: warn, fail."
        )

    @pytest.mark.parametrize("name", ["unanswered", "unplayed"])
    def test_of_what_becomes_of_what_a_replay_leaves(self, name: str) -> None:
        assert (
            error(Options({}, {f"binance_options_{name}": "error"}))
            == f"binance_options_{name} is 'error'. Give one of: ignore, warn, fail."
        )


class NoOffset(tzinfo):
    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None


class TestFromCode:
    def test_a_config_and_a_dict_say_the_same(self) -> None:
        start = datetime(2026, 1, 1, tzinfo=timezone.utc)
        settings: dict[str, object] = {
            "mode": "simulate",
            "host": "https://demo-fapi.binance.com/",
            "cassette_dir": "recordings",
            "max_cassette_age": 30,
            "on_stale": "fail",
            "unanswered": "warn",
            "unplayed": "ignore",
            "exchange_start": start,
            "seed": 7,
            "recorded_from": "a proxy",
            "time_patience": 60,
            "time_horizon": 1000,
            "allow_production": True,
            "require": True,
            "credentials": Credentials("k", "s"),
            "secrets": ["of the user's own"],
        }
        expected = Config(
            mode=Mode.SIMULATE,
            host=OPTIONS.testnet.rest,
            cassette_dir=Path("recordings"),
            max_cassette_age=30.0,
            on_stale="fail",
            unanswered="warn",
            unplayed="ignore",
            exchange_start=start,
            seed=7,
            recorded_from="a proxy",
            time_patience=60.0,
            time_horizon=1000.0,
            allow_production=True,
            require=True,
            credentials=Credentials("k", "s"),
            secrets=("of the user's own",),
        )

        assert Config.coerced(settings) == expected
        assert Config.coerced(Config(**settings)) == expected  # type: ignore[arg-type]
        assert isinstance(Config.coerced({"mode": "simulate"}).mode, Mode)

    def test_what_is_checked_once_is_checked_for_good(self) -> None:
        checked = Config().checked()

        assert checked.checked() == checked == Config()

    @pytest.mark.parametrize(
        ("value", "kind"), [(None, "NoneType"), ("simulate", "str"), (3, "int")]
    )
    def test_anything_else_is_an_error(self, value: object, kind: str) -> None:
        with pytest.raises(UsageError) as caught:
            Config.coerced(value)

        assert (
            str(caught.value)
            == f"binance_options_config must return a Config or a dict of settings, not {kind}."
            " Start from the fixture of the same name:"
            " dataclasses.replace(binance_options_config, mode=...)."
        )

    def test_unknown_settings_are_an_error_that_lists_the_known(self) -> None:
        with pytest.raises(UsageError) as caught:
            Config.coerced({"mod": "simulate", "mode": "replay", 1: 2, KEY: 1})

        assert (
            str(caught.value)
            == "binance_options_config: unknown setting 1, 'mod', '<hidden>'. Known: mode, host,"
            " stream_host, cassette_dir, allow_production, require, max_cassette_age, on_stale,"
            " unanswered, unplayed, exchange_start, seed, recorded_from, time_patience, time_horizon, credentials,"
            " secrets."
        )

    @pytest.mark.parametrize(
        ("setting", "text"),
        [
            ({"mode": "no"}, f"mode: 'no' is not a mode. Use one of: {MODES}."),
            (
                {"host": None},
                (
                    "host: None is not a base URL. Give scheme and host (https or http), as in"
                    " https://demo-fapi.binance.com."
                ),
            ),
            (
                {"stream_host": "https://h"},
                (
                    "stream_host: 'https://h' is not a base URL. Give scheme and host (wss or ws),"
                    " as in wss://demo-fstream.binance.com."
                ),
            ),
            (
                {"cassette_dir": None},
                "cassette_dir is None. Give a directory, as text or as a Path.",
            ),
            (
                {"allow_production": "false"},
                "allow_production is 'false'. Give true or false.",
            ),
            ({"require": 1}, "require is 1. Give true or false."),
            (
                {"max_cassette_age": 0},
                "max_cassette_age is 0. Give a number of days above 0, up to 36500.",
            ),
            (
                {"max_cassette_age": True},
                "max_cassette_age is True. Give a number of days above 0, up to 36500.",
            ),
            (
                {"max_cassette_age": math.inf},
                "max_cassette_age is inf. Give a number of days above 0, up to 36500.",
            ),
            ({"on_stale": None}, "on_stale is None. Give one of: warn, fail."),
            ({"unanswered": True}, "unanswered is True. Give one of: ignore, warn, fail."),
            ({"unplayed": ""}, "unplayed is ''. Give one of: ignore, warn, fail."),
            (
                {"exchange_start": datetime(2026, 1, 1)},  # noqa: DTZ001
                (
                    "exchange_start is datetime.datetime(2026, 1, 1, 0, 0). Give an aware"
                    " datetime, as in datetime(2026, 1, 1, tzinfo=timezone.utc)."
                ),
            ),
            (
                {"exchange_start": date(2026, 1, 1)},
                (
                    "exchange_start is datetime.date(2026, 1, 1). Give an aware datetime, as"
                    " in datetime(2026, 1, 1, tzinfo=timezone.utc)."
                ),
            ),
            ({"seed": "7"}, "seed is '7'. Give a whole number."),
            ({"seed": True}, "seed is True. Give a whole number."),
            ({"recorded_from": 1}, "recorded_from is 1. Give text."),
            (
                {"time_patience": 0},
                "time_patience is 0. Give a number of seconds above 0, up to 86400.",
            ),
            (
                {"time_horizon": "a year"},
                "time_horizon is 'a year'. Give a number of days above 0, up to 36500.",
            ),
            (
                {"credentials": {"api_key": "short"}},
                "credentials is of type dict. Give Credentials, or None.",
            ),
            (
                {"credentials": ""},
                "credentials is of type str. Give Credentials, or None.",
            ),
        ],
        ids=str,
    )
    def test_a_value_that_cannot_work_is_an_error_that_names_it(
        self, setting: dict[str, object], text: str
    ) -> None:
        with pytest.raises(UsageError) as caught:
            Config.coerced(setting)

        assert str(caught.value) == f"binance_options_config, {text}"

    def test_a_time_zone_that_knows_no_offset_is_none(self) -> None:
        with pytest.raises(UsageError, match="Give an aware datetime"):
            Config(exchange_start=datetime(2026, 1, 1, tzinfo=NoOffset())).checked()

    def test_it_can_be_changed_by_replacing_alone(self) -> None:
        config = Config()

        assert dataclasses.replace(config, mode="simulate").checked().mode is Mode.SIMULATE
        with pytest.raises(dataclasses.FrozenInstanceError):
            config.seed = 1  # type: ignore[misc]


class TestCredentials:
    @pytest.mark.parametrize(
        ("environ", "expected"),
        [
            ({"BINANCE_SECRET_KEY": "s"}, Credentials("k", "s")),
            ({"BINANCE_PRIVATE_KEY_PATH": "p"}, Credentials("k", None, "p")),
            (
                {"BINANCE_PRIVATE_KEY_PATH": "p", "BINANCE_PRIVATE_KEY_PASSPHRASE": " x "},
                Credentials("k", None, "p", " x "),
            ),
            (
                {"BINANCE_SECRET_KEY": " s\r\n", "BINANCE_PRIVATE_KEY_PATH": ""},
                Credentials("k", "s"),
            ),
        ],
    )
    def test_an_api_key_and_one_kind_of_secret_make_an_account(
        self, environ: dict[str, str], expected: Credentials
    ) -> None:
        assert Credentials.from_environment({"BINANCE_API_KEY": "k\n", **environ}) == expected

    @pytest.mark.parametrize(
        "environ",
        [
            {},
            {"BINANCE_API_KEY": "k"},
            {"BINANCE_SECRET_KEY": "s"},
            {"BINANCE_API_KEY": " ", "BINANCE_SECRET_KEY": "s"},
            {"BINANCE_API_KEY": "k", "BINANCE_SECRET_KEY": "", "BINANCE_PRIVATE_KEY_PATH": " "},
            {"BINANCE_API_KEY": "k", "BINANCE_PRIVATE_KEY_PASSPHRASE": "x"},
        ],
    )
    def test_less_is_none(self, environ: dict[str, str]) -> None:
        assert Credentials.from_environment(environ) is None

    def test_both_kinds_of_secret_are_an_error(self) -> None:
        with pytest.raises(UsageError) as caught:
            Credentials.from_environment(
                {"BINANCE_API_KEY": "k", "BINANCE_SECRET_KEY": "s", "BINANCE_PRIVATE_KEY_PATH": "p"}
            )

        assert (
            str(caught.value)
            == "BINANCE_SECRET_KEY and BINANCE_PRIVATE_KEY_PATH are both set, and an API key has"
            " one or the other. Unset one."
        )

    def test_no_repr_shows_them(self) -> None:
        credentials = Credentials("short", "secret", "key.pem", "phrase")
        config = Config(host="https://user:phrase@h", credentials=credentials)

        assert repr(credentials) == "<Credentials, hidden>"
        assert (
            repr(config) == "Config(mode=<Mode.OFFLINE: 'offline'>, host='https://<hidden>@h',"
            f" stream_host='wss://demo-fstream.binance.com', cassette_dir={Path('cassettes')!r},"
            " allow_production=False, require=False, max_cassette_age=None, on_stale='warn',"
            " unanswered='fail', unplayed='warn',"
            " exchange_start=None, seed=0, recorded_from=None, time_patience=10.0,"
            " time_horizon=400.0)"
        )
