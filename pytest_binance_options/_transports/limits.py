"""What one client may take of a server's memory and time: the loopback server's, and those that
stand in memory.

Whoever exceeds it hears why, as far as HTTP has a word for it, or loses the connection; nobody else
notices.
"""

from __future__ import annotations

__all__ = ["MAX_BODY", "MAX_HEADERS", "MAX_LINE", "REMEMBERED_ERRORS", "SLOWEST"]

MAX_BODY = 16 * 1024 * 1024
"""The longest request body that is read, in bytes; a longer one gets 413."""

MAX_HEADERS = 128
"""How many headers a request may have, and a trailer; one that has more gets 400. aiohttp's own
limit, since 3.14."""

MAX_LINE = 64 * 1024
"""The longest request line, and the longest header, in bytes; a longer one gets 400. Longer than
what a client sends, so that the backend, not the parser, says what is wrong with a long request."""

SLOWEST = 75.0
"""How long a client may be silent between requests, may take to send the head of one, then its
body, and may leave an answer unread, each in seconds. After that its connection is closed; for a
body with 408 before it."""

REMEMBERED_ERRORS = 10_000
"""How many of a port's errors are kept, the latest: whoever sends nonsense for days fills no
memory."""
