"""Who calls a function by its name in the same file: asked when what changed is the function, not the call."""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.source import SourceFile
from analyzers.text import Unreadable
from analyzers.whereabouts import units_calling

UNITS = 20


def calls_of(name: str, file: SourceFile) -> Iterator[cst.Call]:
    """The calls of any function or method of this name, in at most twenty units of the file whose text shows one."""
    for unit in units_calling(file, {name})[:UNITS]:
        try:
            nodes = file.read(unit).nodes
        except Unreadable:
            continue
        for node in nodes:
            if isinstance(node, cst.Call) and syntax.last_name(node.func) == name:
                yield node
