"""Answers that may be None: whether a caller asks for one, and whether a function gives None for more than nothing."""

from collections.abc import Iterator, Set

import libcst as cst

from analyzers import syntax
from analyzers.flow.results import MayBeNone
from analyzers.scopes import parameters
from analyzers.source import SourceFile

# Between these and a test around them, more happens than a look at an argument.
LEAVING = (cst.For, cst.While, cst.Try, cst.TryStar, cst.With, cst.FunctionDef)
TESTS = (cst.If, cst.IfExp, cst.While, cst.Assert)
# These say no more of an argument than that it is there, and what it is.
PLAIN = frozenset("isinstance callable len bool str bytes int float dict list tuple None True False".split())


def asked(value: cst.BaseExpression, cause: MayBeNone, caller: cst.FunctionDef | cst.Lambda) -> bool:
    """Whether the caller asks for the value, or for something that the function which answers asks for, too."""
    tests = list(_tests(caller))
    answering = cause.answer[1] if cause.answer else caller
    same = {value.value} if isinstance(value, cst.Name) else set()
    same |= _results(syntax.last_name(cause.node), caller)
    parts = [part for test in tests for part in syntax.inside(test)]
    if any(syntax.is_name(part, *same) or _calls_same(part, cause) for part in parts):
        return True
    guards = {word for mark in _marks(caller) for word in syntax.words(syntax.last_name(mark))}
    return not _asked_for(answering).isdisjoint(_asked_for(caller) | guards)


def _calls_same(part: cst.CSTNode, cause: MayBeNone) -> bool:
    """Whether a part of a test calls the function itself, or asks about the same: `if has(name): row(name).mail`."""
    if not isinstance(part, cst.Call):
        return False
    asking, answering = syntax.last_name(part.func), syntax.last_name(cause.node)
    return asking == answering or (asking not in PLAIN and not _told(part).isdisjoint(_told(cause.node)))


def _told(call: cst.CSTNode) -> Set[str]:
    """The names that a call is given."""
    given = (arg.value for arg in call.args) if isinstance(call, cst.Call) else ()
    return {value.value for value in given if isinstance(value, cst.Name)} - PLAIN


def _results(name: str, caller: cst.FunctionDef | cst.Lambda) -> Set[str]:
    """The names that calls of a function of this name are bound to: who asked for one answer knows of the next."""
    return {target for target, called in _bindings(caller) if called == name}


def _bindings(function: cst.FunctionDef | cst.Lambda) -> Iterator[tuple[str, str]]:
    """Names, each with the name of the function whose result it is bound to."""
    for node in syntax.inside(function.body):
        match node:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=target))], value=cst.Call() as call):
                yield target, syntax.last_name(call)


def _marks(caller: cst.FunctionDef | cst.Lambda) -> Iterator[cst.BaseExpression]:
    """The decorators of a caller: `@authed_only` asks what `if authed()` does."""
    return (mark.decorator for mark in caller.decorators) if isinstance(caller, cst.FunctionDef) else iter(())


def _tests(function: cst.FunctionDef | cst.Lambda) -> Iterator[cst.BaseExpression]:
    for node in syntax.inside(function.body):
        if isinstance(node, TESTS):
            yield node.test
        elif isinstance(node, cst.BooleanOperation):
            yield node


def _asked_for(function: cst.FunctionDef | cst.Lambda) -> Set[str]:
    """The attributes and the functions that a function's tests speak of, also through a name of a result."""
    parts = [part for test in _tests(function) for part in syntax.inside(test)]
    attributes = {part.attr.value for part in parts if isinstance(part, cst.Attribute)}
    called = {syntax.last_name(part.func) for part in parts if isinstance(part, cst.Call)}
    names = {part.value for part in parts if isinstance(part, cst.Name)}
    return attributes | (called | {result for name, result in _bindings(function) if name in names}) - PLAIN


def unexpected(cause: MayBeNone) -> cst.Return | None:
    """Where the function returns None for more than an argument that is None or empty."""
    if cause.answer is None:
        return None
    file, function = cause.answer
    own = {one.name.value for one in parameters(function.params)}
    return next((one for one in cause.nothings if not _is_passed_on(one, file, own)), None)


def _is_passed_on(nothing: cst.Return, file: SourceFile, own: Set[str]) -> bool:
    """Whether a test right around it asks only whether, and of what kind, an argument is."""
    around = next((one for one in file.ancestors(nothing) if isinstance(one, (cst.If, *LEAVING))), None)
    if not isinstance(around, cst.If):
        return False
    parts = list(syntax.inside(around.test))
    names = {part.value for part in parts if isinstance(part, cst.Name)}
    return names <= own | PLAIN and not any(isinstance(part, (cst.Attribute, cst.Subscript)) for part in parts)
