"""What the whole suite has in common."""

from __future__ import annotations

import os

from hypothesis import settings

pytest_plugins = ["pytester"]

# How much the property tests do. The gate has to give the same verdict for the same code;
# HYPOTHESIS_PROFILE=nightly tries other examples each time, and more. A slow machine is no failure:
# nothing in this suite asserts on time that really passes.
settings.register_profile("gate", max_examples=60, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=600, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))
