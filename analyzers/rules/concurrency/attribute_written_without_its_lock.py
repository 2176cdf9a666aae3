"""An attribute that is written under a lock everywhere but here.

Why it matters: A lock protects an attribute only if every writer holds it. One write beside it, and updates are lost or
half-made values are seen, now and then and only under load.

What to do: Take the lock around this write too.

What it does not see: Reads without the lock; locks taken by the caller of a public method; subclasses. Nothing is said
of a write in a method with a decorator that may take the lock, or in a `with` on something else of the object.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import Glimpse, around_modelled
from analyzers.holdings import held, may_be_held
from analyzers.model import Confidence, Examined, Finding, Severity, Step
from analyzers.models import Lock
from analyzers.outline import Definition, Kind
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

# A single locked write says little of what the lock is for.
ENOUGH = 2
SHOWN = 4
ATTRIBUTE = re.compile(r"\.(\w+)")
CALLED = re.compile(r"\.(\w+)\(")
LOCKING = re.compile("lock|condition", re.IGNORECASE)
ALONE = frozenset({"__init__", "__new__", "__del__", "__setstate__", "__getstate__", "__post_init__", "__copy__"})
# Decorators that take no lock.
PLAIN_MARKS = frozenset(
    "property setter deleter getter cached_property staticmethod classmethod abstractmethod override final".split()
)
PROMISES = frozenset("locked unlocked nolock unsafe init initialize setup fork reinit lock acquire release".split())


def _in_locked_class(glimpse: Glimpse) -> bool:
    """Whether the unit is a method of a class with a lock, or holds classes of its own."""
    if glimpse.unit.kind is Kind.STATEMENT:
        return "class" in glimpse.written
    return glimpse.unit.kind is Kind.FUNCTION and _has_lock(glimpse.unit.qualname.rpartition(".")[0], glimpse.file)


RULE = Rule(
    name="attribute-written-without-its-lock",
    title="Attribute written without its lock",
    weakness="CWE-820",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    message="`{attribute}` is written here without `{lock}`, which is held at {count} other places that write it.",
    advice="Put this write under `with {lock}:` as well.",
    topic="attributes guarded by a lock",
    clean="written under it",
    in_tests=False,
    needs=(around_modelled(Lock), _in_locked_class),
    bad=(
        Bad(
            """
            import threading

            class Meter:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._total = 0

                def add(self, amount):
                    with self._lock:
                        self._total += amount  # step

                def remove(self, amount):
                    with self._lock:
                        self._total -= amount  # step

                def reset(self):
                    self._total = 0  # finding
            """
        ),
        Bad(
            base="""
            import threading

            class Meter:
                def __init__(self):
                    self._lock = threading.RLock()
                    self._total = 0

                def add(self, amount):
                    with self._lock:
                        self._total += amount

                def remove(self, amount):
                    with self._lock:
                        self._total -= amount

                def reset(self):
                    with self._lock:
                        self._total = 0
            """,
            code="""
            import threading

            class Meter:
                def __init__(self):
                    self._lock = threading.RLock()
                    self._total = 0

                def add(self, amount):
                    self._total += amount  # finding

                def remove(self, amount):
                    with self._lock:
                        self._total -= amount  # step

                def reset(self):
                    with self._lock:
                        self._total = 0  # step
            """,
        ),
    ),
    good=(
        Good(
            "the decorator, or a method of the object, may take the lock",
            """
            import threading
            from shop.locking import synchronized

            class Table:
                def __init__(self):
                    self._lock = threading.RLock()

                def put(self):
                    with self._lock:
                        self.version += 1
                        self.version %= 1000

                @synchronized
                def clear(self):
                    self.version = 0

                def restore(self, version):
                    with self._writing():
                        self.version = version
            """,
        ),
        Good(
            "every writer holds the lock",
            """
            import threading

            class Meter:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._total = 0

                def add(self, amount):
                    with self._lock:
                        self._total += amount

                def reset(self):
                    with self._lock:
                        self._total = 0
            """,
        ),
        Good(
            "the helper is called with the lock held",
            """
            import threading

            class Meter:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._total = 0

                def add(self, amount):
                    with self._lock:
                        self._total += amount

                def remove(self, amount):
                    with self._lock:
                        self._total -= amount

                def restart(self):
                    with self._lock:
                        self._clear()

                def _clear(self):
                    self._total = 0
            """,
        ),
        Good(
            "the name says that the caller holds the lock",
            """
            import threading

            class Meter:
                def __init__(self):
                    self._lock = threading.Lock()

                def add(self, amount):
                    with self._lock:
                        self._total += amount

                def remove(self, amount):
                    with self._lock:
                        self._total -= amount

                def reset_locked(self):
                    self._total = 0
            """,
        ),
        Good(
            "most writers do without the lock: it guards something else",
            """
            import threading

            class Meter:
                def __init__(self):
                    self._lock = threading.Lock()

                def add(self, amount):
                    with self._lock:
                        self.file.write(amount)
                        self.last = amount

                def start(self):
                    self.last = 0

                def stop(self):
                    self.last = None
            """,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Write:
    """One write of an attribute, under these locks (their code as written)."""

    node: cst.CSTNode
    function: str
    locks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Writes:
    """The writes of an attribute, without a lock and with one, and the locks that all of the latter hold."""

    bare: Sequence[Write]
    guarded: Sequence[Write]
    usual: frozenset[str]

    @classmethod
    def of(cls, writes: Sequence[Write]) -> "Writes":
        """The writes, told apart."""
        bare = [write for write in writes if not write.locks]
        guarded = [write for write in writes if write.locks]
        enough = len(guarded) >= ENOUGH
        return cls(
            bare, guarded, frozenset.intersection(*(write.locks for write in guarded)) if enough else frozenset()
        )


@dataclass(frozen=True, slots=True)
class Speaking:
    """The members of a class by what their lines show: a name that is written behind a dot, or called."""

    written: dict[str, list[Definition]] = field(default_factory=dict)
    called: dict[str, list[Definition]] = field(default_factory=dict)


@RULE.on(cst.Assign, cst.AugAssign, cst.AnnAssign)
def check(statement: cst.Assign | cst.AugAssign | cst.AnnAssign, file: SourceFile) -> Iterator[Finding | Examined]:
    """One assignment: told from every writer, for the lock may be what is new."""
    method = file.outline.by_name.get(file.definition_name(statement))
    attribute = _attribute(statement, method)
    if method is None or not attribute or not _has_lock(method.parent, file) or _is_apart(method, file):
        return
    writes = _writes(method.parent, attribute, file)
    if writes.usual and len(writes.bare) == 1:
        yield _finding(writes, f"{method.first_parameter}.{attribute}", file)
    elif writes.usual and not writes.bare and any(write.node is statement for write in writes.guarded):
        yield RULE.examined(file, statement)


def _finding(writes: Writes, attribute: str, file: SourceFile) -> Finding:
    lock, count = min(writes.usual), str(len(writes.guarded))
    spans = [file.span(write.node) for write in _witnesses(writes, file)[:SHOWN]]
    steps = tuple(Step(file.path, span, f"written under {lock}") for span in spans)
    return RULE.finding(file, writes.bare[0].node, steps=steps, attribute=attribute, lock=lock, count=count)


def _witnesses(writes: Writes, file: SourceFile) -> Sequence[Write]:
    """The guarded writes that make the other one wrong: where enough are untouched, one more changes nothing."""
    spans = [(one, file.span(one.node)) for one in writes.guarded]
    old = [one for one, span in spans if not file.project.touches(file.path, span.line, span.end_line)]
    return old if len(old) >= ENOUGH else writes.guarded


def _attribute(statement: cst.CSTNode, method: Definition | None) -> str:
    """`x` of `self.x = ...` and `self.x += ...`."""
    targets = [one.target for one in statement.targets] if isinstance(statement, cst.Assign) else []
    if isinstance(statement, (cst.AugAssign, cst.AnnAssign)) and statement.value is not None:
        targets = [statement.target]
    for target in targets:
        if isinstance(target, cst.Attribute) and method and syntax.is_name(target.value, method.first_parameter):
            return target.attr.value
    return ""


def _has_lock(klass: str, file: SourceFile) -> bool:
    """Whether some attribute of the class is made by a call whose name speaks of a lock."""
    known: dict[str, bool] = file.cache.setdefault(_has_lock, {})
    if klass not in known:
        some = file.outline.attributes(klass) if klass in file.outline.classes and _speaks_of_locks(file) else {}
        known[klass] = any(LOCKING.search(binding.target) for bound in some.values() for binding in bound)
    return known[klass]


def _speaks_of_locks(file: SourceFile) -> bool:
    if _speaks_of_locks not in file.cache:
        file.cache[_speaks_of_locks] = LOCKING.search(file.glossary) is not None
    return bool(file.cache[_speaks_of_locks])


def _writes(klass: str, attribute: str, file: SourceFile) -> Writes:
    """The writes of an attribute in the methods of a class that work on a shared object."""
    known: dict[tuple[str, str], Writes] = file.cache.setdefault(_writes, {})
    if (klass, attribute) not in known:
        methods = _speaking(klass, file).written.get(attribute, ())
        known[klass, attribute] = Writes.of([one for method in methods for one in _of_method(method, attribute, file)])
    return known[klass, attribute]


def _speaking(klass: str, file: SourceFile) -> Speaking:
    known: dict[str, Speaking] = file.cache.setdefault(_speaking, {})
    if klass not in known:
        known[klass] = speaking = Speaking()
        for member in file.outline.members(klass):
            lines = _lines(member, file)
            for name in dict.fromkeys(name for line in lines for name in ATTRIBUTE.findall(line.rpartition("=")[0])):
                speaking.written.setdefault(name, []).append(member)
            for name in dict.fromkeys(name for line in lines for name in CALLED.findall(line)):
                speaking.called.setdefault(name, []).append(member)
    return known[klass]


def _of_method(method: Definition, attribute: str, file: SourceFile) -> Iterator[Write]:
    function = file.function(method.qualname)
    if function is None or _is_apart(method, file):
        return
    for node in syntax.inside(function.body):
        if isinstance(node, (cst.Assign, cst.AugAssign, cst.AnnAssign)) and _attribute(node, method) == attribute:
            locks = frozenset(holding.name for holding in held(node, file))
            if locks or not (_is_marked(method) or may_be_held(node, method.first_parameter, file)):
                yield Write(node, method.qualname, locks)


def _is_marked(method: Definition) -> bool:
    """Whether a decorator may take the lock: `@synchronized`."""
    return any(mark.rpartition(".")[2] not in PLAIN_MARKS for mark in method.decorators)


def _is_apart(method: Definition, file: SourceFile) -> bool:
    """Methods on an object nobody else has yet, or whose caller holds the lock, or that take it by hand."""
    known: dict[str, bool] = file.cache.setdefault(_is_apart, {})
    if method.qualname not in known:
        known[method.qualname] = (
            method.name in ALONE
            or bool(PROMISES & set(syntax.words(method.name)))
            or _mentions(method, ".acquire(", file)
            or _mentions(method, "lock held", file)
            or _called_under_lock(method, file)
        )
    return known[method.qualname]


def _mentions(method: Definition, text: str, file: SourceFile) -> bool:
    return any(text in line for line in _lines(method, file))


def _lines(method: Definition, file: SourceFile) -> list[str]:
    return file.lines[method.line - 1 : method.end_line]


def _called_under_lock(method: Definition, file: SourceFile) -> bool:
    """Whether a method of the class calls it under a lock, or while the object is still being made."""
    for other in _speaking(method.parent, file).called.get(method.name, ()):
        if other.kind is not Kind.FUNCTION or other is method:
            continue
        function = file.function(other.qualname)
        for node in syntax.inside(function.body) if function else ():
            own = isinstance(node, cst.Call) and syntax.method(node) == method.name
            if own and (other.name in ALONE or any(True for _ in held(node, file))):
                return True
    return False
