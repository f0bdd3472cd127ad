"""What the whole suite has in common."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["pytester"]

# A slow machine is no failure: nothing in this suite asserts on time that really passes.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
