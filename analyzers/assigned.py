"""What one plain assignment binds a name of a module or of a class to: the expression, as the outline has it."""

import ast
from collections.abc import Iterator

from analyzers.outline import Binding
from analyzers.source import Project, SourceFile

Place = tuple[SourceFile, ast.expr]


def of_module(file: SourceFile, name: str) -> ast.expr | None:
    """What a name of the module is bound to; None when nothing binds it so, or something else does too."""
    bindings = file.outline.names[""].get(name, ())
    return _bound(file.outline.tree.body, name, bindings[0]) if len(bindings) == 1 else None


def of_class(file: SourceFile, qualname: str, name: str) -> ast.expr | None:
    """The same for a name in the body of a class."""
    bindings = file.outline.names.get(qualname, {}).get(name, ())
    known = file.outline.classes.get(qualname)
    return _bound(known.body, name, bindings[0]) if known and len(bindings) == 1 else None


def located(project: Project, dotted: str) -> Place | None:
    """What an absolute dotted name of a module at hand is bound to, and the file that says so."""
    module, _, name = dotted.rpartition(".")
    file = project.module(module) if module else None
    value = of_module(file, name) if file else None
    return (file, value) if file and value else None


def _bound(body: list[ast.stmt], name: str, binding: Binding) -> ast.expr | None:
    return next((value for line, target, value in _assignments(body) if (line, target) == (binding.line, name)), None)


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[int, str, ast.expr]]:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield statement.lineno, name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield statement.lineno, name, value
