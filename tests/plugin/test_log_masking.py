from __future__ import annotations

import logging

import pytest

from pytest_binance_options._plugin.log_masking import masked_logs

SIGNATURE = "c8db56825ae71d6d79447849e617115f4a920fa2acdce2b3a1c5d9a2f0d9e7b1"


@pytest.mark.parametrize("name", ["urllib3.connectionpool", "httpx"])
def test_a_signature_is_masked_and_the_rest_of_the_line_stays(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger(name)
    with caplog.at_level(logging.DEBUG), masked_logs():
        logger.debug(
            '"%s %s HTTP/1.1" %s',
            "GET",
            f"/eapi/v1/marginAccount?timestamp=1&signature={SIGNATURE}",
            200,
        )

    assert caplog.messages == [
        '"GET /eapi/v1/marginAccount?timestamp=1&signature=<hidden> HTTP/1.1" 200'
    ]


def test_afterwards_lines_are_as_they_were(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("httpx")
    with masked_logs():
        pass
    with caplog.at_level(logging.INFO):
        logger.info("?signature=%s", SIGNATURE)

    assert caplog.messages == [f"?signature={SIGNATURE}"]
    assert logger.filters == []
