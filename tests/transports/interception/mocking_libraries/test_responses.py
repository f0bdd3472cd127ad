from __future__ import annotations

from pathlib import Path

from .mocking import run

RESPONSES = """
import pytest, requests, responses
from conftest import OURS, OTHER

@pytest.fixture
def mocked():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.put(OTHER, json={"from": "them"})
        mock.put(OURS, json={"from": "them"})
        yield mock

def check(options, mocked):
    assert requests.put(OURS).json() == {"from": "us"}
    assert requests.put(OTHER).json() == {"from": "them"}
    with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
        requests.put("https://third.example")
    assert len(options.requests) == 1
    assert [call.request.url for call in mocked.calls] == [OTHER, "https://third.example/"]

def test_ours_first(options, mocked):
    check(options, mocked)

def test_theirs_first(mocked, options):
    check(options, mocked)

@responses.activate
def test_the_decorator(options):
    responses.put(OTHER, json={"from": "them"})
    check(options, responses.mock)
"""


def test_options_requests_are_ours_and_the_others_theirs(tmp_path: Path) -> None:
    run(RESPONSES, tmp_path, passed=3)
