"""What the site needs of Sphinx beside its own: names that lead to the page that documents them,
and an error for a public name that no page does.

What is drawn from the code, as Markdown, is :mod:`facts`'s.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import facts
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from pytest_binance_options.exchange._event_fields import Entry

logger = logging.getLogger(__name__)

PACKAGE = "pytest_binance_options"
# What a user may import from; all that is in their __all__ has to be somewhere on the site.
PUBLIC = (
    "bad_days",
    "client",
    "client.rest",
    "errors",
    "exchange",
    "exchange.events",
    "exchange.fault",
    "exchange.fills",
    "exchange.scenarios",
    "settings",
    "vcr",
    "wire",
)
# What fixtures and the exchange give.
GIVEN = {
    *("Account", "Accounts", "Asked", "BackendAdapter", "Clock", "Entry", "Fault", "Faults"),
    *("Handle", "Journal", "Limits", "Mode", "Note", "OneTime", "Refusal", "Server"),
    *("Life", "StreamConnection", "StreamHub", "Struck", "Timer", "UserDataStream"),
}


class Facts(SphinxDirective):
    """``{facts} NAME WORD...``: what :mod:`facts` draws under that name."""

    required_arguments = 1
    optional_arguments = 9

    def run(self) -> Sequence[nodes.Node]:
        """The nodes in its place."""
        name, *words = self.arguments
        for source in facts.PACKAGE.rglob("*.py"):
            self.env.note_dependency(str(source))
        return self.parse_text_to_nodes(facts.FACTS[name](*words))


def lead_to_the_public_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.Node | None:
    """A name that Python's domain doesn't find: ours under the one public name that it has, others'
    as plain text, for the site needs no network; None for one of ours that nothing documents."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    domain = env.domains.python_domain
    last = target.rpartition(".")[2]
    # The same place under several names (where a thing is defined is one) is one place.
    found = {
        (entry.docname, entry.node_id)
        for name, entry in domain.objects.items()
        if name.rpartition(".")[2] == last and entry.objtype not in ("method", "module")
    }
    if len(found) == 1:
        ((docname, node_id),) = found
        return make_refnode(app.builder, node["refdoc"], docname, node_id, contnode, target)
    ours = target.startswith(PACKAGE) or "." not in target
    private_module = node["reftype"] == "mod" and "._" in target
    return contnode if private_module or not ours else None


def hide_how_it_is_made(
    app: Sphinx, what: str, name: str, obj: object, options: object, signature: str, returns: str
) -> tuple[str, str] | None:
    """No arguments for what a user is given instances of, and never makes, errors too; and for one
    whose fields say more to the code than to a reader, their names and defaults."""
    del app, options
    if what not in ("class", "exception") or not signature:
        return None
    if what == "exception":
        return ("", returns)
    if name.rpartition(".")[2] in GIVEN:
        return ("", returns)
    if isinstance(obj, type) and issubclass(obj, Entry):
        fields = [f"{field.name}={field.default!r}" for field in dataclasses.fields(obj)]
        return (f"({', '.join(fields)})", returns)
    return None


def draw_in_the_page(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """A picture of ours stands in the page itself, so that its colours follow the page's; as an
    image it would follow the machine's."""
    del docname
    for image in list(doctree.findall(nodes.image)):
        if image["uri"].endswith(".svg"):
            drawn = Path(app.srcdir, image["uri"]).read_text(encoding="utf-8")
            figure = f'<div class="picture-frame">{drawn}</div>'
            said = nodes.container("", nodes.paragraph("", image["alt"]), classes=["picture-said"])
            place = image.parent if isinstance(image.parent, nodes.paragraph) else image
            place.replace_self([nodes.raw("", figure, format="html"), said])


def miss_nothing(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of each public name that no page documents."""
    documented = {name.rpartition(".")[2] for name in env.domains.python_domain.objects}
    for module in PUBLIC:
        for name in import_module(f"{PACKAGE}.{module}").__all__:
            if name not in documented:
                logger.warning("%s.%s.%s is public, and on no page", PACKAGE, module, name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx asks for this."""
    app.add_directive("facts", Facts)
    app.connect("autodoc-process-signature", hide_how_it_is_made)
    app.connect("missing-reference", lead_to_the_public_name)
    app.connect("doctree-resolved", draw_in_the_page)
    app.connect("env-check-consistency", miss_nothing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
