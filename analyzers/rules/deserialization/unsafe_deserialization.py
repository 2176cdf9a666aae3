"""Data read by pickle or one of its kin, which can run any code.

Why it matters: A pickle is a program for building objects. Whoever can write the bytes can run commands with the
rights of the reader.

What to do: Exchange data as JSON or another format of plain values. Where only this program writes the bytes, sign them
(`hmac`) and check the signature before reading.

What it does not see: Who can write the bytes: that is for the reviewer. Pickles inside caches, queues and sessions of
libraries; files that a library reads for you; whether a signature that is made above is the right one. Of low
confidence are bytes and files which mostly the program itself has written, unless a name says that they came in, and
messages in a file that writes such messages as well, where both ends are the program's; functions that are readers
themselves (`def load(data)`), whose callers know whose bytes they are; and modules whose trade is serialization.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.glimpse import named
from analyzers.model import Confidence, Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.scopes import parameters
from analyzers.source import SourceFile
from analyzers.waits import running

PICKLES = ("pickle", "cPickle", "_pickle", "dill", "cloudpickle")
READERS: dict[str, str] = {
    **{f"{module}.{verb}": "a pickle" for module in PICKLES for verb in ("load", "loads", "Unpickler().load")},
    "marshal.load": "marshalled code",
    "marshal.loads": "marshalled code",
    "jsonpickle.decode": "a pickle in JSON",
    "jsonpickle.loads": "a pickle in JSON",
    "shelve.open": "a shelf of pickles",
    "joblib.load": "a pickle",
    "pandas.read_pickle": "a pickle",
    "sklearn.externals.joblib.load": "a pickle",
}
# Only these options make them run code. torch: https://pytorch.org/docs/stable/generated/torch.load.html
OPTIONS = {"numpy.load": ("allow_pickle", "True"), "torch.load": ("weights_only", "False")}
WRITERS = ("dump", "dumps")
MAKERS = tuple(f"{module}.{verb}" for module in PICKLES for verb in WRITERS)
SIGNATURES = frozenset("hmac signature unsign verify verified compare".split())
READING = frozenset("load loads unpickle unmarshal deserialize".split())
# Names and calls that speak of what came in from outside.
FOREIGN = frozenset(
    "upload uploads uploaded download downloads downloaded request req response attachment socket sock remote url "
    "message msg payload body received incoming event cookie cookies query param params form args get post recv "
    "b64decode urlsafe_b64decode base64 unhexlify untrusted user input content".split()
)
# Of these, what a program that writes pickles itself may well have from its own other end.
ANSWERS = frozenset("message msg response resp payload body content event received incoming get".split())
# What an object keeps in itself may be encoded, too.
DECODERS = frozenset("b64decode urlsafe_b64decode base64 unhexlify".split())
TRADE = frozenset("pickle pickler pickling cloudpickle serialize serialization".split())

RULE = Rule(
    name="unsafe-deserialization",
    title="Data that can run code when it is read",
    weakness="CWE-502",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    message="`{call}` reads {what} from `{data}`: whoever can write these bytes can run code here.",
    advice="Store `{data}` as plain values (JSON), or sign it and check the signature before this line.",
    topic="reads of stored objects",
    clean="from data made right there",
    in_tests=False,
    in_tools=False,
    needs=(named(READERS, OPTIONS),),
    bad=(
        Bad(
            """
            import pickle
            def restore(upload):
                with open(upload.path, "rb") as file:
                    return pickle.load(file)  # finding
            """
        ),
        Bad(
            """
            from dill import loads
            def job(message):
                return loads(message.body)  # finding
            """
        ),
        Bad(
            """
            import torch
            def model(path):
                return torch.load(path, weights_only=False)  # finding
            """
        ),
        Bad(
            base="""
            import json
            def job(message):
                return json.loads(message.body)
            """,
            code="""
            import pickle
            def job(message):
                return pickle.loads(message.body)  # finding
            """,
        ),
    ),
    good=(
        Good("plain values", "import json\ndef job(message):\n    return json.loads(message.body)"),
        Good(
            "a copy through pickle: the bytes never left the program",
            "import pickle\ndef copy(value):\n    return pickle.loads(pickle.dumps(value))",
        ),
        Good(
            "the signature of the bytes is checked first",
            """
            import base64, hashlib, hmac, pickle
            def cookie(value, key):
                signature, message = value.split(b"?", 1)
                expected = base64.b64encode(hmac.new(key, message, hashlib.sha256).digest())
                if same(signature, expected):
                    return pickle.loads(base64.b64decode(message))
            """,
        ),
        Good(
            "the other end of the pipe is the parent process",
            """
            import os, pickle
            def child(descriptor):
                parent = os.fdopen(descriptor, "rb")
                return pickle.load(parent)
            """,
        ),
        Good("arrays without objects", "import numpy\ndef table(path):\n    return numpy.load(path)"),
        Good(
            "the bytes were made in the same function",
            """
            import pickle
            def copy(value):
                data = pickle.dumps(value)
                return pickle.loads(data)
            """,
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call."""
    name = file.origin(call.func) or ""
    if name in OPTIONS:
        option, bad = OPTIONS[name]
        if not syntax.is_name(syntax.argument(call, None, option), bad):
            return
    elif name not in READERS:
        return
    data = syntax.argument(call, 0) or _unpickler_input(call)
    if data is None:
        return
    if _own_bytes(data, file) or _signed(call, file):
        yield RULE.examined(file, call)
    else:
        what = READERS.get(name, "a pickle")
        lenient = _hands_on(call, data, file) or _is_trade(file) or not (name in OPTIONS or _is_foreign(data, file))
        sure = Confidence.LOW if lenient else RULE.confidence
        yield RULE.finding(file, call, confidence=sure, call=file.code(call.func), data=file.code(data), what=what)


def _unpickler_input(call: cst.Call) -> cst.BaseExpression | None:
    made = syntax.receiver(call)
    return syntax.argument(made, 0) if isinstance(made, cst.Call) else made


def _own_bytes(data: cst.BaseExpression, file: SourceFile) -> bool:
    """A literal, bytes that the same function pickled, or a pipe that the parent process left open."""
    name = file.origin(data) or ""
    return syntax.is_literal(data) or name == "os.fdopen()" or name.endswith(tuple(f".{verb}()" for verb in WRITERS))


def _signed(call: cst.Call, file: SourceFile) -> bool:
    """Whether the function makes or checks a signature above the read."""
    function, line = running(call, file), file.span(call).line
    calls = (node for node in syntax.inside(function.body) if isinstance(node, cst.Call)) if function else ()
    return any(file.span(one).line <= line and _is_signature(one, file) for one in calls)


def _is_signature(call: cst.Call, file: SourceFile) -> bool:
    if (file.qualified(call.func) or "").startswith("hmac."):
        return True
    return not SIGNATURES.isdisjoint(syntax.words(syntax.last_name(call.func)))


def _is_foreign(data: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether a name says that the bytes, or the file that they are read from, came in from outside."""
    opened = _opened(data, file) if isinstance(data, cst.Name) else None
    made = api.assigned(file, data) if isinstance(data, cst.Name) else None
    read = [node for one in (data, opened, made) if one is not None for node in syntax.inside(one)]
    own = any(isinstance(node, cst.Attribute) and syntax.is_name(node.value, "self") for node in read)
    names = (node.value for node in read if isinstance(node, cst.Name))
    foreign = FOREIGN - ANSWERS if _writes_pickles(file) else FOREIGN
    return any(not foreign.isdisjoint((*syntax.words(name), name)) for name in names if not (own and name in DECODERS))


def _writes_pickles(file: SourceFile) -> bool:
    """Whether the file says that it makes pickles, too."""
    known: bool | None = file.cache.get(_writes_pickles)
    if known is None:
        bound = [(name, one.target) for name, many in file.outline.names[""].items() for one in many]
        writers = [name for name, target in bound if target.endswith(MAKERS)]
        writers += [f"{name}.{verb}" for name, target in bound if target in PICKLES for verb in WRITERS]
        known = file.cache[_writes_pickles] = any(f"{writer}(" in file.text for writer in writers)
    return known


def _is_trade(file: SourceFile) -> bool:
    """Whether the module is there to turn objects into bytes and back."""
    last = file.module.rpartition(".")[2].strip("_")
    return last in TRADE or last.endswith("_pickle")


def _opened(name: cst.Name, file: SourceFile) -> cst.BaseExpression | None:
    """What the `with` statement around opens under the name."""
    items = (item for one in file.ancestors(name) if isinstance(one, cst.With) for item in one.items)
    return next((item.item for item in items if item.asname and syntax.is_name(item.asname.name, name.value)), None)


def _hands_on(call: cst.Call, data: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether a function that is itself a reader only hands on what it is given: its callers know whose bytes it is."""
    function = running(call, file)
    if not isinstance(function, cst.FunctionDef) or READING.isdisjoint(syntax.words(function.name.value)):
        return False
    given = syntax.receiver(data) if isinstance(data, cst.Call) and syntax.method(data) == "read" else data
    return isinstance(given, cst.Name) and given.value in {one.name.value for one in parameters(function.params)}
