"""Two locks that are taken in both orders.

Why it matters: One thread holds the first lock and waits for the second; another holds the second and waits for the
first. Neither ever goes on, and nothing in a log says why the service stands still.

What to do: Take the locks in one order everywhere, or use one lock for both.

What it does not see: Orders in different files; locks that are taken further down than in a function called directly.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import around_modelled, says
from analyzers.holdings import held, taken
from analyzers.model import Finding, Severity, Step
from analyzers.models import Lock
from analyzers.outline import Kind
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

RULE = Rule(
    name="lock-order-inverted",
    title="Locks taken in both orders",
    weakness="CWE-833",
    severity=Severity.HIGH,
    message="`{second}` is taken here while `{first}` is held, but `{other}` takes them the other way round: two "
    "threads can wait for each other for ever.",
    advice="Take `{first}` and `{second}` in the same order here and in `{other}`.",
    in_tests=False,
    needs=(
        says("with"),
        around_modelled(Lock),
    ),
    bad=(
        Bad(
            """
            import threading

            class Bank:
                def __init__(self):
                    self.accounts_lock = threading.Lock()
                    self.log_lock = threading.Lock()

                def move(self, amount):
                    with self.accounts_lock:
                        with self.log_lock:  # finding
                            self.log.append(amount)

                def audit(self):
                    with self.log_lock:
                        with self.accounts_lock:  # finding
                            return self.sum() == self.log.sum()
            """
        ),
        Bad(
            """
            import threading

            table = threading.Lock()
            rows = threading.RLock()

            def insert(row):
                with table, rows:  # finding
                    row.write()

            def clear():
                with rows:
                    lock_table()  # finding

            def lock_table():
                with table:
                    table.clear()
            """
        ),
    ),
    good=(
        Good(
            "both functions take them in the same order",
            """
            import threading

            table = threading.Lock()
            rows = threading.Lock()

            def insert(row):
                with table, rows:
                    row.write()

            def clear():
                with table:
                    with rows:
                        rows.clear()
            """,
        ),
        Good(
            "one lock is given back before the other is taken",
            """
            import threading

            table = threading.Lock()
            rows = threading.Lock()

            def insert(row):
                with table:
                    with rows:
                        row.write()

            def clear():
                with rows:
                    count = 0
                with table:
                    return count
            """,
        ),
        Good(
            "the locks of two classes share nothing but their names",
            """
            import threading

            class Bank:
                def __init__(self):
                    self.first = threading.Lock()
                    self.second = threading.Lock()

                def move(self):
                    with self.first, self.second:
                        pass

            class Store:
                def __init__(self):
                    self.first = threading.Lock()
                    self.second = threading.Lock()

                def move(self):
                    with self.second, self.first:
                        pass
            """,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """`second` is taken at `node` while `first` is held, in the function of that qualname."""

    first: str
    second: str
    node: cst.CSTNode
    function: str


@RULE.on(cst.With, cst.Call)
def check(node: cst.With | cst.Call, file: SourceFile) -> Iterator[Finding]:
    """One `with`, or a call under one: told from both places, for either may be the new one."""
    for pair in _pairs(node, file):
        other = _inverse(pair, file)
        if other:
            yield _finding(pair, other, file)
            yield _finding(other, pair, file)


def _finding(pair: Pair, other: Pair, file: SourceFile) -> Finding:
    step = Step(file.path, file.span(other.node), f"{pair.first} is taken while {pair.second} is held")
    where = f"{other.function}()"
    return RULE.finding(file, pair.node, steps=(step,), first=pair.first, second=pair.second, other=where)


def _pairs(node: cst.With | cst.Call, file: SourceFile) -> Iterator[Pair]:
    """The orders in which locks are taken right here."""
    before = [holding.name for holding in held(node, file)]
    function = file.definition_name(node)
    if isinstance(node, cst.With):
        for holding in taken(node, file):
            yield from (Pair(first, holding.name, holding.item, function) for first in before if first != holding.name)
            before.append(holding.name)
    elif before:
        yield from _called(node, before, function, file)


def _called(call: cst.Call, before: list[str], function: str, file: SourceFile) -> Iterator[Pair]:
    """The locks that a function of the same file takes when it is called under a lock."""
    name = file.qualified(call.func) or ""
    callee = file.function(name.removeprefix(f"{file.module}."))
    for node in syntax.inside(callee.body) if callee and name.startswith(f"{file.module}.") else ():
        if isinstance(node, cst.With):
            names = {holding.name for holding in taken(node, file)} - set(before)
            yield from (Pair(first, second, call, function) for first in before for second in sorted(names))


def _inverse(pair: Pair, file: SourceFile) -> Pair | None:
    """A place of the same class, or of the module for locks of the module, that takes the two the other way round."""
    scope = _scope(pair, file)
    if scope is None:
        return None
    for definition in file.outline.definitions:
        if definition.kind is not Kind.FUNCTION or (scope and definition.parent != scope):
            continue
        lines = file.lines[definition.line - 1 : definition.end_line]
        if any(pair.second in line for line in lines):
            other = _orders(definition.qualname, file).get((pair.second, pair.first))
            if other:
                return other
    return None


def _scope(pair: Pair, file: SourceFile) -> str | None:
    """The class whose locks they are, "" for locks of the module, None when they live only in the function."""
    own = file.outline.by_name.get(pair.function)
    names = (pair.first, pair.second)
    if own and own.first_parameter and any(name.startswith(f"{own.first_parameter}.") for name in names):
        return own.parent
    return "" if all(name.partition(".")[0] in file.outline.names[""] for name in names) else None


def _orders(qualname: str, file: SourceFile) -> Mapping[tuple[str, str], Pair]:
    """The orders in which a function takes locks, each with the first place where it does."""
    known: dict[str, dict[tuple[str, str], Pair]] = file.cache.setdefault(_orders, {})
    if qualname not in known:
        known[qualname] = {}
        function = file.function(qualname)
        for node in syntax.inside(function.body) if function else ():
            for pair in _pairs(node, file) if isinstance(node, (cst.With, cst.Call)) else ():
                known[qualname].setdefault((pair.first, pair.second), pair)
    return known[qualname]
