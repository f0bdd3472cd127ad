"""A certificate for 127.0.0.1 and the authority that signed it, made for one session, for clients
that insist on TLS.

Nothing here is trusted by anything unless a test says so: it hands ``ca_path`` to its client, or
sets REQUESTS_CA_BUNDLE (requests) or SSL_CERT_FILE (most others) to it.
"""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path

from ...errors import UsageError

__all__ = ["SessionCertificate"]


class SessionCertificate:
    """A certificate for ``localhost`` and 127.0.0.1. Its authority's own certificate lies in a file
    until :meth:`close`.

    Raises UsageError where trustme is not installed.
    """

    def __init__(self) -> None:
        try:
            import trustme
        except ImportError:
            raise UsageError(
                "TLS on the loopback server needs trustme, which is not installed. It comes with"
                ' the extra: pip install "pytest-binance-options[server]".'
            ) from None
        authority = trustme.CA(organization_name="pytest-binance-options, this test session alone")
        self._directory = tempfile.TemporaryDirectory(prefix="binance-options-tls-")
        #: The authority's certificate, as PEM: what a client has to trust.
        self.ca_path = Path(self._directory.name) / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_path))
        #: For the server's side of a connection.
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        # A ticket would arrive while the client writes its first request, and before Python 3.13 a
        # client that reads and writes in two threads (as websockets' does) can lose either by that.
        self.context.num_tickets = 0
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(self.context)

    def close(self) -> None:
        """Remove the file."""
        self._directory.cleanup()

    def __repr__(self) -> str:
        return f"<SessionCertificate, {self.ca_path}>"
