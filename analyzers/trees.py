"""The nodes of what `ast.parse` gives: listed at a third of what `ast.walk` takes for it, and how they are called."""

import ast
from collections.abc import Sequence

# Fields that hold no node, or one that says only how its owner is meant: `Load`, `Add`, `Lt`.
PLAIN = frozenset("ctx op ops id attr arg asname module level kind conversion type_comment rest".split())
# The other fields of each kind of node, as they are met.
FIELDS: dict[type, tuple[str, ...]] = {}


def nodes(root: ast.AST) -> list[ast.AST]:
    """A node and all below it, level by level as `ast.walk` has them, without contexts and operators."""
    found, level = [root], [root]
    while level := _below(level):
        found += level
    return found


def depth(roots: Sequence[ast.AST], most: int) -> int:
    """How many nodes stand inside each other at the deepest place; past `most` it is not counted further."""
    level, count = list(roots), 0
    while level and count <= most:
        level, count = _below(level), count + 1
    return count


def _below(level: Sequence[ast.AST]) -> list[ast.AST]:
    found: list[ast.AST] = []
    for node in level:
        kind = node.__class__
        if kind not in FIELDS:
            FIELDS[kind] = tuple(name for name in kind._fields if name not in PLAIN)
        for name in FIELDS[kind]:
            value = getattr(node, name, None)
            if value.__class__ is list:
                found += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST):
                found.append(value)
    return found


def last_name(func: ast.expr) -> str:
    """`close` of `close`, `file.close` and `files[0].close`; "" for anything else."""
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
