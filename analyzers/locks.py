"""Which `with` blocks hold which locks, as far as the code of one function shows it."""

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from analyzers.models import Lock, Models
from analyzers.source import SourceFile
from analyzers.waits import FUNCTIONS


@dataclass(frozen=True, slots=True)
class Holding:
    """A `with` that holds a lock: the lock's code as written, its model and the item that takes it."""

    name: str
    lock: Lock
    item: cst.WithItem


def taken(block: cst.With, file: SourceFile) -> Iterator[Holding]:
    """The locks of threads or processes that a `with` takes, in order; none for `async with`."""
    for item in block.items if not block.asynchronous else ():
        lock = lock_of(item.item, file)
        if lock:
            yield Holding(file.code(item.item), lock, item)


def lock_of(node: cst.BaseExpression, file: SourceFile) -> Lock | None:
    """The model of the lock that an expression stands for, if its making can be seen."""
    models: Models | None = file.project.models
    made = file.origin(node)
    if models is None or made is None or not made.endswith("()"):
        return None
    return next(iter(models.named(Lock, made.removesuffix("()"))), None)


def held(node: cst.CSTNode, file: SourceFile) -> Iterator[Holding]:
    """The locks that are held when the node runs, taken by the blocks around it in its function, innermost first."""
    inside = node
    for outer in file.ancestors(node):
        if isinstance(outer, FUNCTIONS):
            return
        if isinstance(outer, cst.With) and inside is outer.body:
            yield from reversed(list(taken(outer, file)))
        inside = outer
