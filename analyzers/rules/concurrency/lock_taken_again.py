"""A lock that its holder takes a second time.

Why it matters: A `threading.Lock` does not know who holds it. A function that calls another one which takes the same
lock waits for itself: the thread never goes on, and neither does any other that wants the lock.

What to do: Split off what is done under the lock into a function that both call with the lock held; or make it an
`RLock`, which its holder may take again.

What it does not see: Locks that are taken two calls further down, under a condition, or through another object; a lock
that was an `RLock` before, where nothing else of the functions is changed.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.callers import calls_of
from analyzers.fit.called import called
from analyzers.glimpse import around_modelled, says
from analyzers.holdings import Holding, held, taken
from analyzers.model import Finding, Severity, Step
from analyzers.models import Lock
from analyzers.outline import Definition
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import never_runs, running

# https://docs.python.org/3/library/threading.html#lock-objects
ONCE = frozenset({"threading.Lock", "multiprocessing.Lock"})

RULE = Rule(
    name="lock-taken-again",
    title="Lock taken again by its holder",
    weakness="CWE-833",
    severity=Severity.HIGH,
    message="`{call}` takes `{lock}`, which is held here already: this thread then waits for itself for ever.",
    advice="Call `{call}` without `{lock}`, or do its work in a function that expects `{lock}` to be held.",
    in_tests=False,
    needs=(
        says("with"),
        around_modelled(Lock),
    ),
    bad=(
        Bad(
            """
            import threading

            class Cache:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._rows = {}

                def size(self):
                    with self._lock:  # step
                        return len(self._rows)

                def put(self, key, row):
                    with self._lock:  # step
                        self._rows[key] = row
                        return self.size()  # finding
            """
        ),
        Bad(
            base="""
            import threading

            lock = threading.Lock()
            rows = {}

            def forget(key):
                rows.pop(key, None)

            def forget_all(keys):
                with lock:
                    for key in keys:
                        forget(key)
            """,
            code="""
            import threading

            lock = threading.Lock()
            rows = {}

            def forget(key):
                with lock:  # step
                    rows.pop(key, None)

            def forget_all(keys):
                with lock:  # step
                    for key in keys:
                        forget(key)  # finding
            """,
        ),
    ),
    good=(
        Good(
            "its holder may take an `RLock` again",
            """
            import threading

            class Cache:
                def __init__(self):
                    self._lock = threading.RLock()
                    self._rows = {}

                def size(self):
                    with self._lock:
                        return len(self._rows)

                def put(self, key, row):
                    with self._lock:
                        self._rows[key] = row
                        return self.size()
            """,
        ),
        Good(
            "another object has a lock of its own",
            """
            import threading

            class Cache:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._rows = {}

                def size(self):
                    with self._lock:
                        return len(self._rows)

                def fits(self, other):
                    with self._lock:
                        return len(self._rows) == other.size()
            """,
        ),
        Good(
            "the function asks first whether it shall take the lock",
            """
            import threading

            class Cache:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._rows = {}

                def size(self, locked=False):
                    if locked:
                        return len(self._rows)
                    with self._lock:
                        return len(self._rows)

                def put(self, key, row):
                    with self._lock:
                        self._rows[key] = row
                        return self.size(locked=True)
            """,
        ),
        Good(
            "the function that takes it runs later",
            """
            import threading

            class Cache:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._rows = {}

                def size(self):
                    with self._lock:
                        return len(self._rows)

                def watch(self, clock):
                    with self._lock:
                        clock.every(5, lambda: print(self.size()))
            """,
        ),
        Good(
            "the lock is given back before",
            """
            import threading

            class Cache:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._rows = {}

                def size(self):
                    with self._lock:
                        return len(self._rows)

                def put(self, key, row):
                    with self._lock:
                        self._rows[key] = row
                    return self.size()
            """,
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding]:
    """One call under a lock."""
    before = {one.name: one for one in held(call, file) if one.made in ONCE}
    target = called(call, file) if before else None
    if target is None or target.place.file is not file or never_runs(call, file):
        return
    for again in _takes(target.place.definition, file):
        holding = before.get(again.name)
        if holding and _is_same(again.name, call, file) and not _is_given_back(holding, file):
            steps = (
                Step(file.path, file.span(holding.item), f"`{holding.name}` is taken"),
                Step(file.path, file.span(again.item), f"`{target.place.definition.name}` takes it again"),
            )
            yield RULE.finding(file, call, steps=steps, call=f"{file.code(call.func)}()", lock=holding.name)
            return


@RULE.on(cst.With)
def check_callers(block: cst.With, file: SourceFile) -> Iterator[Finding]:
    """One function that takes a lock: that it does may be what is new."""
    function = running(block, file)
    if isinstance(function, cst.FunctionDef) and any(one.made in ONCE for one in taken(block, file)):
        for call in calls_of(function.name.value, file):
            yield from check(call, file)


def _takes(definition: Definition, file: SourceFile) -> Iterator[Holding]:
    """The locks that a plain function takes whenever it is called: by a `with` that only simple statements precede."""
    function = file.function(definition.qualname)
    if function is None or function.asynchronous or not isinstance(function.body, cst.IndentedBlock):
        return
    if any(isinstance(node, cst.Yield) for node in syntax.inside(function.body)):
        return
    for statement in function.body.body:
        if isinstance(statement, cst.With):
            yield from taken(statement, file)
        elif not isinstance(statement, cst.SimpleStatementLine) or any(map(_leaves, statement.body)):
            return


def _leaves(statement: cst.BaseSmallStatement) -> bool:
    return isinstance(statement, (cst.Return, cst.Raise))


def _is_same(lock: str, call: cst.Call, file: SourceFile) -> bool:
    """Whether the name of the lock means the same there: `self._lock` in a method of `self`, or a global one."""
    root = lock.partition(".")[0]
    if isinstance(call.func, cst.Attribute) and syntax.is_name(call.func.value, "self"):
        return root == "self" or root in file.outline.names[""]
    return root in file.outline.names[""]


def _is_given_back(holding: Holding, file: SourceFile) -> bool:
    """Whether the block gives the lock back by hand somewhere."""
    block = file.parent(holding.item)
    return block is not None and f"{holding.name}.release(" in file.code(block)
