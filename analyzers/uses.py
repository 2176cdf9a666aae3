"""Uses of a value that None does not allow: it is looked into, walked, taken apart, entered or measured."""

import ast
from collections.abc import Sequence

import libcst as cst

from analyzers import syntax, trees
from analyzers.source import SourceFile

# Builtins whose first argument must not be None.
STRICT = frozenset("len iter sorted list tuple set frozenset sum enumerate reversed int float".split())
WALKS = (cst.For, cst.CompFor, cst.WithItem)
USES = (cst.Attribute, cst.Subscript, cst.Assign, cst.Call, *WALKS)


def value_used(access: cst.CSTNode, file: SourceFile) -> cst.BaseExpression | None:
    """What is used in a way that None does not allow: looked into, walked, taken apart, entered or measured."""
    match access:
        case cst.Attribute() | cst.Subscript():
            return access.value
        case cst.For() | cst.CompFor() if access.asynchronous is None:
            return access.iter
        case cst.WithItem(item=item):
            return item
        case cst.Assign() if any(isinstance(one.target, (cst.Tuple, cst.List)) for one in access.targets):
            return access.value
        case cst.Call(func=cst.Name(value=name), args=[cst.Arg(star="", keyword=None, value=first), *_]):
            return first if name in STRICT and file.qualified(access.func) == f"builtins.{name}" else None
    return None


def in_words(access: cst.CSTNode, file: SourceFile) -> str:
    """The use in words of the code: the head of a loop, not its block."""
    match access:
        case cst.For() | cst.CompFor():
            return f"for {file.code(access.target)} in {file.code(access.iter)}"
        case cst.WithItem():
            return f"with {file.code(access.item)}"
    return file.code(access)


def again(access: cst.CSTNode, value: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether the same statement uses the same name before."""
    around = next((one for one in file.ancestors(access) if isinstance(one, cst.BaseSmallStatement)), None)
    if around is None or not isinstance(value, cst.Name):
        return False
    uses = (one for one in syntax.inside(around) if syntax.is_name(value_used(one, file), value.value))
    return next(uses, access) is not access


def used(node: ast.AST) -> Sequence[ast.expr]:
    """What a node looks into, walks, takes apart, enters or measures."""
    match node:
        case ast.Attribute() | ast.Subscript():
            return (node.value,)
        case ast.For() | ast.comprehension():
            return (node.iter,)
        case ast.Assign() if any(isinstance(target, (ast.Tuple, ast.List)) for target in node.targets):
            return (node.value,)
        case ast.withitem():
            return (node.context_expr,)
        case ast.Call(args=[first, *_]) if trees.last_name(node.func) in STRICT:
            return (first,)
    return ()


def unwrapped(value: ast.expr) -> ast.expr:
    """The call of `await call()`."""
    return value.value if isinstance(value, ast.Await) else value
