"""YAML for cassettes: a loader that makes plain values only, a dumper whose lines stay readable,
and line numbers."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import yaml

from .bounds import NUMBER_LENGTH

# libyaml is some ten times faster; PyYAML can be built without it.
if TYPE_CHECKING:
    from yaml import SafeDumper as _Dumper
    from yaml import SafeLoader as _Loader
else:
    try:
        from yaml import CSafeDumper as _Dumper
        from yaml import CSafeLoader as _Loader
        from yaml import _yaml

        # PyYAML imported a second time (pytester forgets modules between inner runs) has new
        # classes, its C part the old.
        if _yaml.ScalarNode is not yaml.ScalarNode:
            raise ImportError("PyYAML's C part belongs to another copy of PyYAML")
    except ImportError:
        from yaml import SafeDumper as _Dumper
        from yaml import SafeLoader as _Loader

__all__ = ["Loader", "dump", "holds_more_than", "line_of", "once_each"]

_INT = "tag:yaml.org,2002:int"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class Loader(_Loader):
    """Makes str, bytes, int, float, bool, None, list and dict, and nothing else; dates stay
    text. A name that stands twice in a mapping is an error: what it said first would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  PyYAML's
        seen: set[str] = set()
        # Before it takes in what "<<" leads to, of which it may say something else.
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.composer.ComposerError(
                        None, None, f"{key.value!r} stands there twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


class _CassetteDumper(_Dumper):
    def ignore_aliases(self, data: object) -> bool:
        # "&id001" and "*id001" in a file would be riddles to its reader.
        return True


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def _scalar(loader: _Loader, node: yaml.Node) -> object:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(
            None, None, f"a plain value is expected under {node.tag}", node.start_mark
        )
    return loader.construct_scalar(node)


def _list(loader: _Loader, node: yaml.Node) -> object:
    if not isinstance(node, yaml.SequenceNode):
        raise yaml.constructor.ConstructorError(
            None, None, f"a list is expected under {node.tag}", node.start_mark
        )
    return loader.construct_sequence(node, deep=True)


def _number(loader: _Loader, node: yaml.Node) -> object:
    text = str(_scalar(loader, node))
    if len(text) > NUMBER_LENGTH:
        raise yaml.constructor.ConstructorError(
            None, None, f"a number of {len(text)} characters", node.start_mark
        )
    assert isinstance(node, yaml.ScalarNode)
    read = loader.construct_yaml_int if node.tag == _INT else loader.construct_yaml_float
    return read(node)


Loader.add_constructor(_INT, _number)
Loader.add_constructor("tag:yaml.org,2002:float", _number)
# What older recorders wrote for a plain str, and vcrpy for aiohttp's form fields.
Loader.add_constructor("tag:yaml.org,2002:python/str", _scalar)
Loader.add_constructor("tag:yaml.org,2002:python/unicode", _scalar)
Loader.add_constructor("tag:yaml.org,2002:python/tuple", _list)
Loader.add_constructor(_TIMESTAMP, _scalar)


def once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A mapping of JSON's; raises ValueError where a name stands in it twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def dump(document: dict[str, object]) -> str:
    """``document`` as YAML in block style, one line per value, its keys in their order."""
    return yaml.dump(
        document, Dumper=_CassetteDumper, sort_keys=False, default_flow_style=False, width=1 << 30
    )


def holds_more_than(most: int, text: str) -> bool:
    """Whether ``text`` has more than ``most`` values, and beginnings and ends of lists and
    mappings. Raises YAMLError for what is no YAML."""
    return any(number == most for number, _ in enumerate(yaml.parse(text, Loader=Loader)))


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """The line, from 1, on which the value at ``path`` begins, or what is nearest to it; None where
    ``text`` is no YAML."""
    try:
        node = yaml.compose(text, Loader=Loader)
    except (yaml.YAMLError, RecursionError):
        return None
    if node is None:
        return None
    for step in path:
        below = _below(node, step)
        if below is None:
            break
        node = below
    return int(node.start_mark.line) + 1


def _below(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next(
            (
                value
                for key, value in node.value
                if isinstance(key, yaml.ScalarNode) and key.value == step
            ),
            None,
        )
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        below: yaml.Node = node.value[step]
        return below
    return None
