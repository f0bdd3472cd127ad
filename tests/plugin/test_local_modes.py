"""Offline, replay and simulate: no account, no network."""

from __future__ import annotations

import pytest

from .conftest import FLOW


def test_the_flow_runs_offline_out_of_the_box(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FLOW)

    pytester.runpytest().assert_outcomes(passed=1)


def test_replay_without_a_cassette_says_how_to_record_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_bot=FLOW)

    result = pytester.runpytest("--binance-options=replay")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            (
                "*test_bot.py::test_flow has no cassette: mode replay looks for it at"
                " */test_bot/test_flow.yaml. Record it with"
            ),
            "*pytest test_bot.py::test_flow --binance-options=record",
        ]
    )


def test_the_account_in_the_environment_is_never_read(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINANCE_API_KEY", "the-real-one")
    monkeypatch.setenv("BINANCE_SECRET_KEY", "the-real-one")
    pytester.makepyfile("""
        def test_it(binance_options):
            assert binance_options.auth.api_key != "the-real-one"
            binance_options.client.request("GET", "/eapi/v1/marginAccount", signed=True)
        """)

    pytester.runpytest().assert_outcomes(passed=1)


@pytest.mark.parametrize("kind", ["hmac", "rsa", "ed25519"])
def test_the_marker_chooses_the_kind_of_key(pytester: pytest.Pytester, kind: str) -> None:
    pytester.makepyfile(f"""
        import pytest

        @pytest.mark.binance_options(auth="{kind}")
        def test_it(binance_options_auth, binance_options_client):
            assert binance_options_auth.kind == "{kind}"
            # the exchange knows the public key, or it would refuse the signature
            assert "asset" in binance_options_client.request("GET", "/eapi/v1/marginAccount", signed=True)
        """)

    pytester.runpytest().assert_outcomes(passed=1)


def test_the_clock_expires_a_key_at_sixty_minutes_and_not_before(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from pytest_binance_options.client.rest import ApiException

        def test_it(binance_options_clock, binance_options_listen_key, binance_options_user_data_streams):
            before = binance_options_clock.now
            binance_options_clock.advance(minutes=59, seconds=59.999)
            binance_options_user_data_streams.options_update_listen_key_v1()
            binance_options_clock.advance(hours=1)
            assert (binance_options_clock.now - before).total_seconds() == 7199.999
            with pytest.raises(ApiException) as failed:
                binance_options_user_data_streams.options_update_listen_key_v1()
            assert failed.value.code == -1125
        """)

    pytester.runpytest().assert_outcomes(passed=1)


def test_two_tests_never_share_an_exchange(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("n", range(3))
        def test_it(n, binance_options, binance_options_exchange, binance_options_listen_key):
            assert [asked.method for asked in binance_options.requests] == ["POST"]
            assert len(binance_options_exchange.journal) == 1
        """)

    pytester.runpytest().assert_outcomes(passed=3)


def test_any_requests_session_can_mount_the_transport(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import requests

        def test_it(binance_options, binance_options_transport):
            session = requests.Session()
            session.mount("https://", binance_options_transport)
            session.headers["X-MBX-APIKEY"] = binance_options.auth.api_key
            response = session.post("https://eapi.binance.com/eapi/v1/listenKey")
            assert response.status_code == 200 and len(response.json()["listenKey"]) == 64
            assert [(a.method, a.path, a.status) for a in binance_options.requests] == [("POST", "/eapi/v1/listenKey", 200)]
        """)

    pytester.runpytest().assert_outcomes(passed=1)


def test_a_client_made_with_productions_address_is_answered_by_the_mode(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("""
        import pytest_binance_options.client as binance
        from pytest_binance_options.client.models.options_create_listen_key_v1_resp import OptionsCreateListenKeyV1Resp

        def test_it(binance_options, binance_options_exchange):
            configuration = binance.Configuration(auth=binance_options.auth)
            assert configuration.host == "https://eapi.binance.com"
            with binance.ApiClient(configuration) as api_client:
                created = binance.UserDataStreamsApi(api_client).options_create_listen_key_v1()
            assert isinstance(created, OptionsCreateListenKeyV1Resp)
            assert binance_options_exchange.journal.calls == [("POST", "/eapi/v1/listenKey", 200)]
        """)

    pytester.runpytest().assert_outcomes(passed=1)


def test_a_listen_key_is_closed_after_the_test_however_it_ends(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import pytest

        @pytest.fixture
        def asked(binance_options):
            yield
            print("asked:", *[f"{a.method} {a.status}" for a in binance_options.requests])

        # asked for first, so torn down after the listen key
        """)
    pytester.makepyfile("""
        def test_passes(asked, binance_options_listen_key):
            assert len(binance_options_listen_key) == 64

        def test_fails(asked, binance_options_listen_key):
            assert 0

        def test_closes_it_itself(asked, binance_options_listen_key, binance_options_user_data_streams):
            binance_options_user_data_streams.options_delete_listen_key_v1()
        """)

    result = pytester.runpytest("-rA")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines_random(
        [
            "asked: POST 200 DELETE 200",
            "asked: POST 200 DELETE 200",
            "asked: POST 200 DELETE 200 DELETE 400",
        ]
    )


def test_a_connection_off_this_machine_is_refused_by_name(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import socket, threading, pytest
        from pytest_binance_options.errors import NetworkRefusedError

        def test_it(binance_options):
            with pytest.raises(NetworkRefusedError, match="api.binance.com.*443.*offline"):
                socket.create_connection(("api.binance.com", 443))
        """)

    pytester.runpytest().assert_outcomes(passed=1)


def test_the_exchange_comes_before_the_cassette_when_a_test_asks_for_it(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        test_bot="""
        def test_it(binance_options, binance_options_exchange):
            assert binance_options.mode == "simulate"
            assert binance_options.exchange is binance_options_exchange
            assert binance_options.cassette is None
        """
    )
    cassette = pytester.path / "cassettes" / "test_bot" / "test_it.yaml"
    cassette.parent.mkdir(parents=True)
    cassette.write_text("not looked at")

    pytester.runpytest().assert_outcomes(passed=1)
    pytester.runpytest("--binance-options=replay").assert_outcomes(passed=1)


def test_a_marker_that_says_replay_and_a_test_that_steers_the_exchange_contradict_each_other(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        test_bot="""
        import pytest

        @pytest.mark.binance_options(mode="replay")
        def test_it(binance_options_clock):
            pass
        """
    )

    result = pytester.runpytest()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            (
                "*test_bot.py::test_it: its marker says mode='replay', and it uses the simulated"
                " exchange. *"
            ),
        ]
    )


def test_a_broken_cassette_is_an_error_that_names_the_file(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_bot=FLOW)
    cassette = pytester.path / "cassettes" / "test_bot" / "test_flow.yaml"
    cassette.parent.mkdir(parents=True)
    cassette.write_text("interactions: [")

    result = pytester.runpytest()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*CassetteFormatError*test_flow.yaml*"])
