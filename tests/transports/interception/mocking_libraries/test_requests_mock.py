from __future__ import annotations

from pathlib import Path

from .mocking import run

REQUESTS_MOCK = """
import pytest, requests, requests_mock
from conftest import OURS, OTHER

def check(options, mocked):
    mocked.put(requests_mock.ANY, json={"from": "them"})
    with requests.Session() as session:
        assert session.put(OURS).json() == {"from": "us"}
        assert session.put(OTHER).json() == {"from": "them"}
    assert requests.put(OURS).json() == {"from": "us"}
    assert len(options.requests) == 2
    assert [request.url for request in mocked.request_history] == [OTHER]

def test_ours_first(options, requests_mock):
    check(options, requests_mock)

def test_theirs_first(requests_mock, options):
    check(options, requests_mock)

def test_a_mounted_adapter(options):
    adapter = requests_mock.Adapter()
    adapter.register_uri("PUT", requests_mock.ANY, json={"from": "them"})
    with requests.Session() as session:
        session.mount("https://", adapter)
        assert session.put(OURS).json() == {"from": "us"}
        assert session.put(OTHER).json() == {"from": "them"}

def test_a_mounted_adapter_of_ones_own_is_still_asked(options, requests_mock):
    class Mine(requests.adapters.HTTPAdapter):
        def send(self, *args, **kwargs):
            response = super().send(*args, **kwargs)
            response.headers["mine"] = "yes"
            return response
    with requests.Session() as session:
        session.mount("https://", Mine())
        assert session.put(OURS).headers["mine"] == "yes"
"""


def test_options_requests_are_ours_and_the_others_theirs(tmp_path: Path) -> None:
    run(REQUESTS_MOCK, tmp_path, "requests_mock.contrib._pytest_plugin", passed=4)
