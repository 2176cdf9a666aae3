"""Texts put together at run time, and values that are constant, through the assignments of one function."""

import ast
from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from analyzers.flow.reaching import Definition, definitions, module_value
from analyzers.flow.results import Built, Constant
from analyzers.source import SourceFile
from analyzers.syntax import last_name, summands, takes_number, text_value
from analyzers.templates import Key, format_holes, percent_holes

SAME_TEXT = frozenset("strip lstrip rstrip lower upper encode decode replace expandtabs".split())
WRAPPERS = frozenset({"str", "dedent", "cleandoc", "indent"})


def built(file: SourceFile, expression: cst.BaseExpression) -> Built | None:
    """See `api.text_built`. Each expression is asked once: a question that comes back to itself is answered None."""
    known: dict[cst.BaseExpression, Built | None] = file.cache.setdefault(built, {})
    if expression not in known:
        known[expression] = None
        known[expression] = _built(file, expression)
    return known[expression]


def _built(file: SourceFile, expression: cst.BaseExpression) -> Built | None:
    match expression:
        case cst.FormattedString():
            return _formatted(file, expression)
        case cst.ConcatenatedString():
            return built(file, expression.left) or built(file, expression.right)
        case cst.BinaryOperation():
            return _operation(file, expression)
        case cst.Call():
            return _call(file, expression)
        case cst.Name():
            return _assigned(file, expression)
        case cst.IfExp():
            return built(file, expression.body) or built(file, expression.orelse)
        case cst.BooleanOperation():
            return built(file, expression.left) or built(file, expression.right)
        case cst.NamedExpr():
            return built(file, expression.value)
    return None


def _of(file: SourceFile, node: cst.BaseExpression, how: str, parts: Iterator[cst.BaseExpression]) -> Built | None:
    open_parts = tuple(part for part in parts if not is_fixed(file, part))
    return Built(node, open_parts, how) if open_parts else None


def _formatted(file: SourceFile, node: cst.FormattedString) -> Built | None:
    return _of(file, node, "an f-string", open_parts(node))


def _operation(file: SourceFile, node: cst.BinaryOperation) -> Built | None:
    if isinstance(node.operator, cst.Modulo):
        if not is_text(file, node.left):
            return None
        return _of(file, node, "%-formatting", filled(file, node)) or built(file, node.left)
    if not isinstance(node.operator, cst.Add):
        return None
    pieces = list(summands(node))
    if not any(is_text(file, piece) for piece in pieces):
        return None
    inner = [found for piece in pieces if (found := built(file, piece))]
    own = _of(file, node, "concatenation", (piece for piece in pieces if not is_text(file, piece)))
    made = [own, *inner] if own else inner
    return replace(made[0], parts=tuple(part for one in made for part in one.parts)) if made else None


def open_parts(node: cst.FormattedString) -> Iterator[cst.BaseExpression]:
    """What is put into an f-string, but for what can only be a number there."""
    for part in node.parts:
        if isinstance(part, cst.FormattedStringExpression) and not takes_number(part):
            yield part.expression


def filled(file: SourceFile, node: cst.BinaryOperation) -> Iterator[cst.BaseExpression]:
    """What a template is filled with by `%`, but for what can only be a number there."""
    known = constant(file, node.left)
    holes = percent_holes(known.value) if known and isinstance(known.value, str) else {}
    for key, value in _keyed(node.right):
        if not holes.get(key):
            yield value


def _keyed(values: cst.BaseExpression) -> Iterator[tuple[Key, cst.BaseExpression]]:
    if isinstance(values, cst.Dict):
        for one in values.elements:
            yield (text_value(one.key) or "" if isinstance(one, cst.DictElement) else ""), one.value
    else:
        yield from enumerate(_filled(values))


def open_fields(file: SourceFile, call: cst.Call) -> Iterator[cst.BaseExpression]:
    """What a template is filled with by `format`, but for what can only be a number there."""
    known = constant(file, call.func.value) if isinstance(call.func, cst.Attribute) else None
    holes = format_holes(known.value) if known and isinstance(known.value, str) else {}
    for place, arg in enumerate(call.args):
        if arg.star or not holes.get(arg.keyword.value if arg.keyword else place):
            yield arg.value


def _filled(values: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(values, (cst.Tuple, cst.Dict)):
        yield from (element.value for element in values.elements)
    else:
        yield values


def is_fixed(file: SourceFile, node: cst.BaseExpression) -> bool:
    """Whether every value that an expression can have stands in the source."""
    known: dict[cst.BaseExpression, bool] = file.cache.setdefault(is_fixed, {})
    if node not in known:
        known[node] = False
        known[node] = constant(file, node) is not None or _is_fixed(file, node)
    return known[node]


def _is_fixed(file: SourceFile, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Name():
            found = definitions(file, node)
            if found is None:
                value = module_value(file, node.value)
                return value is not None and is_fixed(file, value)
            return all(_fixes(file, one) for one in found)
        case cst.BinaryOperation(operator=cst.Add() | cst.Modulo()):
            return is_fixed(file, node.left) and all(is_fixed(file, part) for part in _filled(node.right))
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="format" | "join"), value=holder)):
            return is_fixed(file, holder) and all(is_fixed(file, arg.value) for arg in node.args)
        case cst.IfExp():
            return is_fixed(file, node.body) and is_fixed(file, node.orelse)
        case cst.FormattedString():
            parts = (part.expression for part in node.parts if isinstance(part, cst.FormattedStringExpression))
            return all(is_fixed(file, part) for part in parts)
    return False


def _fixes(file: SourceFile, definition: Definition) -> bool:
    if isinstance(definition.node, cst.For):
        return isinstance(definition.node.target, cst.Name) and constant(file, definition.node.iter) is not None
    return definition.value is not None and is_fixed(file, definition.value)


def is_text(file: SourceFile, node: cst.BaseExpression) -> bool:
    """Whether an expression is certainly a text: a literal, or put together from one."""
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)):
        return True
    known = constant(file, node)
    if known is not None:
        return isinstance(known.value, str)
    if built(file, node) is not None:
        return True
    match node:
        case cst.Name():
            return _is_module_text(file, node)
        case cst.BinaryOperation(operator=cst.Add()):
            return any(is_text(file, piece) for piece in summands(node))
        case cst.BinaryOperation(operator=cst.Modulo()):
            return is_text(file, node.left)
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="format" | "join"), value=holder)):
            return is_text(file, holder)
    return False


def _is_module_text(file: SourceFile, name: cst.Name) -> bool:
    """Whether a name of the module, used in a function, is bound to a text. Each is asked once, as in `built`."""
    known: dict[str, bool] = file.cache.setdefault(_is_module_text, {})
    if definitions(file, name) is not None:
        return False
    if name.value not in known:
        known[name.value] = False
        value = module_value(file, name.value)
        known[name.value] = value is not None and is_text(file, value)
    return known[name.value]


def _call(file: SourceFile, node: cst.Call) -> Built | None:
    values = [arg.value for arg in node.args]
    if not isinstance(node.func, cst.Attribute):
        return built(file, values[0]) if values and last_name(node.func) in WRAPPERS else None
    holder, method = node.func.value, node.func.attr.value
    if method in ("format", "format_map") and is_text(file, holder):
        return _of(file, node, "str.format", open_fields(file, node))
    if method == "join" and text_value(holder) is not None and values:
        return _of(file, node, "str.join", iter(values))
    if method in WRAPPERS and values:
        return built(file, values[0])
    return built(file, holder) if method in SAME_TEXT else None


def _assigned(file: SourceFile, node: cst.Name) -> Built | None:
    for definition in definitions(file, node) or ():
        found = _by_definition(file, definition)
        if found:
            return found
    return None


def _by_definition(file: SourceFile, definition: Definition) -> Built | None:
    if definition.value is None:
        return None
    if definition.adds and isinstance(definition.node, cst.AugAssign):
        if not isinstance(definition.node.operator, cst.AddAssign):
            return None
        target = definition.node.target
        inner = built(file, definition.value)
        before = built(file, target) if inner is None else None
        if inner or before or not (is_text(file, target) or is_text(file, definition.value)):
            return inner or before
        return _of(file, definition.value, "appending", iter([definition.value]))
    return built(file, definition.value)


def constant(file: SourceFile, expression: cst.BaseExpression) -> Constant | None:
    """See `api.constant`. Each expression is asked once, as in `built`."""
    known: dict[cst.BaseExpression, Constant | None] = file.cache.setdefault(constant, {})
    if expression not in known:
        known[expression] = None
        known[expression] = _constant(file, expression)
    return known[expression]


def _constant(file: SourceFile, expression: cst.BaseExpression) -> Constant | None:
    match expression:
        case cst.SimpleString() | cst.Integer() | cst.Float():
            return Constant(expression.evaluated_value)
        case cst.ConcatenatedString():
            text = text_value(expression)
            return Constant(text) if text is not None else None
        case cst.Name(value="True" | "False" | "None" as word):
            return Constant({"True": True, "False": False, "None": None}[word])
        case cst.Name():
            return _constant_name(file, expression)
        case cst.Attribute():
            return _module_constant(file, expression)
        case cst.Tuple() | cst.List() | cst.Set():
            return _constant_elements(file, expression)
        case cst.BinaryOperation(operator=cst.Add()):
            return _constant_sum(file, expression)
        case cst.IfExp():
            return _agreed(file, [expression.body, expression.orelse])
    return None


def _constant_name(file: SourceFile, node: cst.Name) -> Constant | None:
    found = definitions(file, node)
    if found is None:
        return _module_constant(file, node)
    values = [one.value for one in found if one.value is not None and not one.adds]
    return _agreed(file, values) if values and len(values) == len(found) else None


def _agreed(file: SourceFile, values: list[cst.BaseExpression]) -> Constant | None:
    """The constant that all of these are."""
    known = [constant(file, value) for value in values]
    first = known[0]
    if first is None or any(one is None or type(one.value) is not type(first.value) for one in known):
        return None
    return first if all(one == first for one in known) else None


def _constant_elements(file: SourceFile, node: cst.Tuple | cst.List | cst.Set) -> Constant | None:
    known = [constant(file, element.value) for element in node.elements]
    if any(one is None for one in known) or any(isinstance(one, cst.StarredElement) for one in node.elements):
        return None
    return Constant(tuple(one.value for one in known if one is not None))


def _constant_sum(file: SourceFile, node: cst.BinaryOperation) -> Constant | None:
    pieces = [constant(file, piece) for piece in summands(node)]
    texts = [piece.value for piece in pieces if piece is not None and isinstance(piece.value, str)]
    return Constant("".join(texts)) if len(texts) == len(pieces) else None


def _module_constant(file: SourceFile, node: cst.BaseExpression) -> Constant | None:
    """A name of this or another module that is bound once, to a literal."""
    if isinstance(node, cst.Name) and node.value in module_constants(file):
        return module_constants(file)[node.value]
    value = module_value(file, node.value) if isinstance(node, cst.Name) else None
    if value is not None:
        return constant(file, value)
    name = file.qualified(node)
    module, _, last = name.rpartition(".") if name else ("", "", "")
    other = file.project.module(module) if module else None
    return module_constants(other).get(last) if other is not None else None


def module_constants(file: SourceFile) -> dict[str, Constant]:
    """The names of a module that are bound once, to a literal."""
    known: dict[str, Constant] | None = file.cache.get(module_constants)
    if known is None:
        known = file.cache[module_constants] = dict(_literals(file))
    return known


def _literals(file: SourceFile) -> Iterator[tuple[str, Constant]]:
    names = file.outline.names[""]
    for statement in file.outline.tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        value = getattr(statement, "value", None)
        if not isinstance(value, ast.expr) or len(targets) != 1 or not isinstance(targets[0], ast.Name):
            continue
        if len(names.get(targets[0].id, ())) == 1 and not isinstance(value, ast.Call):
            try:
                yield targets[0].id, Constant(ast.literal_eval(value))
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
