"""What is put into a hole of an SQL statement: a value that should be bound, a name, or something of the program."""

import re

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.model import Confidence
from analyzers.source import SourceFile

# The words before the hole decide whether a value or a name goes into it.
VALUE = re.compile(
    r"(?:[=<>]|\w\(|\bin\s*\(|\bvalues\s*\(|\blike|\bin|\bbetween|\band|\bvalues|\blimit|\boffset)\s*['\"%]*$|'[^'=<>]*$",
    re.I,
)
NAME = re.compile(
    r"(?:\b(?:from|into|update|table|join|by|index|view|column|schema|database|exists|on|user|role)|\.)\s*[\"`\[]*$"
    r"|\b(?:from|into|update|join)\s*'$",
    re.I,
)
# What is named so is SQL, not a value for it.
CLAUSES = frozenset(
    "clause clauses where condition conditions cond conds sql statement stmt subquery fragment cte".split()
)
NUMBERS = frozenset(
    "id ids pk size count limit offset num number page index total max min day days hour hours minutes seconds year "
    "month length amount age version".split()
)
# Where the schema is asked for them, their names stand as values: `WHERE table_name = '...'`.
SCHEMA = frozenset("table tables column columns schema schemas tablename view index constraint".split())
LISTS = frozenset("list tuple set".split())
QUOTED = re.compile(r"'[^'=<>]*$")
OUTSIDE = frozenset("input request param untrusted posted".split())
QUOTERS = frozenset("quote quoted escape escaped identifier literal placeholder placeholders qmark qmarks".split())
# What these make has no quote in it.
PLAIN = frozenset("slugify hexdigest uuid4 isoformat strftime timestamp".split())
MARKS = re.compile(r"""['"](?:\?|%s|:\w+|\(\?.*)['"]""")


def risk(before: str, part: cst.BaseExpression, file: SourceFile) -> str:
    """`value` or `name` when somebody may choose what goes into the hole, else nothing."""
    if _harmless(part, file):
        return ""
    if NAME.search(before[-200:]):
        return "name" if _chosen(part) else ""
    return "value" if VALUE.search(before[-200:]) else ""


def _harmless(part: cst.BaseExpression, file: SourceFile) -> bool:
    name = syntax.last_name(part)
    if api.is_plain(file, part) or syntax.names_constant(part) or MARKS.search(file.code(part)):
        return True
    if set(syntax.words(name)) & QUOTERS or not CLAUSES.isdisjoint(syntax.words(name)[-1:]) or _joins_clauses(part):
        return True
    if isinstance(part, cst.Call) and _is_own_text(part):
        return True
    made = api.assigned(file, part) if isinstance(part, cst.Name) else part
    if isinstance(made, cst.Call) and syntax.last_name(made.func) in PLAIN:
        return True
    return isinstance(part, cst.Name) and _of_the_program(part, file)


def _is_own_text(call: cst.Call) -> bool:
    """What a method for the class's own use makes of constants: `self._any("a.number", "b.key")`."""
    own = syntax.is_name(syntax.receiver(call), "self", "cls") and syntax.method(call).startswith("_")
    return own and bool(call.args) and all(syntax.is_literal(arg.value) for arg in call.args)


def _joins_clauses(part: cst.BaseExpression) -> bool:
    """`" AND ".join(conditions)`: what is joined is SQL of the program."""
    owner = syntax.receiver(part) if isinstance(part, cst.Call) and syntax.method(part) == "join" else None
    return bool(re.search("[A-Za-z]", syntax.text_value(owner) or ""))


def _of_the_program(part: cst.Name, file: SourceFile) -> bool:
    """Whether the variable holds placeholders, joined from `?` or `%s`, or a text of the program's constants alone."""
    made = api.text_built(file, part)
    if made is None:
        return False
    constants = all(syntax.names_constant(piece) for piece in made.parts)
    return constants or bool(MARKS.search(file.code(made.node)))


def _chosen(part: cst.BaseExpression) -> bool:
    """A variable, or a value looked up by one: attributes belong to the program."""
    return isinstance(part, (cst.Name, cst.Subscript))


def sure(before: str, part: cst.BaseExpression, is_value: bool) -> Confidence:
    """A name of a table is mostly the program's own, unless it says where it comes from: `user_input`.

    So is a value without quotes that is called like a number, or made a text here: nothing else would be SQL.
    """
    own = OUTSIDE.isdisjoint(syntax.words(syntax.last_name(part)))
    if not is_value:
        return Confidence.LOW if own else Confidence.MEDIUM
    if own and _is_of_schema(part):
        return Confidence.LOW
    made = syntax.argument(part, 0) if isinstance(part, cst.Call) and syntax.last_name(part.func) == "str" else None
    number = made is not None or not NUMBERS.isdisjoint(_named(part))
    return Confidence.LOW if number and not QUOTED.search(before[-200:]) else Confidence.HIGH


def _is_of_schema(part: cst.BaseExpression) -> bool:
    """Whether a value is called like a table or a column, or like the name of one."""
    words = [word for word in syntax.words(syntax.last_name(part)) if word not in ("name", "names")]
    return bool(words) and words[-1] in SCHEMA


def _named(part: cst.BaseExpression) -> tuple[str, ...]:
    """What a value is called, by its last word; `id_list` holds ids."""
    words = syntax.words(syntax.last_name(part))
    return words[-2:-1] if words and words[-1] in LISTS else words[-1:]
