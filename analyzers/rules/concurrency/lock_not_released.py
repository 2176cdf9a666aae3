"""A lock that stays taken when something between `acquire` and `release` raises or returns.

Why it matters: One exception between the two calls, and the lock is never given back. Every thread that asks for it
afterwards waits for ever.

What to do: `with lock:` gives the lock back on every way out.

What it does not see: Locks taken in one function and given back in another; locks that are only tried
(`acquire(blocking=False)`).
"""

from collections.abc import Iterator, Sequence
from itertools import dropwhile, islice, takewhile

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import says
from analyzers.holdings import made_by
from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity, Span, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

NAMES = frozenset({"lock", "rlock", "mutex", "semaphore", "sem"})
RAISING = (cst.Call, cst.Await, cst.Raise, cst.Return, cst.Assert)
HARMLESS = frozenset(
    "append add discard clear len bool is_set set notify notify_all time monotonic debug info warning error exception "
    "log list dict tuple items keys values get copy isinstance id".split()
)
LOOPS = (cst.For, cst.While)
INDENT = "    "
# Lines that cannot simply be indented: texts over several lines, lines that go on.
CONTINUED = ('"""', "'''", "\\")

RULE = Rule(
    name="lock-not-released",
    title="Lock not released on every way out",
    weakness="CWE-667",
    severity=Severity.HIGH,
    message="`{lock}` stays locked for ever if `{risk}` {leaves}: `{lock}.release()` is then never reached.",
    advice="Write `{holding}:` around what stands between `acquire` and `release`.",
    topic="locks taken by hand",
    clean="given back on every way out",
    in_tests=False,
    needs=(says("acquire"),),
    known_as=("consider-using-with", "R1732"),
    bad=(
        Bad(
            """
            def count(self, rows):
                for row in rows:
                    self.lock.acquire()  # finding
                    if not row.ready:
                        continue  # step
                    self.total += row.size
                    self.lock.release()
            """,
            fixed="""
            def count(self, rows):
                for row in rows:
                    with self.lock:
                        if not row.ready:
                            continue
                        self.total += row.size
            """,
        ),
        Bad(
            """
            def add(self, row):
                self.lock.acquire()  # finding
                self.rows.append(self.parse(row))  # step
                self.lock.release()
            """,
            fixed="""
            def add(self, row):
                with self.lock:
                    self.rows.append(self.parse(row))
            """,
        ),
        Bad(
            """
            import threading
            guard = threading.Lock()

            def take(queue):
                guard.acquire()  # finding
                if not queue:
                    return None  # step
                item = queue.pop()
                guard.release()
                return item
            """,
            fixed="""
            import threading
            guard = threading.Lock()

            def take(queue):
                with guard:
                    if not queue:
                        return None
                    item = queue.pop()
                return item
            """,
        ),
        Bad(
            base="""
            def add(self, row):
                self.lock.acquire()
                try:
                    self.rows.append(self.parse(row))
                finally:
                    self.lock.release()
            """,
            code="""
            def add(self, row):
                self.lock.acquire()  # finding
                self.rows.append(self.parse(row))  # step
                self.lock.release()
            """,
            fixed="""
            def add(self, row):
                with self.lock:
                    self.rows.append(self.parse(row))
            """,
        ),
        Bad(
            """
            import asyncio

            class Pool:
                def __init__(self):
                    self.lock = asyncio.Lock()

                async def refill(self, source):
                    await self.lock.acquire()  # finding
                    self.free = await source.more()  # step
                    self.lock.release()
            """,
            fixed="""
            import asyncio

            class Pool:
                def __init__(self):
                    self.lock = asyncio.Lock()

                async def refill(self, source):
                    async with self.lock:
                        self.free = await source.more()
            """,
        ),
    ),
    good=(
        Good(
            "before the next round it is given back",
            """
            def count(self, rows):
                for row in rows:
                    self.lock.acquire()
                    if not row.ready:
                        self.lock.release()
                        continue
                    self.total += row.size
                    self.lock.release()
            """,
        ),
        Good(
            "`finally` gives it back",
            """
            def add(self, row):
                self.lock.acquire()
                try:
                    self.rows.append(self.parse(row))
                finally:
                    self.lock.release()
            """,
        ),
        Good(
            "nothing between the two can raise",
            """
            def next(self):
                self.lock.acquire()
                self.count += 1
                self.lock.release()
            """,
        ),
        Good(
            "the loop is left with the lock, which is given back behind it",
            """
            def wait(self):
                while True:
                    self.lock.acquire()
                    if self.ready():
                        break
                    self.lock.release()
                self.send()
                self.lock.release()
            """,
        ),
        Good(
            "the lock is given back by whoever is called",
            """
            def begin(self):
                self.lock.acquire()
                self.worker.start()
            """,
        ),
    ),
)


@RULE.on(cst.Expr)
def check(statement: cst.Expr, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call of `acquire` that stands for itself."""
    lock = _lock(statement, "acquire", file)
    between = _until_release(statement, lock, file) if lock else None
    if not lock or between is None:
        return
    again = _goes_round(statement, between, lock, file)
    risk = again or next((node for one in between for node in syntax.inside(one) if _is_risk(node)), None)
    if risk is None or (again is None and _leads_elsewhere(between, lock, file)):
        yield RULE.examined(file, statement)
        return
    leaves = "is reached" if isinstance(risk, (cst.Return, cst.Raise, cst.Continue)) else "raises"
    step = Step(file.path, file.head_span(risk), "the lock is still held on this way out")
    fix = _fix(statement, between, lock, file)
    holding = f"{'async ' if isinstance(statement.value, cst.Await) else ''}with {lock}"
    yield RULE.finding(
        file, statement, steps=(step,), fix=fix, lock=lock, holding=holding, risk=_words(risk, file), leaves=leaves
    )


def _lock(statement: cst.CSTNode, verb: str, file: SourceFile) -> str:
    """The code of the lock of a statement `lock.acquire()`, "" for another statement."""
    call = statement.value if isinstance(statement, cst.Expr) else None
    call = call.expression if isinstance(call, cst.Await) and verb == "acquire" else call
    if not isinstance(call, cst.Call) or syntax.method(call) != verb or call.args:
        return ""
    lock = syntax.receiver(call)
    words = syntax.words(syntax.last_name(lock))
    known = lock is not None and (made_by(lock, file) or (words and words[-1] in NAMES))
    return file.code(lock) if lock is not None and known else ""


def _until_release(statement: cst.Expr, lock: str, file: SourceFile) -> list[cst.CSTNode] | None:
    """The statements up to the release in the same block; None when it is not there."""
    line = file.parent(statement)
    block = file.parent(line) if line else None
    if not isinstance(block, cst.IndentedBlock):
        return None
    following = dropwhile(lambda one: one is not statement, syntax.small_statements(block))
    between: list[cst.CSTNode] = []
    for one in islice(following, 1, None):
        if _lock(one, "release", file) == lock:
            return between
        between.append(one)
    return None


def _is_risk(node: cst.CSTNode) -> bool:
    return isinstance(node, RAISING) and not (isinstance(node, cst.Call) and syntax.last_name(node.func) in HARMLESS)


def _goes_round(
    statement: cst.Expr, between: Sequence[cst.CSTNode], lock: str, file: SourceFile
) -> cst.Continue | None:
    """A `continue` of the loop that takes the lock in each round, where nothing gives it back."""
    loop = next((one for one in file.ancestors(statement) if isinstance(one, LOOPS)), None)
    nodes = [node for one in between for node in syntax.inside(one)]
    if loop is None or any(_lock(node, "release", file) == lock for node in nodes):
        return None
    return next((one for one in nodes if isinstance(one, cst.Continue) and _is_bare(one, loop, file)), None)


def _is_bare(node: cst.Continue, loop: cst.CSTNode, file: SourceFile) -> bool:
    """Whether a `continue` of the loop stands under nothing but tests, and nothing in its block could give back."""
    around = list(takewhile(lambda one: one is not loop, file.ancestors(node)))
    plain = all(isinstance(one, (cst.SimpleStatementLine, cst.IndentedBlock, cst.If, cst.Else)) for one in around)
    block = next((one for one in around if isinstance(one, cst.IndentedBlock)), None)
    return plain and block is not None and not any(map(_is_risk, syntax.inside(block)))


def _leads_elsewhere(between: Sequence[cst.CSTNode], lock: str, file: SourceFile) -> bool:
    """Whether some way out gives the lock back by itself, or leaves a loop with it: then nothing is said."""
    nodes = (node for one in between for node in syntax.inside(one))
    return any(isinstance(node, (cst.Break, cst.Continue)) or _lock(node, "release", file) == lock for node in nodes)


def _words(risk: cst.CSTNode, file: SourceFile) -> str:
    return f"{file.code(risk.func)}()" if isinstance(risk, cst.Call) else file.code(risk)


def _fix(statement: cst.Expr, between: Sequence[cst.CSTNode], lock: str, file: SourceFile) -> Fix | None:
    """`with lock:` in place of `acquire`, the lines up to `release` one step deeper, `release` gone."""
    start = file.span(statement)
    last = file.span(between[-1]).end_line
    lines = [file.line_text(number) for number in range(start.line, last + 2)]
    tail = lines[0].partition(".acquire()")[2]
    waits = isinstance(statement.value, cst.Await)
    taking, holding = (f"await {lock}", f"async with {lock}") if waits else (lock, f"with {lock}")
    alone = lines[0].strip().startswith(f"{taking}.acquire()") and lines[-1].strip() == f"{lock}.release()"
    if not alone or any(mark in line for line in lines for mark in CONTINUED):
        return None
    indent = lines[0][: start.column - 1]
    body = [f"{INDENT}{line}" if line.strip() else line for line in lines[1:-1]]
    text = "\n".join([f"{holding}:{tail}", *body])
    end = Span(start.line, start.column, last + 1, len(lines[-1]) + 1)
    return Fix(f"Hold the lock with `{holding}`", Safety.SAFE, (Edit(end, text),)) if indent.isspace() else None
