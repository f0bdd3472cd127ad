"""What a run's bad days have met, as a table: which trouble, and what the bot's session was when it
began."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["days_table"]

#: Shades, by how often at least.
_SHADES = (1, 3, 10, 30)


def days_table(
    met: Mapping[str, Mapping[str, int]], *, kinds: Iterable[str], sessions: Sequence[str]
) -> str:
    """``met`` as an HTML table: a row each of ``kinds``, met or not, and a column each of
    ``sessions``; each cell says how often."""
    columns = "".join(f'<th scope="col">{html.escape(each)}</th>' for each in sessions)
    rows = [
        f'<tr><th scope="row">{html.escape(kind)}</th>'
        + "".join(_cell(met.get(kind, {}).get(session, 0)) for session in sessions)
        + "</tr>"
        for kind in dict.fromkeys((*kinds, *met))
    ]
    return (
        f"<table><thead><tr><th></th>{columns}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(times: int) -> str:
    shade = sum(times >= least for least in _SHADES)
    return f'<td class="met{shade}">{f"{times:,}" if times else ""}</td>'
