"""What the site needs of Sphinx beside its own: names that lead to the page that documents them,
and an error for a public name that no page does.

What is drawn from the code, as Markdown, is :mod:`facts`'s.
"""

from __future__ import annotations

from importlib import import_module

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

logger = logging.getLogger(__name__)

PACKAGE = "pytest_binance_options"
# What a user may import from; all that is in their __all__ has to be somewhere on the site.
PUBLIC = (
    "client",
    "client.rest",
    "errors",
    "exchange",
    "exchange.events",
    "exchange.fault",
    "exchange.scenarios",
    "settings",
    "vcr",
    "wire",
)


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
    found = [
        (name, entry)
        for name, entry in domain.objects.items()
        if name.rpartition(".")[2] == last and entry.objtype not in ("method", "module")
    ]
    if len(found) == 1:
        ((name, entry),) = found
        assert app.builder is not None
        return make_refnode(
            app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, name
        )
    ours = target.startswith(PACKAGE) or "." not in target
    private_module = node["reftype"] == "mod" and "._" in target
    return contnode if private_module or not ours else None


def miss_nothing(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of each public name that no page documents."""
    documented = {name.rpartition(".")[2] for name in env.domains.python_domain.objects}
    for module in PUBLIC:
        for name in import_module(f"{PACKAGE}.{module}").__all__:
            if name not in documented:
                logger.warning("%s.%s.%s is public, and on no page", PACKAGE, module, name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx asks for this."""
    app.connect("missing-reference", lead_to_the_public_name)
    app.connect("env-check-consistency", miss_nothing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
