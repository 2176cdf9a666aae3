"""Questions about libcst nodes that need no file: a call's arguments, a literal's value, the nodes inside."""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers.cuts import child_fields, is_node
from analyzers.scopes import CLOSED
from analyzers.templates import writes_number

# Most texts stand as they are; to evaluate the others is to compile them.
QUOTES = ("'", '"')
TRIPLE = ("'''", '"""')
ESCAPES = frozenset("\\\r")
CHOICE = re.compile(r"\[[^\[\]]*\]")
OPEN = re.compile(r"\||(?<!\\)\.[*+]")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def text_value(node: cst.CSTNode | None) -> str | None:
    """The value of a plain string literal; None for bytes, f-strings and everything else."""
    if not isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        return None
    if isinstance(node, cst.SimpleString) and node.value[0] in QUOTES and ESCAPES.isdisjoint(node.value):
        return node.value[3:-3] if node.value.startswith(TRIPLE) else node.value[1:-1]
    value = node.evaluated_value
    return value if isinstance(value, str) else None


def constant_of(node: cst.BaseExpression) -> object:
    """The value of a constant; the node itself when it is none."""
    if isinstance(node, cst.Name) and node.value in ("True", "False", "None"):
        return {"True": True, "False": False, "None": None}[node.value]
    text = text_value(node)
    if text is not None:
        return text
    return node.evaluated_value if isinstance(node, cst.Integer) else node


def goes_to_the_end(text: str) -> bool:
    """Whether a pattern that is written out says what every character of a text must be: `^[a-z]+$`, not `^.*$`."""
    return text.endswith(("$", "\\Z")) and not text.endswith("\\$") and not OPEN.search(CHOICE.sub("", text))


def is_name(node: cst.CSTNode | None, *names: str) -> bool:
    """Whether the node is one of these plain names (`True`, `None` and `...` are asked like this too)."""
    return isinstance(node, cst.Name) and node.value in names


def is_literal(node: cst.CSTNode | None) -> bool:
    """A number, text, `True`, `False`, `None`, `...`, or an empty or literal-only container."""
    if isinstance(node, (cst.Tuple, cst.List, cst.Set)):
        return all(is_literal(element.value) for element in node.elements)
    if isinstance(node, cst.Dict):
        return not node.elements
    if isinstance(node, cst.UnaryOperation):
        return is_literal(node.expression)
    literals = (cst.SimpleString, cst.ConcatenatedString, cst.BaseNumber, cst.Ellipsis)
    return isinstance(node, literals) or is_name(node, "True", "False", "None")


def argument(call: cst.Call, position: int | None, *names: str) -> cst.BaseExpression | None:
    """The value given at a position (0 = the first) or under one of the names; None when it is not written out."""
    for index, arg in enumerate(call.args):
        if arg.star:
            position = None
            continue
        named = arg.keyword.value if arg.keyword else None
        if named in names or (named is None and index == position):
            return arg.value
    return None


def has_stars(call: cst.Call) -> bool:
    """Whether `*args` or `**options` may give arguments that are not written out."""
    return any(arg.star for arg in call.args)


def method(call: cst.Call) -> str:
    """`close` of `anything.close()`, "" for a call of something else than an attribute."""
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else ""


def receiver(call: cst.Call) -> cst.BaseExpression | None:
    """What the method is called on."""
    return call.func.value if isinstance(call.func, cst.Attribute) else None


def last_name(node: cst.CSTNode | None) -> str:
    """`token` of `token`, `self.token`, `row["token"]`, `make_token()`; "" where nothing is named."""
    match node:
        case cst.Name():
            return node.value
        case cst.Attribute():
            return node.attr.value
        case cst.Call():
            return last_name(node.func)
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            return text_value(index) or last_name(node.value)
        case cst.Subscript():
            return last_name(node.value)
        case cst.Await():
            return last_name(node.expression)
    return ""


def names_constant(node: cst.CSTNode | None) -> bool:
    """Whether a name says that it is a constant: `LIMIT`, `Kind.Tombstone`, `Kind.TOMBSTONE.value`."""
    if isinstance(node, cst.Attribute) and node.attr.value == "value":
        node = node.value
    of_class = isinstance(node, cst.Attribute) and last_name(node.value)[:1].isupper()
    return last_name(node).isupper() or (of_class and last_name(node)[:1].isupper())


def words(name: str) -> tuple[str, ...]:
    """The words of an identifier, in lower case: `resetToken_2` -> reset, token, 2."""
    return tuple(word.lower() for word in WORD.findall(name))


def takes_number(part: cst.FormattedStringExpression) -> bool:
    """Whether a hole of an f-string takes only numbers: `{n:d}`."""
    spec = part.format_spec or ()
    return writes_number("".join(one.value if isinstance(one, cst.FormattedStringText) else "{" for one in spec))


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes directly inside, tokens and whitespace left out, in source order."""
    for name in child_fields(type(node)):
        value = getattr(node, name)
        if value.__class__ in (tuple, list):
            yield from value
        elif is_node(value.__class__):
            yield value


def inside(*roots: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The roots and every node under them, in source order; nested functions and classes are yielded, not entered."""
    waiting = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        yield node
        if type(node) not in CLOSED or node in roots:
            waiting.extend(reversed(list(children(node))))


def summands(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The operands of a chain of `+`, in order."""
    found: list[cst.BaseExpression] = []
    while isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        found.append(node.right)
        node = node.left
    return iter([node, *reversed(found)])


def raises_answer(statement: cst.Raise) -> bool:
    """`raise gen.Return(x)`, which returns x: https://www.tornadoweb.org/en/stable/gen.html#tornado.gen.Return."""
    made = statement.exc.func if isinstance(statement.exc, cst.Call) else statement.exc
    return last_name(made) == "Return"


def small_statements(block: cst.BaseSuite) -> Iterator[cst.BaseSmallStatement | cst.BaseCompoundStatement]:
    """The statements of a block, one by one: simple ones without their line."""
    for statement in block.body:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        elif isinstance(statement, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            yield statement


def is_docstring(statement: cst.CSTNode) -> bool:
    """A statement that is only a text."""
    return isinstance(statement, cst.Expr) and isinstance(statement.value, (cst.SimpleString, cst.ConcatenatedString))


def caught(handler: cst.ExceptHandler) -> tuple[cst.BaseExpression, ...]:
    """The exception types of one `except`, a tuple taken apart; empty for a bare one."""
    if isinstance(handler.type, cst.Tuple):
        return tuple(element.value for element in handler.type.elements)
    return (handler.type,) if handler.type else ()
