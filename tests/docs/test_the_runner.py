"""What runs the documentation notices what is wrong with it."""

from __future__ import annotations

import pytest
import yaml

from .conftest import OpenSession
from .markdown import Page

pytestmark = pytest.mark.usefixtures("alone")


def _page(text: str, request: pytest.FixtureRequest) -> Page:
    # Sessions are told apart by their pages' names.
    return Page(f"{request.node.name}.md", text.replace("~~~", "```"))


def _run(
    page: Page,
    open_session: OpenSession,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for block in page.blocks:
        open_session(page).run(block, pytester, monkeypatch)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("~~~python\ndef test_it():\n    assert 0\n~~~\n", "'failed': 1", id="test"),
        pytest.param(
            "~~~python\nimport pytest\ndef test_it():\n    pytest.skip()\n~~~\n",
            "'skipped': 1",
            id="skipped",
        ),
        pytest.param(
            "~~~python\ndef test_it(binance_option):\n    pass\n~~~\n", "'errors': 1", id="fixture"
        ),
        pytest.param(
            "~~~python\nimport warnings\ndef test_it():\n    warnings.warn('old')\n~~~\n",
            "'failed': 1",
            id="warning",
        ),
        pytest.param("~~~python\n1 / 0\n~~~\n", "'failed': 1", id="program"),
        pytest.param(
            "~~~python\nimport pytest\n@pytest.fixture\ndef broken():\n    1 / 0\n~~~\n",
            "'errors': 1",
            id="fixture-alone",
        ),
        pytest.param("~~~python\n# bot.py\n1 / 0\n~~~\n", "'errors': 1", id="file"),
        pytest.param("~~~pycon\n>>> 1 + 1\n3\n~~~\n", "'failed': 1", id="session"),
        pytest.param(
            "~~~ini\n[pytest]\nbinance_options_mod = simulate\n~~~\n",
            "Unknown config option: binance_options_mod",
            id="ini",
        ),
        pytest.param(
            "~~~toml\n[tool.pytst.ini_options]\na = 1\n~~~\n", "no configuration", id="no-toml"
        ),
        pytest.param(
            "~~~toml\n[tool.pytest.ini_options]\nbinance_options_mode = 'simulat'\n~~~\n",
            "'simulat' is not a mode",
            id="toml",
        ),
        pytest.param(
            "~~~console\n$ pytest --binance-option=simulat\n~~~\n", "ended with 4", id="option"
        ),
        pytest.param("~~~console\n$ pytest\n2 passed in ...\n~~~\n", "2 passed", id="output"),
        pytest.param(
            "<!-- exit: 1 -->\n~~~console\n$ pytest\n~~~\n", "ended with 0", id="exit-status"
        ),
        pytest.param("~~~console\n$ make dem\n~~~\n", "Makefile has", id="make"),
        pytest.param(
            "~~~console\n$ pip install 'pytest-binance-options[sever]'\n~~~\n", "extras", id="extra"
        ),
        pytest.param(
            "~~~console\n$ pytest-binance-options casettes check .\n~~~\n",
            "ended with 2",
            id="command",
        ),
        pytest.param("~~~console\n$ rm -rf .\n~~~\n", "nothing knows how", id="unknown-command"),
        pytest.param("~~~yaml\n- a: [\n~~~\n", "expected the node content", id="yaml"),
        pytest.param("~~~json\n{'a': 1}\n~~~\n", "Expecting property name", id="json"),
        pytest.param("~~~\nanything\n~~~\n", "nothing knows how", id="no-language"),
    ],
)
def test_a_block_that_does_not_hold_fails(
    text: str,
    why: str,
    request: pytest.FixtureRequest,
    open_session: OpenSession,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(
        (AssertionError, pytest.fail.Exception, ValueError, yaml.YAMLError), match=why
    ):
        _run(_page(text, request), open_session, pytester, monkeypatch)


def test_a_page_builds_up_an_example(
    request: pytest.FixtureRequest,
    open_session: OpenSession,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = _page(
        """
<!-- beside: hidden.py
LENGTH = 64
-->
~~~python
# conftest.py
import pytest
import hidden

@pytest.fixture
def length():
    return hidden.LENGTH
~~~
~~~ini
[pytest]
binance_options_mode = replay
~~~
~~~python
# test_bot.py
def test_it(binance_options, length):
    assert binance_options.mode == "replay"
~~~
~~~python
def test_it(binance_options, binance_options_listen_key, length):
    assert binance_options.mode == "offline" and len(binance_options_listen_key) == length
~~~
""",
        request,
    )
    *_, record, last = page.blocks
    with pytest.raises(AssertionError, match="errors"):
        # There is no cassette, and the configuration is in force.
        open_session(page).run(record, pytester, monkeypatch)

    open_session(page).run(last, pytester, monkeypatch)


def test_programs_of_a_page_go_on_where_the_last_one_ended(
    request: pytest.FixtureRequest,
    open_session: OpenSession,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = _page(
        "~~~python\na = 1\n~~~\n\n~~~pycon\n>>> a\n1\n>>> b = 2\n~~~\n\n~~~python\nassert (a, b) =="
        " (1, 2)\n~~~\n",
        request,
    )

    _run(page, open_session, pytester, monkeypatch)


def test_a_command_with_a_network_mode_asks_the_stand_in_and_what_it_wrote_is_there_for_the_next(
    request: pytest.FixtureRequest,
    open_session: OpenSession,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = _page(
        """
~~~python
# test_bot.py
def test_it(binance_options, binance_options_listen_key):
    assert binance_options.mode in ("offline", "record", "replay")
~~~
~~~console
$ pytest --binance-options=record
... 1 passed in ...
~~~
~~~console
$ pytest --binance-options=replay
$ pytest-binance-options cassettes check cassettes
1 cassette checked, no problems found.
~~~
""",
        request,
    )

    _run(page, open_session, pytester, monkeypatch)


def test_links_headings_and_what_is_said_about_a_block_are_found() -> None:
    page = Page(
        "page.md",
        """
# A `title`, and more

See [the other](other.md#place) and `[not](this.md)`.

## Twice
## Twice

<!-- not run: needs an account -->
<!-- exit: 1 -->
```console
$ pytest  # [nor](that.md)
```
""",
    )

    assert page.anchors == {"a-title-and-more", "twice", "twice-1"}
    assert page.links == ["other.md#place"]
    (block,) = page.blocks
    assert (block.not_run, block.exit_status, block.line, str(block)) == (
        "needs an account",
        1,
        12,
        "page.md:12:console",
    )


def test_a_file_that_the_next_command_runs_is_run_once() -> None:
    page = Page(
        "page.md",
        """
```python
# test_bot.py
def test_it():
    pass
```
```console
$ pytest test_bot.py
```
```python
# test_other.py
def test_it():
    pass
```
```console
$ pytest test_other.py -x
```
""",
    )

    assert [block.line for block in page.blocks if page.run_by_the_next(block)] == [3]
