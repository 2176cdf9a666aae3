"""Which method a call certainly names by the type that is told of its receiver: an annotation, or how it is made."""

import ast
import re
from collections import Counter

import libcst as cst

from analyzers import syntax
from analyzers.fit import definite
from analyzers.fit.called import behind
from analyzers.fit.definite import Place
from analyzers.outline import FUNCTIONS, Bound, dotted
from analyzers.source import SourceFile
from analyzers.waits import running

# `self.client = ...` and `app.client: Client = ...`
WRITTEN = re.compile(r"\.(\w+)[ \t]*(?::[^=\n]{0,200})?=(?!=)")


def method_of(call: cst.Call, file: SourceFile) -> Place | None:
    """The method of a parameter with an annotation, or of an attribute that `__init__` alone sets to such a thing.

    None where a class below has another method of that name.
    """
    if not isinstance(call.func, cst.Attribute):
        return None
    name, receiver = call.func.attr.value, call.func.value
    klass = _of_parameter(receiver, file) if isinstance(receiver, cst.Name) else _of_attribute(receiver, file)
    if klass is None or not klass.is_class or any(definite.binds(one, name) for one in definite.below(klass)):
        return None
    return definite.attribute(definite.line(klass).classes, name)


def _of_parameter(name: cst.Name, file: SourceFile) -> Place | None:
    """The class that the annotation of a parameter names, where the function gives the name no other value."""
    function = running(name, file)
    if not isinstance(function, cst.FunctionDef):
        return None
    bound = file.local_names(function).get(name.value, ())
    if [one.target for one in bound] != ["parameter"]:
        return None
    own = (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params)
    hint = next((one.annotation for one in own if one.name.value == name.value), None)
    return behind(hint.annotation, file) if hint else None


def _of_attribute(receiver: cst.BaseExpression, file: SourceFile) -> Place | None:
    """The class of `self.x`, where `__init__` is the only one to give it a value."""
    method = file.outline.by_name.get(file.definition_name(receiver))
    if not isinstance(receiver, cst.Attribute) or method is None or not method.parent:
        return None
    attribute = receiver.attr.value
    bound = file.outline.attributes(method.parent).get(attribute, ())
    if not syntax.is_name(receiver.value, "self") or method.first_parameter != "self":
        return None
    if len(bound) != 1 or _written(file)[attribute] != 1:
        return None
    makers = file.outline.nodes.get(f"{method.parent}.__init__", ())
    maker = makers[0] if len(makers) == 1 else None
    if not isinstance(maker, FUNCTIONS):
        return None
    setting = next((one for one in maker.body if one.lineno == bound[0].line), None)
    if setting is None:
        return None
    value = bound[0].target if bound[0].how is Bound.CALL else _hint(setting, maker)
    return definite.behind(file, value) if value else None


def _hint(statement: ast.stmt, maker: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The annotation of the parameter that an assignment takes its value from; "" where it has none that is a name."""
    value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
    own = (*maker.args.posonlyargs, *maker.args.args, *maker.args.kwonlyargs)
    hints = (one.annotation for one in own if isinstance(value, ast.Name) and one.arg == value.id and one.annotation)
    return next(map(dotted, hints), "")


def _written(file: SourceFile) -> Counter[str]:
    """How often the file gives an attribute of this name a value."""
    known: Counter[str] | None = file.cache.get(_written)
    if known is None:
        known = file.cache[_written] = Counter(WRITTEN.findall(file.text))
    return known
