"""Listen keys of a real exchange are known as they come: a half of one is hidden as well."""

from __future__ import annotations

import pytest

from pytest_binance_options._masking import known
from tests.support.testnet import Testnet

SUITE = """
    import pytest
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    def shown(key):
        halves = [key[:30], key[30:]]
        assert 0, halves

    def test_handed_out(binance_options_listen_key):
        shown(binance_options_listen_key)

    def test_in_an_address(binance_options):
        key = "k3J9" + "aB5xQz7L" * 7 + "w2Pq"
        with pytest.raises(InvalidStatus):  # there is none
            connect("wss://fstream.binance.com/private/ws/" + key)
        shown(key)
    """


@pytest.mark.parametrize("mode", ["record", "testnet"])
def test_half_of_a_listen_key_is_hidden(
    pytester: pytest.Pytester, account: Testnet, mode: str
) -> None:
    pytester.makepyfile(SUITE)
    before = known()

    result = pytester.runpytest(
        f"--binance-options={mode}", f"--binance-options-host={account.url}",
        f"--binance-options-stream-host={account.stream_url}",
    )  # fmt: skip

    result.stdout.fnmatch_lines(["E*AssertionError: [[]'<hidden>', '<hidden>'[]]"] * 2)
    assert known() == before
