"""A temporary folder that is not removed on every way out.

Why it matters: `tempfile.mkdtemp` leaves the folder to its caller. Each failure leaves one behind, with whatever is in
it, until the disk is full or somebody reads it.

What to do: Use `with tempfile.TemporaryDirectory() as folder:`, which removes it on every way out.

What it does not see: Folders that are handed to another object, to a function that is called later, or returned: their
owner then has the duty. Where only the lines before the `try` of its `finally` can leave it, the finding has low
confidence.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.flow.results import Acquisition
from analyzers.glimpse import around, modelled
from analyzers.model import Confidence, Examined, Finding, Severity, Step
from analyzers.models import Resource
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

# It removes its folder itself when nothing refers to it any more.
REMOVED = frozenset({"tempfile.TemporaryDirectory"})

RULE = Rule(
    name="temporary-folder-left",
    title="Temporary folder left behind",
    weakness="CWE-459",
    severity=Severity.LOW,
    message="The folder `{name}` that `{call}` makes is left on the disk {way}.",
    advice="Write `with tempfile.TemporaryDirectory() as {name}:`, or remove `{name}` in a `finally`.",
    topic="temporary folders",
    clean="removed on every way out",
    in_tests=False,
    in_tools=False,
    needs=(
        modelled(Resource),
        around("tempfile"),
    ),
    bad=(
        Bad(
            """
            import shutil, tempfile
            def build(source):
                folder = tempfile.mkdtemp()  # finding
                result = compile_into(source, f"{folder}/out")  # step
                shutil.rmtree(folder)
                return result
            """
        ),
        Bad(
            """
            import shutil, tempfile
            def size(archive):
                folder = tempfile.mkdtemp()  # finding
                if not archive.members:
                    return 0  # step
                try:
                    return archive.measure(f"{folder}/all")
                finally:
                    shutil.rmtree(folder)
            """
        ),
    ),
    good=(
        Good(
            "the program removes it at its end",
            """
            import atexit
            import shutil
            import tempfile

            def scratch(build):
                folder = tempfile.mkdtemp()
                atexit.register(lambda: shutil.rmtree(folder))
                build.run()
            """,
        ),
        Good(
            "the `with` statement removes it",
            """
            import tempfile
            def build(source):
                with tempfile.TemporaryDirectory() as folder:
                    return compile_into(source, f"{folder}/out")
            """,
        ),
        Good(
            "the `finally` removes it",
            """
            import shutil, tempfile
            def build(source):
                folder = tempfile.mkdtemp()
                try:
                    return compile_into(source, f"{folder}/out")
                finally:
                    shutil.rmtree(folder)
            """,
        ),
        Good(
            "the object removes its folder when it is collected, at the latest",
            """
            import tempfile
            def build(source):
                holder = tempfile.TemporaryDirectory()
                result = compile_into(source, f"{holder.name}/out")
                holder.cleanup()
                return result
            """,
        ),
        Good(
            "the object keeps what lies in it",
            """
            import os, tempfile
            def listen(self):
                folder = tempfile.mkdtemp()
                self.state["socket"] = os.path.join(folder, "socket")
                self.start()
            """,
        ),
        Good(
            "the caller gets it, and removes it",
            "import tempfile\ndef workspace():\n    folder = tempfile.mkdtemp()\n    return folder",
        ),
    ),
)


@RULE.on(cst.FunctionDef)
def check(function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding | Examined]:
    """The temporary folders of one function."""
    if "tempfile" not in file.text:
        return
    for taken in api.acquisitions(file, function):
        if taken.kind != "folder" or file.origin(taken.node.func) in REMOVED:
            continue
        if taken.released or not taken.leaks:
            yield RULE.examined(file, taken.node)
        else:
            yield _finding(function, taken, file)


def _finding(function: cst.FunctionDef, taken: Acquisition, file: SourceFile) -> Finding:
    leak = taken.leaks[0]
    line = file.span(leak.node).line
    hardly = leak.exit == "raise" and (not leak.likely or _in_finally(function, taken.name))
    hardly = hardly or _keeps_path(function, taken.name)
    way = {"raise": f"when line {line} raises", "return": f"when line {line} returns"}.get(leak.exit, "for good")
    made = Step(file.path, file.span(taken.node), f"`{taken.name}` is made here")
    left = Step(file.path, file.head_span(leak.node), "this way out does not remove it")
    return RULE.finding(
        file,
        taken.node,
        steps=(made, left) if leak.exit != "end" else (made,),
        confidence=Confidence.LOW if hardly else Confidence.HIGH,
        name=taken.name,
        call=f"{file.code(taken.node.func)}()",
        way=way,
    )


def _keeps_path(function: cst.FunctionDef, name: str) -> bool:
    """Whether an object or the caller gets the path of what lies in the folder, and so the duty to remove it."""
    nodes = list(syntax.inside(function.body))
    assigned = [node for node in nodes if isinstance(node, cst.Assign)]
    paths = [node.targets[0].target for node in assigned if _is_path_in(node.value, name)]
    known = {path.value for path in paths if isinstance(path, cst.Name)}
    kept = [one.value for one in assigned if isinstance(one.targets[0].target, (cst.Attribute, cst.Subscript))]
    kept += [node.value for node in nodes if isinstance(node, cst.Return) and node.value]
    return any(syntax.is_name(value, *known) for value in kept)


def _is_path_in(value: cst.BaseExpression, name: str) -> bool:
    joined = isinstance(value, cst.Call) and syntax.method(value) == "join"
    put = isinstance(value, (cst.BinaryOperation, cst.FormattedString)) or joined
    return put and any(syntax.is_name(node, name) for node in syntax.inside(value))


def _in_finally(function: cst.FunctionDef, name: str) -> bool:
    """Whether a `finally` speaks of the folder: then only the few lines before its `try` can leave it behind."""
    ends = (node for node in syntax.inside(function) if isinstance(node, cst.Finally))
    return any(syntax.is_name(node, name) for end in ends for node in syntax.inside(end))
