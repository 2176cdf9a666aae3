"""What the flow analyses answer, as frozen values. "Not decided" is an answer too, and never a finding."""

from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from analyzers.model import Span, Step
from analyzers.source import SourceFile


@dataclass(frozen=True, slots=True)
class Flow:
    """A value of a source kind that reaches a sink.

    `path` and `span` are the reported place: the sink itself when it stands in the analysed file, else the call that
    leads to it. `node` is the node there, when it belongs to the analysed function. `source` is the code the value
    comes from, `sink` the code that is reached (both short), `steps` the trace, `assumed` what was taken for granted.
    """

    path: str
    span: Span
    definition: str
    source: str
    sink: str
    steps: tuple[Step, ...]
    assumed: tuple[str, ...] = ()
    node: cst.CSTNode | None = field(default=None, compare=False, repr=False)
    argument: cst.BaseExpression | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Flows:
    """What `taints` found in one function: flows, and sinks of the kind that nothing bad reaches.

    When `decided` is false the budget ran out: both tuples are empty.
    """

    flows: tuple[Flow, ...] = ()
    clean: tuple[cst.Call, ...] = field(default=(), compare=False, repr=False)
    decided: bool = True


@dataclass(frozen=True, slots=True)
class Built:
    """A text put together at run time: `parts` are the pieces that are not constant, `node` where that happens."""

    node: cst.BaseExpression = field(compare=False, repr=False)
    parts: tuple[cst.BaseExpression, ...] = field(compare=False, repr=False)
    how: str = "an f-string"


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is certain, whichever way the program goes."""

    value: Any


@dataclass(frozen=True, slots=True)
class Acquisition:
    """A resource taken at `node` and kept in the variable `name`.

    `released` is true when every way out gives it back or passes the duty on. Otherwise `leaks` tells, shortest first,
    where the way out begins: the statement that can raise, the `return`, or the end of the function.
    """

    node: cst.Call = field(compare=False, repr=False)
    kind: str
    noun: str
    name: str
    released: bool
    leaks: tuple["Leak", ...] = ()


@dataclass(frozen=True, slots=True)
class Leak:
    """A way out of the function on which the resource is still held. `exit` is "raise", "return" or "end".

    After a "raise" that the function itself catches, `left` is the statement with which it then ends.
    It is not `likely` where only what hardly ever fails, such as a plain read, would have to raise.
    """

    exit: str
    node: cst.CSTNode = field(compare=False, repr=False)
    left: cst.CSTNode | None = field(default=None, compare=False, repr=False)
    likely: bool = True


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that is certainly held: its code as written, and where it was taken."""

    name: str
    node: cst.CSTNode = field(compare=False, repr=False)
    reentrant: bool = False


@dataclass(frozen=True, slots=True)
class MayBeNone:
    """The value can be None here: `node` is the call or constant it comes from, `because` when that is so.

    Of a call of the project's own, `answer` is the function and `nothings` where that returns None.
    """

    node: cst.CSTNode = field(compare=False, repr=False)
    because: str = ""
    answer: tuple[SourceFile, cst.FunctionDef] | None = field(default=None, compare=False, repr=False)
    nothings: tuple[cst.Return, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unbound:
    """A name that a `try` binds at `binding`; the `handler` goes on without it, to the `use`.

    Or the name of the error: the handler itself is its binding, and deletes it at its end. Whenever the handler takes
    an exception the first time, the name is not bound yet, and every way on from there that the handler itself does not
    end leads to a use. Where the first use stands behind a `for` around the `try`, that is the `loop`, which has run
    out.
    """

    name: str
    binding: cst.CSTNode = field(compare=False, repr=False)
    handler: cst.ExceptHandler = field(compare=False, repr=False)
    use: cst.Name = field(compare=False, repr=False)
    loop: cst.CSTNode | None = field(default=None, compare=False, repr=False)
