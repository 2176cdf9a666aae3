"""Values that carry no text of somebody's choice: numbers, answers of tests, texts of the program, what is quoted.

A value is plain when everything that it can have come from is: through assignments, loops, comprehensions and sums.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from analyzers import syntax
from analyzers.flow.declared import carries_no_text, is_fitted
from analyzers.flow.patterns import keeps_words, proves_by_match
from analyzers.flow.reaching import Definition, definitions, module_value
from analyzers.flow.text import SAME_TEXT, filled, is_fixed, open_fields, open_parts
from analyzers.source import SourceFile
from analyzers.vocabulary import NUMBERS, PROVING

# They give what they were given, or put it into another order.
PASSING = frozenset(
    f"builtins.{name}" for name in "str repr min max list tuple set frozenset sorted reversed iter next zip".split()
)
# What a keyword argument of these says does not come out again.
APART = frozenset({"key", "reverse", "strict"})
TEXT_METHODS = SAME_TEXT | frozenset("split rsplit splitlines partition rpartition zfill ljust rjust join".split())
GETTERS = {"get": 2, "getlist": 1}
Comprehension = (cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)


@dataclass(frozen=True)
class Question:
    """One question about a value; `quoters` are the functions whose result is harmless where it goes.

    What is asked already is taken for plain: a value that comes from itself is what else it comes from. Every answer
    is "all of these", so that nothing that was taken for plain wrongly can make the answer to the question wrong.
    """

    file: SourceFile
    quoters: frozenset[str]
    seen: set[cst.CSTNode] = field(default_factory=set)

    def plain(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is plain."""
        if node in self.seen:
            return True
        self.seen.add(node)
        return _is_plain(self, node)

    def all(self, nodes: Iterator[cst.BaseExpression]) -> bool:
        """Whether every one of these is."""
        return all(self.plain(node) for node in nodes)


def is_plain(file: SourceFile, node: cst.BaseExpression, quoters: frozenset[str]) -> bool:
    """See `api.is_plain`."""
    known: dict[cst.BaseExpression, bool] = file.cache.setdefault((is_plain, quoters), {})
    if node not in known:
        known[node] = Question(file, quoters).plain(node)
    return known[node]


def _is_plain(ask: Question, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Comparison() | cst.UnaryOperation():
            return True
        case cst.Name():
            return syntax.is_literal(node) or syntax.names_constant(node) or _is_plain_name(ask, node)
        case cst.Call():
            return _is_plain_call(ask, node)
        case cst.BinaryOperation():
            return _is_plain_operation(ask, node)
        case cst.FormattedString():
            return ask.all(open_parts(node))
        case cst.NamedExpr() | cst.Subscript():
            return ask.plain(node.value)
    parts = _parts(node)
    return ask.all(iter(parts)) if parts else syntax.names_constant(node) or is_fixed(ask.file, node)


def _parts(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Those that a value is one of, or is made of."""
    match node:
        case cst.IfExp():
            return [node.body, node.orelse]
        case cst.BooleanOperation() | cst.ConcatenatedString():
            return [node.left, node.right]
        case cst.Tuple() | cst.List() | cst.Set():
            return [element.value for element in node.elements]
        case cst.Dict():
            keys = [element.key for element in node.elements if isinstance(element, cst.DictElement)]
            return [*keys, *(element.value for element in node.elements)]
        case cst.ListComp() | cst.SetComp() | cst.GeneratorExp():
            return [node.elt]
    return []


def _is_plain_operation(ask: Question, node: cst.BinaryOperation) -> bool:
    if isinstance(node.operator, cst.Modulo):
        return ask.plain(node.left) and ask.all(filled(ask.file, node))
    numeric = isinstance(node.operator, (cst.Add, cst.Subtract, cst.FloorDivide))
    if numeric and (_is_number(ask.file, node.left) or _is_number(ask.file, node.right)):
        return True
    return ask.all(iter((node.left, node.right)))


def _is_number(file: SourceFile, node: cst.BaseExpression) -> bool:
    """What no text can be added to."""
    counted = isinstance(node, cst.Call) and file.qualified(node.func) in NUMBERS
    return counted or isinstance(node, (cst.Integer, cst.Float))


def _is_plain_call(ask: Question, node: cst.Call) -> bool:
    called = ask.file.qualified(node.func)
    if called in NUMBERS or called in ask.quoters:
        return True
    if called == "re.sub" and keeps_words(ask.file, node):
        return True
    values = [arg.value for arg in node.args if not arg.keyword or arg.keyword.value not in APART]
    if called == "builtins.map" and len(values) > 1:
        return _is_plain_map(ask, values[0], values[1:])
    if called in PASSING:
        return ask.all(iter(values))
    if not isinstance(node.func, cst.Attribute):
        return False
    holder, method = node.func.value, node.func.attr.value
    if method == "format":
        return ask.plain(holder) and ask.all(open_fields(ask.file, node))
    if method in TEXT_METHODS:
        return ask.plain(holder) and ask.all(iter(values))
    return method in GETTERS and _is_converted(ask, node, GETTERS[method])


def _is_plain_map(ask: Question, function: cst.BaseExpression, values: list[cst.BaseExpression]) -> bool:
    if isinstance(function, cst.Lambda):
        return ask.plain(function.body)
    called = ask.file.qualified(function)
    return called in NUMBERS or called in ask.quoters or (called in PASSING and ask.all(iter(values)))


def _is_converted(ask: Question, node: cst.Call, position: int) -> bool:
    """`request.args.get("page", 1, type=int)`: a number, or else the default."""
    kind = syntax.argument(node, position, "type")
    default = syntax.argument(node, 1, "default") if position > 1 else None
    return kind is not None and ask.file.qualified(kind) in NUMBERS and (default is None or ask.plain(default))


def _is_plain_name(ask: Question, node: cst.Name) -> bool:
    if is_looked_up(node, ask.file):
        return True
    for around, below in _around(ask.file, node):
        if isinstance(around, cst.Lambda) and node.value in {one.name.value for one in around.params.params}:
            return False
        for clause in _clauses(around) if isinstance(around, Comprehension) and below is not None else ():
            if node.value in _bound(clause.target):
                return _is_plain_element(ask, node.value, clause.target, clause.iter)
    found = definitions(ask.file, node)
    if found is None:
        value = module_value(ask.file, node.value)
        return value is not None and ask.plain(value)
    return all(_is_plain_definition(ask, node.value, one) for one in found)


def _around(file: SourceFile, node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode | None]]:
    """The nodes around, each with the one below; None for a comprehension whose first loop runs over the node."""
    below, first = node, False
    for around in file.ancestors(node):
        first = first or (isinstance(around, cst.CompFor) and below is around.iter)
        outer = isinstance(around, Comprehension) and first and below is around.for_in
        yield around, None if outer else below
        first = first and isinstance(around, cst.CompFor)
        below = around


def _clauses(node: cst.CSTNode) -> Iterator[cst.CompFor]:
    clause = getattr(node, "for_in", None)
    while isinstance(clause, cst.CompFor):
        yield clause
        clause = clause.inner_for_in


def _bound(target: cst.BaseExpression) -> set[str]:
    return {part.value for part in syntax.inside(target) if isinstance(part, cst.Name)}


def _is_plain_element(ask: Question, name: str, target: cst.BaseExpression, values: cst.BaseExpression) -> bool:
    """Whether what a loop over `values` binds to the name is plain."""
    called = ask.file.qualified(values.func) if isinstance(values, cst.Call) else None
    if isinstance(target, (cst.Tuple, cst.List)) and isinstance(values, cst.Call) and values.args:
        place = next(n for n, element in enumerate(target.elements) if name in _bound(element.value))
        inner = target.elements[place].value
        if called == "builtins.enumerate":
            return place == 0 or _is_plain_element(ask, name, inner, values.args[0].value)
        if called == "builtins.zip" and place < len(values.args) and not syntax.has_stars(values):
            return _is_plain_element(ask, name, inner, values.args[place].value)
    return ask.plain(values)


def _is_plain_definition(ask: Question, name: str, definition: Definition) -> bool:
    match definition.node:
        case cst.Param(annotation=cst.Annotation(annotation=declared), default=default):
            return carries_no_text(ask.file, declared) or is_fitted(default)
        case cst.For(target=target, iter=values):
            return _is_plain_element(ask, name, target, values)
        case cst.AugAssign(target=target) if definition.adds and not ask.plain(target):
            return False
    return definition.value is not None and ask.plain(definition.value)


def is_looked_up(name: cst.Name, file: SourceFile) -> bool:
    """Whether the function looks at the value: `if field not in FIELDS: raise`, `if re.match("^[a-z]+$", name):`."""
    function = next((one for one in file.ancestors(name) if isinstance(one, cst.FunctionDef)), None)
    known: dict[cst.FunctionDef, frozenset[str]] = file.cache.setdefault(is_looked_up, {})
    if function is not None and function not in known:
        known[function] = frozenset(found for one in syntax.inside(function.body) for found in _looked_at(one, file))
    return function is not None and name.value in known[function]


def _looked_at(node: cst.CSTNode, file: SourceFile) -> Iterator[str]:
    match node:
        case cst.Comparison(left=cst.Name(value=name), comparisons=[cst.ComparisonTarget(operator=how), *_]):
            if isinstance(how, (cst.In, cst.NotIn)):
                yield name
        case cst.Call(func=cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=method)), args=[]):
            if method in PROVING:
                yield name
        case cst.Call(func=cst.Name(value="isinstance"), args=[cst.Arg(value=cst.Name(value=name)), kinds]):
            if carries_no_text(file, kinds.value):
                yield name
        case cst.Expr(value=cst.Call(func=cst.Name(value="int" | "float"), args=[cst.Arg(value=cst.Name(value=name))])):
            yield name
        case cst.Call(func=cst.Name(value="all" | "any"), args=[cst.Arg(value=cst.GeneratorExp() as each)]):
            yield from _looked_through(each, file)
        case cst.Call():
            yield from _matched(node, file)


def _looked_through(each: cst.GeneratorExp, file: SourceFile) -> Iterator[str]:
    """What is looked at element by element: `all(c.isalnum() or c in "-_" for c in name)`."""
    looked = {name for part in syntax.inside(each.elt) for name in _looked_at(part, file)}
    if isinstance(each.for_in.iter, cst.Name) and looked & _bound(each.for_in.target):
        yield each.for_in.iter.value


def _matched(call: cst.Call, file: SourceFile) -> Iterator[str]:
    """What is held against a pattern that says what every character is."""
    looked, matcher = syntax.argument(call, 1, "string"), file.qualified(call.func)
    pattern = syntax.text_value(syntax.argument(call, 0, "pattern")) or ""
    if isinstance(looked, cst.Name):
        if matcher == "re.fullmatch" or (matcher == "re.match" and syntax.goes_to_the_end(pattern)):
            yield looked.value
    elif len(call.args) == 1 and isinstance(call.args[0].value, cst.Name) and proves_by_match(file, call):
        yield call.args[0].value.value
