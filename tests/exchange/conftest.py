"""How much the property tests do: HYPOTHESIS_PROFILE=nightly for more, and other examples each time."""

from __future__ import annotations

import os

from hypothesis import settings

# The gate has to give the same verdict for the same code.
settings.register_profile("gate", max_examples=60, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=600, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))
