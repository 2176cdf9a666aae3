"""A started process that nobody waits for.

Why it matters: A child that ends stays in the process table until somebody waits for it. Its exit code, and with it
every failure, is lost.

What to do: Call `wait()` or `communicate()` on every way out, or use `subprocess.run`, or a `with` statement.

What it does not see: Processes that are kept in an attribute, or meant to outlive the program.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers.flow import api
from analyzers.glimpse import around, modelled
from analyzers.model import Examined, Finding, Severity, Step
from analyzers.models import Resource
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

RULE = Rule(
    name="process-not-waited",
    title="Process that nobody waits for",
    weakness="CWE-772",
    severity=Severity.LOW,
    message="The process `{name}` started by `{call}` is not waited for when {way}: its exit code is lost.",
    advice="Call `{name}.wait()` on every way out, or start it in a `with` statement.",
    topic="started processes",
    clean="waited for",
    in_tests=False,
    in_tools=False,
    needs=(
        modelled(Resource),
        around("Popen"),
    ),
    known_as=("consider-using-with", "R1732"),
    bad=(
        Bad(
            """
            import subprocess
            def build(target):
                process = subprocess.Popen(["make", target])  # finding
                print("building", target, process.pid)
            """
        ),
        Bad(
            """
            import subprocess
            def build(target, quick):
                process = subprocess.Popen(["make", target])  # finding
                if quick:
                    return None  # step
                return process.wait()
            """
        ),
    ),
    good=(
        Good(
            "what has to be true holds no process up",
            """
            import subprocess
            def run(command):
                process = subprocess.Popen(command, stdin=subprocess.PIPE)
                assert process.stdin is not None
                process.stdin.close()
                return process.wait()
            """,
        ),
        Good(
            "what looks at it later waits for it",
            """
            import subprocess

            def watch(command, clock):
                process = subprocess.Popen(command)
                clock.every(5, lambda: clock.look(process))
            """,
        ),
        Good(
            "the `with` statement waits",
            """
            import subprocess
            def build(target):
                with subprocess.Popen(["make", target]) as process:
                    print(process.pid)
            """,
        ),
        Good(
            "it is waited for",
            """
            import subprocess
            def build(target):
                process = subprocess.Popen(["make", target])
                return process.wait()
            """,
        ),
        Good(
            "the end of the program is told to stop it",
            """
            import atexit, subprocess
            def serve():
                process = subprocess.Popen(["npm", "run", "serve"])
                atexit.register(process.terminate)
                run_server()
            """,
        ),
        Good(
            "it is meant to outlive the program",
            """
            import subprocess
            def serve(command):
                process = subprocess.Popen(command, start_new_session=True)
                print(process.pid)
            """,
        ),
    ),
)

DETACHED = frozenset({"start_new_session", "preexec_fn", "creationflags", "process_group"})


@RULE.on(cst.FunctionDef)
def check(function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding | Examined]:
    """The processes that one function starts; those lost by an exception alone are let pass."""
    if "Popen" not in file.text:
        return
    for taken in api.acquisitions(file, function):
        if taken.kind != "process" or any(arg.keyword and arg.keyword.value in DETACHED for arg in taken.node.args):
            continue
        leaks = [leak for leak in taken.leaks if leak.exit != "raise"]
        if not leaks:
            yield RULE.examined(file, taken.node)
            continue
        returns = leaks[0].exit == "return"
        way = f"line {file.head_span(leaks[0].node).line} returns" if returns else "the function ends"
        steps = (Step(file.path, file.span(leaks[0].node), "this leaves the function"),) if returns else ()
        yield RULE.finding(
            file, taken.node, steps=steps, name=taken.name, call=f"{file.code(taken.node.func)}()", way=way
        )
