"""Which calls wait for the clock, a network or a process, by the models; and which functions of the project do so."""

import re
from dataclasses import dataclass

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.flow.frame import typed
from analyzers.glimpse import Glimpse, last_words
from analyzers.model import Step
from analyzers.models import Blocking, Models
from analyzers.nearby import defined
from analyzers.outline import Definition, Kind
from analyzers.source import SourceFile

FUNCTIONS = (cst.FunctionDef, cst.Lambda)
ADDRESS_DEPTH = 4
# An address that names no other machine: https://www.rfc-editor.org/rfc/rfc2397, https://www.rfc-editor.org/rfc/rfc8089.
HERE = ("data:", "file:")
LOOPBACK = ("http://localhost", "https://localhost", "http://127.", "https://127.", "http://[::1]", "https://[::1]")


@dataclass(frozen=True, slots=True)
class Wait:
    """A call that waits: the dotted `name` of what waits, what it `does` in words, and the `steps` into a callee."""

    name: str
    does: str
    steps: tuple[Step, ...] = ()


def wait(call: cst.Call, file: SourceFile) -> Wait | None:
    """Whether the call waits: by itself, or because the project's function that it calls does so in its own body."""
    own = waits_itself(call, file)
    if own is not None:
        return own
    name = file.qualified(call.func)
    found = file.project.locate(name) if name and "." in name else None
    if found is None or found[1].kind is not Kind.FUNCTION:
        return None
    other, definition = found
    known: dict[str, tuple[cst.Call, Wait] | None] = other.cache.setdefault(wait, {})
    if definition.qualname not in known:
        known[definition.qualname] = _within(definition, other)
    inner = known[definition.qualname]
    return _through(call, file, definition, other, *inner) if inner else None


def waits_itself(call: cst.Call, file: SourceFile) -> Wait | None:
    """A call that is known to wait. `sleep(0)` does not."""
    models: Models | None = file.project.models
    origin = file.origin(call.func)
    name = typed(models, origin) if models and origin else None
    found = models.named(Blocking, name) if models else ()
    if not found or name is None or (len(call.args) == 1 and _is_zero(call.args[0].value)) or _goes_on(call, file):
        return None
    return Wait(name, found[0].does)


def _is_zero(node: cst.BaseExpression) -> bool:
    return isinstance(node, (cst.Integer, cst.Float)) and not node.evaluated_value


def _goes_on(call: cst.Call, file: SourceFile) -> bool:
    """Whether a call that mostly waits does not: it asks no server, or the shell puts the command (`run &`) aside."""
    command = syntax.text_value(call.args[0].value) if call.args else None
    return stays_here(call, file) or (command or "").rstrip().endswith("&")


def stays_here(call: cst.Call, file: SourceFile) -> bool:
    """Whether what is opened is no server: the address begins with `data:` or `file:`, or the function is for such."""
    if syntax.last_name(call.func) != "urlopen":
        return False
    named = set(syntax.words(file.definition_name(call).rpartition(".")[2]))
    return address(call, file).startswith(HERE) or {"data", "url"} <= named or {"data", "uri"} <= named


def address(call: cst.Call, file: SourceFile) -> str:
    """How the address of a request begins, as far as it is written out: "http://localhost:" of an f-string."""
    node = syntax.argument(call, 1 if syntax.last_name(call.func) == "request" else 0, "url", "host")
    for _ in range(ADDRESS_DEPTH):
        known = api.assigned(file, node) if isinstance(node, cst.Name) else None
        node = known if known is not None else node
        if isinstance(node, cst.Call) and syntax.last_name(node.func) == "Request":
            node = syntax.argument(node, 0, "url")
        elif isinstance(node, cst.BinaryOperation):
            node = node.left
        elif isinstance(node, cst.Call) and syntax.method(node) == "format":
            node = syntax.receiver(node)
    first = node.parts[0] if isinstance(node, cst.FormattedString) and node.parts else None
    return first.value if isinstance(first, cst.FormattedStringText) else syntax.text_value(node) or ""


def _within(definition: Definition, file: SourceFile) -> tuple[cst.Call, Wait] | None:
    """The first call that waits in a function's own body; none in a coroutine or a generator, which run later."""
    if not _may_wait(definition, file):
        return None
    function = file.function(definition.qualname)
    if function is None or function.asynchronous:
        return None
    nodes = list(syntax.inside(function.body))
    if any(isinstance(node, cst.Yield) for node in nodes):
        return None
    waits = ((node, waits_itself(node, file)) for node in nodes if isinstance(node, cst.Call))
    return next(((node, found) for node, found in waits if found), None)


def _may_wait(definition: Definition, file: SourceFile) -> bool:
    """A look at the text, which spares the parsing of most functions."""
    return any(map(_waiting_words(file).search, file.lines[definition.head : definition.end_line]))


def _waiting_words(file: SourceFile) -> re.Pattern[str]:
    names: re.Pattern[str] | None = file.project.cache.get(_waiting_words)
    if names is None:
        words = sorted(last_words(file.project.models, Blocking))
        names = file.project.cache[_waiting_words] = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\(")
    return names


def calls_waiting(glimpse: Glimpse) -> bool:
    """Whether a unit speaks of a function of the project that may wait in its own body."""
    known = defined(glimpse.file)
    found = (pair for name in glimpse.words for pair in known.get(name, ()) if pair[0].name == name)
    return any(_calls(glimpse, definition) and _may_wait(definition, file) for definition, file in found)


def _calls(glimpse: Glimpse, definition: Definition) -> bool:
    """Whether the call could be resolved: a function by its name, a method behind `self` or the name of its class."""
    if not definition.parent or definition.name not in glimpse.written:
        return True
    owners = (definition.first_parameter, definition.parent.rpartition(".")[2])
    return any(f"{owner}.{definition.name}(" in glimpse.text for owner in owners)


def _through(
    call: cst.Call, file: SourceFile, definition: Definition, other: SourceFile, inner: cst.Call, found: Wait
) -> Wait:
    steps = (
        Step(file.path, file.span(call), f"calls {definition.name}()"),
        Step(other.path, other.span(inner), f"{found.does} in {syntax.last_name(inner.func)}()"),
    )
    return Wait(found.name, found.does, steps)


def running(node: cst.CSTNode, file: SourceFile) -> cst.FunctionDef | cst.Lambda | None:
    """The function whose own code holds the node: when that runs, the node does. None at module and class level."""
    inside = node
    for outer in file.ancestors(node):
        if isinstance(outer, FUNCTIONS) and inside is outer.body:
            return outer
        inside = outer
    return None


def never_runs(node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether the node stands in the `else` of an `if True`, as where one source is made into two."""
    inside = node
    for outer in file.ancestors(node):
        if isinstance(outer, cst.If) and inside is outer.orelse and syntax.is_name(outer.test, "True"):
            return True
        inside = outer
    return False
