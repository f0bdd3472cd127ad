"""The examples' bots. Their modules are not left where others would find them: pages and inner runs
have modules called ``bot`` of their own."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

__all__ = ["bot", "trader"]

_EXAMPLES = str(Path(__file__).parents[2] / "examples")
_NAMES = ("bot", "listener", "trader")

_others = {name: sys.modules.pop(name) for name in _NAMES if name in sys.modules}
sys.path.insert(0, _EXAMPLES)
try:
    bot, _, trader = map(importlib.import_module, _NAMES)
finally:
    sys.path.remove(_EXAMPLES)
    for name in _NAMES:
        sys.modules.pop(name, None)
    sys.modules.update(_others)
