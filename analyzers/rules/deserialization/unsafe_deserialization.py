"""Data read by pickle or one of its kin, which can run any code.

Why it matters: A pickle is a program for building objects. Whoever can write the bytes can run commands with the
rights of the reader.

What to do: Exchange data as JSON or another format of plain values. Where only this program writes the bytes, sign them
(`hmac`) and check the signature before reading.

What it does not see: Who can write the bytes: that is for the reviewer. Pickles inside caches, queues and sessions of
libraries; files that a library reads for you.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.model import Confidence, Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

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

RULE = Rule(
    name="unsafe-deserialization",
    title="Data that can run code when it is read",
    weakness="CWE-502",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    message="`{call}` rebuilds {what} from `{data}`: whoever can write these bytes can run code here.",
    advice="Store `{data}` as plain values (JSON), or sign it and check the signature before this line.",
    topic="reads of stored objects",
    clean="from data made right there",
    in_tests=False,
    bad=(
        Bad(
            """
            import pickle
            def restore(path):
                with open(path, "rb") as file:
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
    if _own_bytes(data, file):
        yield RULE.examined(file, call)
    else:
        what = READERS.get(name, "a pickle")
        yield RULE.finding(file, call, call=file.code(call.func), data=file.code(data), what=what)


def _unpickler_input(call: cst.Call) -> cst.BaseExpression | None:
    made = syntax.receiver(call)
    return syntax.argument(made, 0) if isinstance(made, cst.Call) else made


def _own_bytes(data: cst.BaseExpression, file: SourceFile) -> bool:
    """A literal, or bytes that the same function pickled."""
    name = file.origin(data) or ""
    return syntax.is_literal(data) or name.endswith(tuple(f".{verb}()" for verb in WRITERS))
