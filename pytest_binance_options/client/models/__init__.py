"""What the exchange's answers are made into."""

from __future__ import annotations

from .options_create_listen_key_v1_resp import OptionsCreateListenKeyV1Resp

__all__ = ["OptionsCreateListenKeyV1Resp"]
