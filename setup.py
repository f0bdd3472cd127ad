"""The index page's text: the README, with links that lead somewhere from there.

Everything else about the package is in pyproject.toml.
"""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
_SOURCE = re.compile(r'^Source = "(?P<url>[^"]+)"$', re.M)
_RELATIVE = re.compile(r"(?<=\]\()(?!https?://|#)(?P<target>[^()\s]+)(?=\))")


def index_page(readme: str, source: str) -> str:
    """``readme`` with its relative links into the repository at ``source``: to pages, and to
    pictures as they are."""

    def absolute(link: re.Match[str]) -> str:
        target = link["target"]
        kind = "raw" if re.search(r"\.(svg|png|gif|jpe?g)$", target) else "blob"
        return f"{source}/{kind}/HEAD/{target}"

    return _RELATIVE.sub(absolute, readme)


if __name__ == "__main__":
    found = _SOURCE.search((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    assert found is not None
    setup(
        long_description=index_page((HERE / "README.md").read_text(encoding="utf-8"), found["url"]),
        long_description_content_type="text/markdown",
    )
