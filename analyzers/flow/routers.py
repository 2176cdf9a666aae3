"""What all handlers of a router or an application depend on, as the file says that makes it.

https://fastapi.tiangolo.com/tutorial/bigger-applications/
"""

import ast
from collections.abc import Iterator, Mapping, Set

import libcst as cst

from analyzers import trees
from analyzers.assigned import of_module
from analyzers.names import resolved
from analyzers.outline import dotted
from analyzers.source import SourceFile

KEYWORD = "dependencies"
INCLUDES = "include_router"


def of_routers(file: SourceFile, function: cst.FunctionDef, marks: Set[str]) -> Iterator[str]:
    """The origins of what is called before a handler because of the router, or application, that it is a handler of."""
    if KEYWORD not in file.words:
        return
    for mark in function.decorators:
        called = mark.decorator.func if isinstance(mark.decorator, cst.Call) else None
        if isinstance(called, cst.Attribute) and isinstance(called.value, cst.Name):
            for one in _of_router(file, called.value.value):
                yield from _called(file, one, marks)


def _of_router(file: SourceFile, name: str) -> Iterator[ast.expr]:
    """What is given as dependencies to a router of the module, where it is included, and to what includes it."""
    waiting, seen = [name], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        made = of_module(file, name)
        if isinstance(made, ast.Call):
            yield from _given(made)
        for call in _includes(file).get(name, ()):
            yield from _given(call)
            if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
                waiting.append(call.func.value.id)


def _includes(file: SourceFile) -> Mapping[str, list[ast.Call]]:
    """The calls by which routers are included, among the statements of the module, by the name of the router."""
    known: dict[str, list[ast.Call]] | None = file.cache.get(_includes)
    if known is None:
        known = file.cache[_includes] = {}
        calls = (one.value for one in file.outline.tree.body if isinstance(one, ast.Expr))
        for call in calls if INCLUDES in file.words else ():
            match call:
                case ast.Call(func=func, args=[ast.Name(id=name), *_]) if trees.last_name(func) == INCLUDES:
                    known.setdefault(name, []).append(call)
    return known


def _given(call: ast.Call) -> Iterator[ast.expr]:
    return (one.value for one in call.keywords if one.arg == KEYWORD)


def _called(file: SourceFile, given: ast.expr, marks: Set[str]) -> Iterator[str]:
    """The origins of what stands in a list of dependencies, also in one that the module has a name for."""
    listed = of_module(file, given.id) if isinstance(given, ast.Name) else given
    for one in listed.elts if isinstance(listed, (ast.List, ast.Tuple)) else ():
        if isinstance(one, ast.Call) and trees.last_name(one.func) in marks and one.args:
            yield _origin(file, one.args[0])


def _origin(file: SourceFile, node: ast.expr) -> str:
    """The dotted name of what is called; of an object that is made for it that of its class, with parentheses."""
    if isinstance(node, ast.Call):
        made = resolved(file, dotted(node.func), "", {})
        return f"{made}()" if made else "?"
    return resolved(file, dotted(node), "", {}) or "?"
