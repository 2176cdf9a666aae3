"""Functions that insist on an argument: where it is None they raise or stop, and the caller does not go on."""

from collections.abc import Iterator, Sequence

import libcst as cst

from analyzers.scopes import parameters
from analyzers.source import SourceFile
from analyzers.syntax import inside, last_name, words

STOPS = frozenset("exit _exit quit abort fail die skip skipTest".split())
# What a function that is not at hand does by its name: `ensure_found(row)`, `self.assertIsNotNone(row)`.
INSISTING = frozenset("check ensure require assert validate verify expect raise abort demand guard must fail".split())


def insisted(node: cst.CSTNode, file: SourceFile) -> Iterator[str]:
    """The names that are something, not None, when the calls in a statement have come back."""
    for part in inside(node):
        if isinstance(part, cst.Call) and any(isinstance(arg.value, cst.Name) for arg in part.args):
            yield from _insisted_by(part, file)


def _insisted_by(call: cst.Call, file: SourceFile) -> Iterator[str]:
    name = file.origin(call.func)
    found = file.project.find(name) if name and "." in name else None
    if found is None:
        by_name = not INSISTING.isdisjoint(words(last_name(call.func)))
        yield from (arg.value.value for arg in call.args if by_name and isinstance(arg.value, cst.Name))
        return
    demands, given = _demands(*found), _parameters(found[1], call)
    for position, arg in enumerate(call.args):
        own = arg.keyword.value if arg.keyword else "".join(given[position : position + 1])
        if isinstance(arg.value, cst.Name) and not arg.star and own in demands:
            yield arg.value.value


def _parameters(function: cst.FunctionDef, call: cst.Call) -> Sequence[str]:
    """The parameters that get the arguments of a call: not `self`."""
    names = [one.name.value for one in (*function.params.posonly_params, *function.params.params)]
    bound = isinstance(call.func, cst.Attribute) and names[:1] in (["self"], ["cls"])
    return names[1:] if bound else names


def _demands(file: SourceFile, function: cst.FunctionDef) -> frozenset[str]:
    """The parameters that a function asks for before it raises or stops."""
    known: dict[cst.FunctionDef, frozenset[str]] = file.cache.setdefault(_demands, {})
    if function not in known:
        own = {one.name.value for one in parameters(function.params)}
        asking = (node for node in inside(function.body) if isinstance(node, (cst.If, cst.Assert)))
        tests = [node.test for node in asking if isinstance(node, cst.Assert) or _leaves(node)]
        names = (part.value for test in tests for part in inside(test) if isinstance(part, cst.Name))
        known[function] = frozenset(name for name in names if name in own)
    return known[function]


def _leaves(node: cst.If) -> bool:
    """Whether a branch of an `if` raises or stops."""
    return any(map(_stops, inside(node.body, *([node.orelse.body] if isinstance(node.orelse, cst.Else) else []))))


def _stops(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Raise) or (isinstance(node, cst.Call) and last_name(node.func) in STOPS)
