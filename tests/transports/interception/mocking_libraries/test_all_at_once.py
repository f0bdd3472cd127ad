from __future__ import annotations

from pathlib import Path

from .mocking import run

ALL_AT_ONCE = """
import httpx, pytest, requests, responses
from conftest import OURS, OTHER

@pytest.fixture
def responses_mock():
    with responses.RequestsMock() as mock:
        yield mock

@pytest.mark.vcr
def test_inside(responses_mock, requests_mock, httpx_mock, respx_mock, vcr, options):
    assert requests.put(OURS).json() == httpx.put(OURS).json() == {"from": "us"}

@pytest.mark.vcr
def test_outside(options, vcr, respx_mock, httpx_mock, requests_mock, responses_mock):
    assert requests.put(OURS).json() == httpx.put(OURS).json() == {"from": "us"}
"""


def test_all_of_them_leave_options_requests_to_us_in_any_order(tmp_path: Path) -> None:
    run(
        ALL_AT_ONCE,
        tmp_path,
        "requests_mock.contrib._pytest_plugin",
        "pytest_httpx",
        "respx.plugin",
        "pytest_recording.plugin",
        passed=2,
    )
