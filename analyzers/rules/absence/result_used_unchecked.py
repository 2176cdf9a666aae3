"""What a function of the program answers, used as if it were never None.

Why it matters: A function that says `return None` means it: the row is gone, the server was silent, the name is not
known. Who goes on with the answer ends in "'NoneType' object has no attribute ...", far from what was missing.

What to do: Ask whether the answer is None and say what shall happen then; or let the function raise an error that
names what was not found.

What it does not see: Functions that return nothing without saying so, and those that a framework calls; answers kept in
attributes. Nothing is said where the caller has asked for the answer anywhere, or for something that the function asks
for itself; where None is only returned for an argument that is None or empty already; where a function that gets the
answer raises for None, or by its name (`ensure_found(row)`) may do so; nor of decorated functions.
"""

import ast
from collections.abc import Iterator, Sequence, Set

import libcst as cst

from analyzers import syntax, trees
from analyzers.answers import asked, unexpected
from analyzers.callers import calls_of
from analyzers.flow import api
from analyzers.glimpse import Glimpse, stand_for
from analyzers.handling import handled
from analyzers.model import Confidence, Examined, Finding, Severity, Step
from analyzers.nearby import at_hand
from analyzers.outline import Kind
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.uses import USES, WALKS, again, in_words, unwrapped, used, value_used
from analyzers.waits import running
from analyzers.whereabouts import function_at, line_at

NOTHING = "return None"
# `a = f()`, `b = a`, `c = b`: names that are followed.
HANDED_ON = 3


def _uses_answer(glimpse: Glimpse) -> bool:
    """Whether the unit looks into such an answer and never asks for it, or gives such answers itself."""
    if glimpse.unit.kind is not Kind.FUNCTION:
        return "def" in glimpse.written
    if NOTHING in glimpse.text and glimpse.is_called:
        return True
    names = _answering(glimpse.file)
    if names.isdisjoint(glimpse.words):
        return False
    calls = (node for node in glimpse.nodes if isinstance(node, ast.Call))
    answers = frozenset(call for call in calls if _is_of(call, names, glimpse.file))
    return not glimpse.nodes or (bool(answers) and _looks_into(glimpse.nodes, answers))


def _is_of(call: ast.Call, names: Set[str], file: SourceFile) -> bool:
    last = trees.last_name(call.func)
    return last in names or not stand_for(file, frozenset({last})).isdisjoint(names)


def _looks_into(nodes: Sequence[ast.AST], answers: Set[ast.AST]) -> bool:
    """Whether an answer, or a name that is bound to one, is used as None cannot be, and is in no test."""
    whole = [unwrapped(value) for node in nodes for value in used(node)]
    tests = [node.test for node in nodes if isinstance(node, (ast.If, ast.IfExp, ast.While, ast.Assert))]
    tests += [node for node in nodes if isinstance(node, ast.BoolOp)]
    nested = sum(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) for node in nodes) > 1
    asked = (
        {part.id for one in tests for part in trees.nodes(one) if isinstance(part, ast.Name)} if not nested else set()
    )
    bound = _bound(nodes, answers) - asked
    return any(one in answers or (isinstance(one, ast.Name) and one.id in bound) for one in whole)


def _bound(nodes: Sequence[ast.AST], answers: Set[ast.AST]) -> set[str]:
    """The names that are bound where an answer stands, and those that they are handed on to."""
    found: set[str] = set()
    binding = [node for node in nodes if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value]
    parts = [trees.nodes(node) for node in binding]
    for _ in range(HANDED_ON):
        for inside in parts:
            names = [part for part in inside if isinstance(part, ast.Name)]
            if any(one.id in found for one in names) or not answers.isdisjoint(inside):
                found |= {one.id for one in names if isinstance(one.ctx, ast.Store)}
    return found


def _answering(file: SourceFile) -> Set[str]:
    """The names of the functions at hand whose text says that they return None."""
    known: frozenset[str] | None = file.cache.get(_answering)
    if known is None:
        around = (function_at(one, line) for one in at_hand(file) if one.readable for line in _nothing_lines(one))
        known = file.cache[_answering] = frozenset(one.name for one in around if one)
    return known


def _nothing_lines(file: SourceFile) -> Iterator[int]:
    place = file.text.find(NOTHING)
    while place >= 0:
        yield line_at(file, place)
        place = file.text.find(NOTHING, place + 1)


RULE = Rule(
    name="result-used-unchecked",
    title="Result used without a check",
    weakness="CWE-476",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    message="`{function}` returns None on one of its ways, and `{use}` then raises `{error}`.",
    advice="Say what shall happen when `{value}` is None, or let `{function}` raise an error that names it.",
    topic="uses of results that may be None",
    clean="with the error expected",
    in_tests=False,
    in_tools=False,
    needs=(_uses_answer,),
    bad=(
        Bad(
            """
            def snapshot(client, name):
                answer = client.get(f'/snapshots/{name}')
                if answer.status_code == 200:
                    return answer.json()
                return None  # step

            def path(client, name):
                found = snapshot(client, name)  # step
                return found['path']  # finding
            """
        ),
        Bad(
            """
            class Repository:
                def balancer(self, session, key):
                    rows = session.load(key)
                    if not rows:
                        return None  # step
                    return rows[0]

                def undo(self, session, key):
                    return self.balancer(session, key).address  # finding
            """
        ),
        Bad(
            """
            def rows(store, name):
                if store.knows(name):
                    return store.rows(name)
                return None  # step

            def names(store, name):
                return [row.name for row in rows(store, name)]  # finding

            def count(store, name):
                return len(rows(store, name))  # finding
            """
        ),
        Bad(
            """
            async def answer(client, name):
                found = await client.get(name)
                if found.status == 200:
                    return await found.json()
                return None  # step

            async def path(client, name):
                found = await answer(client, name)  # step
                return found['path']  # finding
            """
        ),
        Bad(
            base="""
            def owner(rows, key):
                for row in rows:
                    if row.key == key:
                        return row
                raise LookupError(key)

            def mail(rows, key):
                return owner(rows, key).mail
            """,
            code="""
            def owner(rows, key):
                for row in rows:
                    if row.key == key:
                        return row
                return None  # step

            def mail(rows, key):
                return owner(rows, key).mail  # finding
            """,
        ),
    ),
    good=(
        Good(
            "a function raises where it is None",
            """
            def find(rows, key):
                for row in rows:
                    if row.key == key:
                        return row
                return None

            def ensure(row, key):
                if row is None:
                    raise LookupError(key)

            def mail(rows, key):
                row = find(rows, key)
                ensure(row, key)
                return row.mail
            """,
        ),
        Good(
            "the caller asks for it",
            """
            def snapshot(client, name):
                answer = client.get(f'/snapshots/{name}')
                if answer.status_code == 200:
                    return answer.json()
                return None

            def path(client, name):
                found = snapshot(client, name)
                return found['path'] if found else ''
            """,
        ),
        Good(
            "both ask the same: with somebody logged in there is a user",
            """
            def user(session):
                if logged_in(session):
                    return session.user
                return None

            def team(session):
                if logged_in(session):
                    return user(session).team
                return ''
            """,
        ),
        Good(
            "the decorator asks the same",
            """
            def user(session):
                if authed():
                    return session.user
                return None

            @authed_only
            def team(session):
                return user(session).team
            """,
        ),
        Good(
            "what the function asks for, the caller has asked for",
            """
            def change(store, name, new):
                row = store.find(name)
                if row is None:
                    return None
                return row.change(new)

            def put(store, name, new):
                known = store.find(name)
                if known is None:
                    return store.make(name, new)
                return change(store, name, new).key
            """,
        ),
        Good(
            "the same was asked for before",
            """
            def row(rows, name):
                for one in rows:
                    if one.name == name:
                        return one
                return None

            def rename(rows, name, new):
                known = row(rows, name)
                if not known:
                    raise LookupError(name)
                rows.rename(name, new)
                return row(rows, new).name
            """,
        ),
        Good(
            "the test makes the same call",
            """
            def row(rows, name):
                for one in rows:
                    if one.name == name:
                        return one
                return None

            def mail(rows, name):
                return row(rows, name).mail if row(rows, name) is not None else ''
            """,
        ),
        Good(
            "nothing comes back for nothing alone",
            """
            def as_text(data):
                if data is None:
                    return None
                return data.decode()

            def name(data):
                return as_text(data).strip()
            """,
        ),
        Good(
            "the error is expected",
            """
            def first(rows):
                for row in rows:
                    if row.ready:
                        return row
                return None

            def mail(rows):
                try:
                    return first(rows).mail
                except AttributeError:
                    return ''
            """,
        ),
        Good(
            "the decorator may take care of it",
            """
            @until_there
            def first(rows):
                for row in rows:
                    if row.ready:
                        return row
                return None

            def mail(rows):
                return first(rows).mail
            """,
        ),
    ),
)


@RULE.on(*USES)
def check(access: cst.CSTNode, file: SourceFile) -> Iterator[Finding | Examined]:
    """One use of a value."""
    value = value_used(access, file)
    if not isinstance(value, (cst.Name, cst.Call, cst.Await)):
        return
    function = running(access, file)
    if function is None or again(access, value, file):
        return
    cause = api.may_be_none(file, value)
    if cause is None or cause.answer is None or cause.answer[1].decorators or asked(value, cause, function):
        return
    nothing = unexpected(cause)
    error = AttributeError if isinstance(access, cst.Attribute) else TypeError
    if nothing is not None and handled(access, file, error):
        yield RULE.examined(file, access)
    elif nothing is not None:
        other, answering = cause.answer
        name, code = answering.name.value, file.code(value)
        steps = [Step(other.path, other.span(nothing), f"`{name}` returns None here")]
        if cause.node is not (value.expression if isinstance(value, cst.Await) else value):
            steps.append(Step(file.path, file.span(cause.node), f"`{code}` is what it returned"))
        use, raised = in_words(access, file), error.__name__
        yield RULE.finding(
            file,
            value if isinstance(access, WALKS) else access,
            steps=tuple(steps),
            function=name,
            value=code,
            use=use,
            error=raised,
        )


@RULE.on(cst.FunctionDef)
def check_callers(function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding]:
    """One function: that it returns None may be what is new."""
    if not any(_is_nothing(node) for node in syntax.inside(function.body)):
        return
    for caller in dict.fromkeys(running(call, file) for call in calls_of(function.name.value, file)):
        for node in syntax.inside(caller.body) if caller else ():
            if isinstance(node, USES):
                yield from (found for found in check(node, file) if isinstance(found, Finding))


def _is_nothing(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Return) and syntax.is_name(node.value, "None")
