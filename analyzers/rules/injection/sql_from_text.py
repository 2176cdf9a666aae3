"""An SQL statement that is put together from text.

Why it matters: A value that stands in the text of a statement can end its string and go on with SQL of its own: read
other rows, change them, drop tables. It also breaks on the first apostrophe.

What to do: Give values apart from the statement (`execute("... WHERE id = %s", (id,))`); take names of tables and
columns from a fixed set.

What it does not see: Statements put together in another function. Names of tables and columns, which no placeholder can
carry, are mostly the program's own: a finding about one has low confidence (`sql-from-user-input` is sure). So has one
about a value without quotes that is called like a number.
"""

import ast
import re
from collections.abc import Iterator, Sequence

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.glimpse import Glimpse, writes
from analyzers.holes import holes
from analyzers.model import Examined, Finding, Severity, Step
from analyzers.outline import Kind
from analyzers.rule import Bad, Good, Rule, quoted
from analyzers.source import SourceFile
from analyzers.sql_holes import NAME, risk, sure

METHODS = frozenset(
    "execute executemany executescript exec_driver_sql execute_sql raw mogrify fetch fetchrow fetchval cursor run "
    "query sql read_sql read_sql_query extra".split()
)
PARAMETERS = ("sql", "query", "statement", "operation", "text")
# These mark a text as SQL; whoever runs it gets it from them.
MARKERS = frozenset({"text", "RawSQL", "DDL", "TextClause"})
STATEMENT = re.compile(
    r"\b(?:select\b.+\bfrom|select\s+(?:count|max|min|1|\*)|insert\s+(?:or\s+\w+\s+)?into|update\b.+\bset|"
    r"delete\s+from|replace\s+into|(?:create|drop|alter|truncate)\s+(?:\w+\s+)?(?:table|view|index|database|user|role|"
    r"schema|function|trigger)|merge\s+into|grant\b.+\bto|attach\s+database)\b",
    re.IGNORECASE | re.DOTALL,
)
# A file without one of these has no SQL in it, and costs nothing.
WORDS = re.compile(r"(?i)\b(?:select|insert|update|delete|replace|create|drop|alter|truncate|merge|grant|attach)\s")
# No statement that a person writes is longer; the search for its words must end soon on any text.
SEARCHED = 10_000
CLAUSE = re.compile(r"^\W*(?:where|and|or|from|values|set|order\s+by|group\s+by|limit|having|union)\b", re.IGNORECASE)
BOUND = re.compile(r"\b(\w+)\s*(?::[^=\n]{0,200})?\+?=")


def _speaks_of_sql(glimpse: Glimpse) -> bool:
    """Whether the unit holds SQL, or a name of the module that stands for some."""
    if WORDS.search(glimpse.text):
        return True
    known: frozenset[str] | None = glimpse.file.cache.get(_speaks_of_sql)
    if known is None:
        known = glimpse.file.cache[_speaks_of_sql] = frozenset(_statements(glimpse.file))
    return not known.isdisjoint(glimpse.written)


def _statements(file: SourceFile) -> Iterator[str]:
    """The names of a module that are bound to something with SQL in it."""
    for unit in file.outline.units:
        text = "".join(file.lines[unit.line - 1 : unit.end_line]) if unit.kind is Kind.STATEMENT else ""
        if "=" in text and WORDS.search(text):
            yield from BOUND.findall(text)


def _told(glimpse: Glimpse) -> Sequence[int] | None:
    """The lines of the calls that run SQL, where the text of each is a constant that is written out in the call."""
    found = []
    for call in (node for node in glimpse.nodes if isinstance(node, ast.Call)):
        named = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if named in MARKERS or (named in METHODS and isinstance(call.func, ast.Attribute)):
            given = call.args[:1] or [one.value for one in call.keywords if one.arg is None or one.arg in PARAMETERS]
            if any(not isinstance(one, ast.Constant) for one in given) or len(given) > 1:
                return None
            found += [call.lineno for one in given if isinstance(one, ast.Constant) and _is_statement(one.value)]
    return found if glimpse.nodes else None


def _is_statement(value: object) -> bool:
    return isinstance(value, str) and STATEMENT.search(value[:SEARCHED]) is not None


RULE = Rule(
    name="sql-from-text",
    title="SQL statement built from text",
    weakness="CWE-89",
    severity=Severity.HIGH,
    message="`{call}` runs a statement into whose text `{part}` is put by {how}: {harm}.",
    advice="{remedy} `{part}` {place}.",
    topic="SQL statements",
    clean="with every value bound or constant",
    in_tests=False,
    in_tools=False,
    needs=(writes(*METHODS, *MARKERS), _speaks_of_sql),
    told=_told,
    bad=(
        Bad(
            """
            def orders(cursor, customer):
                cursor.execute(f"SELECT * FROM orders WHERE customer = '{customer}'")  # finding
                return cursor.fetchall()
            """
        ),
        Bad(
            """
            def close(db, name):
                query = "UPDATE accounts SET open = 0 WHERE name = '%s'" % name  # step
                db.execute(query)  # finding
            """
        ),
        Bad(
            """
            from sqlalchemy import text
            def find(session, word):
                statement = "SELECT id FROM pages WHERE title LIKE '%" + word + "%'"  # step
                return session.execute(text(statement))  # finding
            """
        ),
        Bad(
            """
            def drop(cursor, table):
                cursor.execute("DROP TABLE {}".format(table))  # finding
            """
        ),
        Bad(
            base="""
            def orders(cursor, customer):
                cursor.execute("SELECT * FROM orders WHERE customer = %s", (customer,))
            """,
            code="""
            def orders(cursor, customer):
                cursor.execute("SELECT * FROM orders WHERE customer = '%s'" % customer)  # finding
            """,
        ),
    ),
    good=(
        Good(
            "the value is bound",
            """
            def orders(cursor, customer):
                cursor.execute("SELECT * FROM orders WHERE customer = %s", (customer,))
            """,
        ),
        Good(
            "only the marks of bound values are put in",
            """
            def orders(cursor, ids):
                marks = ", ".join("?" * len(ids))
                cursor.execute(f"SELECT * FROM orders WHERE id IN ({marks})", ids)
            """,
        ),
        Good(
            "only the names of bound values are put in",
            """
            def orders(cursor, ids):
                names = ", ".join(f":id_{place}" for place in range(len(ids)))
                given = {f"id_{place}": one for place, one in enumerate(ids)}
                cursor.execute(f"SELECT * FROM orders WHERE id IN ({names})", given)
            """,
        ),
        Good(
            "digits and the answers of tests carry no SQL",
            """
            def page(cursor, number, ids, first, order):
                if not number.isdigit():
                    raise ValueError(number)
                wanted = ",".join(map(str, [int(one) for one in ids]))
                cursor.execute(f"SELECT * FROM orders WHERE id IN ({wanted}) LIMIT {number} OFFSET {first:d}")
                cursor.execute(f"SELECT * FROM orders WHERE open = {order == 'open'}")
            """,
        ),
        Good(
            "the table is a constant of the program",
            """
            TABLE = "orders"
            def count(cursor):
                cursor.execute("SELECT count(*) FROM " + TABLE)
            """,
        ),
        Good(
            "the value is a constant of a class",
            """
            from constants import EventTypes
            def gone(cursor):
                cursor.execute("SELECT room FROM events WHERE type = '%s'" % (EventTypes.Tombstone,))
            """,
        ),
        Good(
            "the name is looked up in a fixed set first",
            """
            def values(cursor, model, field):
                if field not in model.all_fields():
                    raise KeyError(field)
                return cursor.execute("SELECT DISTINCT '{}' FROM orders".format(field))
            """,
        ),
        Good(
            "what a function makes of constants is the program's own",
            """
            class Dialect:
                def indexes(self, cursor, table):
                    cursor.execute(
                        "SELECT name FROM indexes WHERE %s AND parent = ?" % (self._any("a.number", "b.key"),), (table,)
                    )
            """,
        ),
        Good(
            "a number cannot carry SQL",
            """
            def page(cursor, size: int, start):
                cursor.execute(f"SELECT * FROM orders LIMIT {size} OFFSET {int(start)}")
            """,
        ),
        Good(
            "what makes the value leaves no quote in it",
            """
            from slugify import slugify
            def rename(cursor, title):
                slug = slugify(title)
                cursor.execute(f"UPDATE pages SET slug = '{slug}'")
            """,
        ),
        Good(
            "the names are quoted by the library",
            """
            def count(cursor, connection, table):
                cursor.execute("SELECT count(*) FROM %s" % connection.ops.quote_name(table))
            """,
        ),
        Good(
            "the clauses are SQL of the program, their values are bound",
            """
            def find(db, names):
                clauses = ["name = ?" for _ in names]
                db.execute(f"SELECT id FROM pages WHERE ({' OR '.join(clauses)})", names)
            """,
        ),
        Good(
            "a value made of constants is the program's own",
            """
            from defaults import DEFAULT_COMPANY, DEFAULT_USER
            def migrate(connection):
                prefix = f"file_{DEFAULT_COMPANY}_{DEFAULT_USER}_"
                connection.execute(f"UPDATE files SET path = '{prefix}' || substr(path, {len(prefix) + 1})")
            """,
        ),
        Good(
            "the clause holds marks, made by a function of the project",
            """
            from queries import in_list
            def forget(cursor, user, devices):
                devices_clause, values = in_list("device", devices)
                cursor.execute("DELETE FROM devices WHERE user = ? AND %s" % (devices_clause,), [user, *values])
            """,
        ),
        Good(
            "what names a table in one place names it in all",
            """
            def move(connection, store):
                connection.execute(
                    f"UPDATE {store.orders} SET done = 1 WHERE {store.orders}.id = {store.orders}.last"
                )
            """,
        ),
        Good(
            "the client sends an identifier, and nothing else",
            """
            import sqlite3, uuid
            from flask import request
            def find():
                found = str(uuid.UUID(request.args["id"]))
                sqlite3.connect("shop").execute(f"SELECT name FROM pages WHERE id = '{found}'")
            """,
        ),
        Good("this runs a job, not SQL", 'def run(pool, name):\n    pool.execute(f"update {name} from cache")'),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call that may run SQL."""
    if syntax.method(call) not in METHODS and syntax.last_name(call.func) not in MARKERS:
        return
    if not _has_sql(file):
        return
    statement = syntax.argument(call, 0, *PARAMETERS)
    if statement is None:
        return
    built = api.text_built(file, statement)
    if built is None:
        known = api.constant(file, statement)
        if known is not None and _is_statement(known.value):
            yield RULE.examined(file, call)
        return
    found = list(holes(built.node, file))
    text = ("".join(before for before, _ in found) + _tail(built.node, file))[:SEARCHED]
    if not STATEMENT.search(text) and not (built.how == "appending" and CLAUSE.search(text)):
        return
    tables = {file.code(part) for before, part in found if NAME.search(before[-200:])}
    judged = [(risk(*one, file), one) for one in found]
    judged = [(put, one) for put, one in judged if put != "value" or file.code(one[1]) not in tables]
    judged = [(put, one) for put, one in judged if not put or not api.is_vouched(file, one[1], "sql")]
    risky = next((one for wanted in ("value", "name") for put, one in judged if put == wanted), None)
    if risky is None:
        yield RULE.examined(file, call)
        return
    yield _finding(call, built.node, built.how, risky, file)


def _has_sql(file: SourceFile) -> bool:
    known: bool | None = file.cache.get(_has_sql)
    if known is None:
        known = file.cache[_has_sql] = WORDS.search(file.text) is not None
    return known


def _finding(
    call: cst.Call, made: cst.BaseExpression, how: str, hole: tuple[str, cst.BaseExpression], file: SourceFile
) -> Finding:
    before, part = hole
    is_value = risk(before, part, file) == "value"
    name = file.code(part)
    step = Step(file.path, file.span(made), f"{quoted(name)} becomes part of the statement's text")
    apart = file.span(made).line != file.span(call).line and made not in set(syntax.inside(call))
    return RULE.finding(
        file,
        call,
        steps=(step,) if apart else (),
        confidence=sure(before, part, is_value),
        call=file.code(call.func),
        part=name,
        how=how,
        harm="a quote in it ends the value, and the rest runs as SQL" if is_value else "it can name any table",
        remedy="Write a placeholder in the statement, and give" if is_value else "Look up",
        place="apart, as a parameter" if is_value else "in a fixed set of names before it goes into the statement",
    )


def _tail(node: cst.BaseExpression, file: SourceFile) -> str:
    """The text of the whole expression as written, which holds the words behind the last hole."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo):
        known = api.constant(file, node.left)
        return known.value if known and isinstance(known.value, str) else file.code(node)
    return file.code(node)
