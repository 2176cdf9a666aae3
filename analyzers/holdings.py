"""Which `with` blocks hold which locks, as far as the code of one function shows it."""

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from analyzers import syntax
from analyzers.models import Lock, Models
from analyzers.source import SourceFile
from analyzers.waits import FUNCTIONS


@dataclass(frozen=True, slots=True)
class Holding:
    """A `with` that holds a lock: the lock's code as written, the call that makes it, and the item that takes it."""

    name: str
    made: str
    item: cst.WithItem


def taken(block: cst.With, file: SourceFile) -> Iterator[Holding]:
    """The locks of threads or processes that a `with` takes, in order; none for `async with`."""
    for item in block.items if not block.asynchronous else ():
        made = made_by(item.item, file)
        if made:
            yield Holding(file.code(item.item), made, item)


def made_by(node: cst.BaseExpression, file: SourceFile) -> str:
    """The dotted name of what makes the lock that an expression stands for; "" when no lock is seen to be made."""
    models: Models | None = file.project.models
    origin = file.origin(node)
    if models is None or origin is None or not origin.endswith("()"):
        return ""
    made = origin.removesuffix("()")
    return made if models.named(Lock, made) else ""


def held(node: cst.CSTNode, file: SourceFile) -> Iterator[Holding]:
    """The locks that are held when the node runs, taken by the blocks around it in its function, innermost first."""
    inside = node
    for outer in file.ancestors(node):
        if isinstance(outer, FUNCTIONS):
            return
        if isinstance(outer, cst.With) and inside is outer.body:
            yield from reversed(list(taken(outer, file)))
        inside = outer


def may_be_held(node: cst.CSTNode, owner: str, file: SourceFile) -> bool:
    """Whether a `with` around enters something of the owner, which may take a lock: `with self._writing():`."""
    around = (outer for outer in file.ancestors(node) if isinstance(outer, cst.With))
    parts = (part for outer in around for item in outer.items for part in syntax.inside(item.item))
    return any(syntax.is_name(part, owner) for part in parts)
