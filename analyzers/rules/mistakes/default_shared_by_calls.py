"""A default value that the function itself changes, for all later calls.

Why it matters: The default of a parameter is made once, when `def` runs. What one call puts into that list or
dictionary is still there for the next one: what was found for one user is given to another.

What to do: Let the default be None, and make a new list or dictionary in the function when None was given.

What it does not see: A default that is returned or kept and changed by somebody else; one that the function asks for
anything before, or gives another value on some way; functions in functions, and those with decorators. Nothing is said
of a default that is a memory by its name: `cache`, `seen`, `_known`. Of low confidence is one into which each call puts
the same keys: nothing gathers there.
"""

import ast
import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import Glimpse
from analyzers.model import Confidence, Finding, Severity, Step
from analyzers.outline import FUNCTIONS, Kind
from analyzers.rule import Bad, Good, Rule
from analyzers.scopes import local_names, parameters
from analyzers.source import SourceFile

MADE = frozenset({"list", "dict", "set"})
# What adds to a list, a dictionary or a set: to take something from an empty one changes nothing.
ADDING = frozenset({"append", "extend", "insert", "add", "update", "setdefault"})
TAKING = frozenset({"pop", "popitem", "remove", "discard", "clear"})
MEMORY = re.compile(r"^_|cache|memo|seen|visited|regist|state|known|done|store|static|history|counter|singleton", re.I)
TESTS = (cst.If, cst.IfExp, cst.While, cst.Assert, cst.CompIf)
CHANGING = (cst.Call, cst.Assign, cst.AugAssign)
Change = cst.Call | cst.Assign | cst.AugAssign


def _has_such_default(glimpse: Glimpse) -> bool:
    """Whether the function of the unit has a list, a dictionary or a set for a default."""
    if glimpse.unit.kind is not Kind.FUNCTION or not glimpse.file.readable:
        return False
    nodes = [node for node in glimpse.file.outline.statements(glimpse.unit) if isinstance(node, FUNCTIONS)]
    defaults = [one for node in nodes for one in (*node.args.defaults, *node.args.kw_defaults)]
    return not nodes or any(isinstance(one, (ast.List, ast.Dict, ast.Set, ast.Call)) for one in defaults)


RULE = Rule(
    name="default-shared-by-calls",
    title="Default shared by calls",
    weakness="CWE-665",
    severity=Severity.MEDIUM,
    message="`{default}` is made once: what `{change}` puts into it is there for every later call without `{name}`.",
    advice="Write `{name}=None`, and make `{value}` in the function when `{name}` is None.",
    in_tests=False,
    in_tools=False,
    needs=(_has_such_default,),
    known_as=("B006", "W0102", "dangerous-default-value", "mutable-argument-default"),
    bad=(
        Bad(
            """
            def names(rows, found=[]):  # finding
                for row in rows:
                    found.append(row.name)  # step
                return found
            """
        ),
        Bad(
            """
            class Client:
                def get(self, path, headers={}):  # finding
                    headers['Authorization'] = self.token  # step
                    return self.session.get(path, headers=headers)
            """
        ),
        Bad(
            base="""
            def arguments(command, options=[]):
                options = list(options)
                options += ['--quiet']
                return [command, *options]
            """,
            code="""
            def arguments(command, options=[]):  # finding
                options += ['--quiet']  # step
                return [command, *options]
            """,
        ),
    ),
    good=(
        Good(
            "every call makes its own",
            """
            def names(rows, found=None):
                found = [] if found is None else found
                for row in rows:
                    found.append(row.name)
                return found
            """,
        ),
        Good(
            "it is copied before",
            """
            def get(session, path, headers={}):
                headers = dict(headers)
                headers['Accept'] = 'text/plain'
                return session.get(path, headers=headers)
            """,
        ),
        Good(
            "it is only read",
            """
            def get(session, path, headers={}):
                return session.get(path, headers={**headers, 'Accept': 'text/plain'})
            """,
        ),
        Good(
            "it is there to remember",
            """
            def price(order, cache={}):
                cache[order.number] = order.price()
                return cache
            """,
        ),
        Good(
            "the empty one is never changed",
            """
            def send(out, parts=[]):
                while parts:
                    out.write(parts.pop())
                if len(parts) > 1:
                    parts.append('')
            """,
        ),
        Good(
            "what is put in is taken out again",
            """
            def walk(node, way=[]):
                way.append(node.name)
                for child in node.children:
                    walk(child, way)
                way.pop()
            """,
        ),
        Good(
            "another one is changed",
            """
            def rows(table, names=[]):
                made = {}
                for name in names:
                    made[name] = table[name]
                return made
            """,
        ),
    ),
)


@RULE.on(cst.FunctionDef)
def check(function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding]:
    """One function."""
    if function.decorators or any(isinstance(one, (cst.FunctionDef, cst.Lambda)) for one in file.ancestors(function)):
        return
    for parameter in parameters(function.params):
        name, value = parameter.name.value, parameter.default
        if value is None or not _is_mutable(value, file) or MEMORY.search(name):
            continue
        changes = _changes(function, name)
        if changes:
            code = file.code(changes[0])
            yield RULE.finding(
                file,
                parameter,
                steps=(Step(file.path, file.span(changes[0]), f"`{name}` is changed here"),),
                confidence=Confidence.LOW if all(map(_puts_the_same, changes)) else None,
                default=f"{name}={file.code(value)}",
                change=code,
                name=name,
                value=file.code(value),
            )


def _is_mutable(value: cst.BaseExpression, file: SourceFile) -> bool:
    if isinstance(value, cst.Call):
        return (file.qualified(value.func) or "") in {f"builtins.{name}" for name in MADE}
    return isinstance(value, (cst.List, cst.Dict, cst.Set))


def _changes(function: cst.FunctionDef, name: str) -> list[Change]:
    """Where a function adds to what a parameter was given, if nothing there asks for it or binds the name anew."""
    nodes = list(syntax.inside(function.body))
    changes = [node for node in nodes if isinstance(node, CHANGING) and _adds(node, name)]
    added = sum(isinstance(node, cst.AugAssign) for node in changes)
    bound = len(local_names(function, "").get(name, ())) - added
    if not changes or bound != 1 or _is_asked(nodes, name) or any(_takes(node, name) for node in nodes):
        return []
    return changes


def _puts_the_same(change: Change) -> bool:
    """Whether what is changed is there anew for every call: `options["name"] = name`."""
    if not isinstance(change, cst.Assign):
        return False
    elements = [
        element for one in change.targets if isinstance(one.target, cst.Subscript) for element in one.target.slice
    ]
    return all(isinstance(one.slice, cst.Index) and syntax.is_literal(one.slice.value) for one in elements)


def _adds(node: Change, name: str) -> bool:
    if isinstance(node, cst.Call):
        return syntax.method(node) in ADDING and syntax.is_name(syntax.receiver(node), name) and bool(node.args)
    if isinstance(node, cst.AugAssign):
        adding = isinstance(node.operator, (cst.AddAssign, cst.BitOrAssign))
        return adding and syntax.is_name(node.target, name)
    return any(isinstance(one.target, cst.Subscript) and syntax.is_name(one.target.value, name) for one in node.targets)


def _takes(node: cst.CSTNode, name: str) -> bool:
    """Whether something is taken out again, as where a way is tried and left."""
    if isinstance(node, cst.Del):
        return any(syntax.is_name(part, name) for part in syntax.inside(node))
    return isinstance(node, cst.Call) and syntax.method(node) in TAKING and syntax.is_name(syntax.receiver(node), name)


def _is_asked(nodes: list[cst.CSTNode], name: str) -> bool:
    """Whether a test or a loop speaks of the name: it may be there for what is not the default."""
    asked = [node.test for node in nodes if isinstance(node, TESTS)]
    asked += [node.iter for node in nodes if isinstance(node, (cst.For, cst.CompFor))]
    asked += [node for node in nodes if isinstance(node, (cst.BooleanOperation, cst.Comparison))]
    asked += [node.subject for node in nodes if isinstance(node, cst.Match)]
    return any(syntax.is_name(part, name) for one in asked for part in syntax.inside(one))
