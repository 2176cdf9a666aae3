"""A value that is looked for without the lock under which it is then made.

Why it matters: Two threads can both find it missing, and both wait for the lock. The second one makes the value again
and replaces what the first already uses: two connections, two counters, one of them lost.

What to do: Look again when the lock is held, or do both under the lock.

What it does not see: Checks and acts in different functions; locks whose making cannot be seen.
"""

from collections.abc import Iterator
from itertools import pairwise

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import around_modelled, says
from analyzers.holdings import Holding, taken
from analyzers.model import Examined, Finding, Severity, Step
from analyzers.models import Lock
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import running

RULE = Rule(
    name="checked-outside-lock",
    title="Checked outside the lock",
    weakness="CWE-609",
    severity=Severity.MEDIUM,
    message="`{test}` is asked before `{lock}` is taken: two threads can both pass it, and `{target}` is set twice.",
    advice="Ask `{test}` again under `{lock}`, or put the whole `if` under it.",
    topic="values made once under a lock",
    clean="looked for under it",
    in_tests=False,
    needs=(
        says("if"),
        says("with"),
        around_modelled(Lock),
    ),
    bad=(
        Bad(
            """
            import threading

            lock = threading.Lock()
            client = None

            def shared():
                global client
                if client is None:  # step
                    with lock:
                        client = connect()  # finding
                return client
            """
        ),
        Bad(
            """
            import threading

            class Pools:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._pools = {}

                def pool(self, host):
                    if host not in self._pools:  # step
                        with self._lock:
                            self._pools[host] = Pool(host)  # finding
                    return self._pools[host]
            """
        ),
        Bad(
            base="""
            import threading

            class Pools:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._pools = {}

                def pool(self, host):
                    with self._lock:
                        if host not in self._pools:
                            self._pools[host] = Pool(host)
                    return self._pools[host]
            """,
            code="""
            import threading

            class Pools:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._pools = {}

                def pool(self, host):
                    if host not in self._pools:  # step
                        with self._lock:
                            self._pools[host] = Pool(host)  # finding
                    return self._pools[host]
            """,
        ),
        Bad(
            """
            import threading

            class Pools:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._pools = {}

                def pool(self, host):
                    if host in self._pools:  # step
                        return self._pools[host]
                    with self._lock:
                        self._pools[host] = Pool(host)  # finding
                    return self._pools[host]
            """
        ),
    ),
    good=(
        Good(
            "what returns early asks again under the lock",
            """
            import threading

            lock = threading.Lock()
            client = None

            def shared():
                global client
                if client is not None:
                    return client
                with lock:
                    if client is None:
                        client = connect()
                    return client
            """,
        ),
        Good(
            "what is there already is of no use to the one who leaves",
            """
            import threading

            class Worker:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._stopped = False

                def stop(self):
                    if self._stopped:
                        return
                    with self._lock:
                        self._stopped = True
            """,
        ),
        Good(
            "the question is asked again under the lock",
            """
            import threading

            lock = threading.Lock()
            client = None

            def shared():
                global client
                if client is None:
                    with lock:
                        if client is None:
                            client = connect()
                return client
            """,
        ),
        Good(
            "check and act are both under the lock",
            """
            import threading

            lock = threading.Lock()
            pools = {}

            def pool(host):
                with lock:
                    if host not in pools:
                        pools[host] = connect(host)
                    return pools[host]
            """,
        ),
        Good(
            "the test is about something else than what is set",
            """
            import threading

            lock = threading.Lock()
            hits = {}

            def count(host, log):
                if log is None:
                    with lock:
                        hits[host] = 1
            """,
        ),
        Good(
            "what is missing is an argument of the caller",
            """
            import threading

            class Ids:
                def __init__(self):
                    self.lock = threading.Lock()
                    self.last = 0

                def name(self, key=None):
                    if key is None:
                        with self.lock:
                            self.last += 1
                            key = self.last
                    return f'item-{key}'
            """,
        ),
        Good(
            "setting the default leaves a value that is there alone",
            """
            import threading

            lock = threading.Lock()
            pools = {}

            def pool(host):
                if host not in pools:
                    with lock:
                        pools.setdefault(host, connect(host))
                return pools[host]
            """,
        ),
    ),
)


@RULE.on(cst.If)
def check(condition: cst.If, file: SourceFile) -> Iterator[Finding | Examined]:
    """One `if` whose body begins with a lock."""
    block = next(iter(syntax.small_statements(condition.body)), None)
    holding = next(taken(block, file), None) if isinstance(block, cst.With) else None
    if not holding or not isinstance(block, cst.With):
        return
    yield from _judged(_missing(condition.test, file), condition, block, holding, file)


@RULE.on(cst.IndentedBlock)
def check_behind(body: cst.IndentedBlock, file: SourceFile) -> Iterator[Finding | Examined]:
    """The statements of a block: a lock right behind an `if` that returns what is there."""
    for condition, block in pairwise(body.body):
        if isinstance(condition, cst.If) and isinstance(block, cst.With):
            holding = next(taken(block, file), None)
            target = _there(condition.test, file) if holding and _returns(condition) else ""
            if holding and target and target.partition("[")[0] in file.code(condition.body):
                yield from _judged(target, condition, block, holding, file)


def _judged(
    target: str, condition: cst.If, block: cst.With, holding: Holding, file: SourceFile
) -> Iterator[Finding | Examined]:
    if not target or not _is_shared(target, condition, file):
        return
    if _asks_again(block, target, file):
        yield RULE.examined(file, condition)
        return
    act = next((one for one in syntax.small_statements(block.body) if _sets(one, target, file)), None)
    if act is not None:
        test = file.code(condition.test)
        step = Step(file.path, file.span(condition.test), "the check, without the lock")
        yield RULE.finding(file, act, steps=(step,), test=test, lock=holding.name, target=target)


def _returns(condition: cst.If) -> bool:
    """Whether an `if` without an `else` ends with returning something."""
    last = list(syntax.small_statements(condition.body))[-1:]
    return condition.orelse is None and any(isinstance(one, cst.Return) and one.value is not None for one in last)


def _there(test: cst.BaseExpression, file: SourceFile) -> str:
    """The code of what `x is not None`, `x` or `key in x` finds there already: `x`, or `x[key]`."""
    match test:
        case cst.Name() | cst.Attribute():
            return file.code(test)
        case cst.Comparison(
            comparisons=[cst.ComparisonTarget(operator=cst.IsNot(), comparator=cst.Name(value="None"))]
        ):
            return file.code(test.left)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=cst.In(), comparator=holder)]):
            return f"{file.code(holder)}[{file.code(test.left)}]"
    return ""


def _missing(test: cst.BaseExpression, file: SourceFile) -> str:
    """The code of what `x is None`, `not x` or `key not in x` finds missing: `x`, or `x[key]`."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=(cst.Name() | cst.Attribute()) as what):
            return file.code(what)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=cst.Is(), comparator=cst.Name(value="None"))]):
            return file.code(test.left)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=cst.NotIn(), comparator=holder)]):
            return f"{file.code(holder)}[{file.code(test.left)}]"
    return ""


def _is_shared(target: str, node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether other threads see it: something of the object or of the module, not a local variable or an argument."""
    root = target.partition(".")[0].partition("[")[0]
    method = file.outline.by_name.get(file.definition_name(node))
    function = running(node, file)
    own = file.local_names(function) if function else {}
    return root not in own or (method is not None and root == method.first_parameter and root in ("self", "cls"))


def _asks_again(block: cst.With, target: str, file: SourceFile) -> bool:
    """Whether anything under the lock is decided by what is there already."""
    holder = target.partition("[")[0]
    tests = (node.test for node in syntax.inside(block.body) if isinstance(node, (cst.If, cst.IfExp, cst.While)))
    return any(holder in file.code(test) for test in tests)


def _sets(statement: cst.CSTNode, target: str, file: SourceFile) -> bool:
    return isinstance(statement, cst.Assign) and any(file.code(one.target) == target for one in statement.targets)
