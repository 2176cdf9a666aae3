"""A shell command that is put together from text.

Why it matters: The shell reads the whole text as its language. A value with `;`, `$(...)` or a newline in it runs
commands of its own; one with a space breaks the call.

What to do: Run the program without a shell, each argument an item of a list: `subprocess.run(["tar", "xf", name])`.
Where the shell is needed, quote each value with `shlex.quote`.

What it does not see: A command that arrives whole through a variable; shells on other machines. Of low confidence are
programs of the command line, whose user has a shell already, values that are called like numbers, and those that are
called commands: to run them is what they are for.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.glimpse import either, named, says
from analyzers.model import Confidence, Examined, Finding, Severity, Step
from analyzers.rule import Bad, Good, Rule, quoted
from analyzers.scopes import parameters
from analyzers.source import SourceFile
from analyzers.terminals import at_a_terminal
from analyzers.waits import running

SHELLS = frozenset(
    "os.system os.popen subprocess.getoutput subprocess.getstatusoutput asyncio.create_subprocess_shell "
    "commands.getoutput commands.getstatusoutput".split()
)
RUNNERS = frozenset(f"subprocess.{verb}" for verb in "run call Popen check_call check_output".split())
SHELL_PROGRAMS = frozenset("sh bash zsh dash ksh /bin/sh /bin/bash cmd cmd.exe powershell".split())
OPTIONS = frozenset({"option", "argument", "command"})
QUOTERS = frozenset("shlex.quote pipes.quote shlex.join subprocess.list2cmdline".split())
COMMANDS = frozenset("cmd command commands cmdline script".split())
NUMBERS = frozenset("pid pgid uid gid port count size number num timeout seconds".split())

RULE = Rule(
    name="shell-from-text",
    title="Shell command built from text",
    weakness="CWE-78",
    severity=Severity.HIGH,
    message="`{call}` gives the shell a command into which `{part}` is put by {how}: "
    "a `;` or `$(...)` in it runs as a command of its own.",
    advice="Run the program without a shell, with `{part}` as one item of the argument list, or quote it: "
    "`shlex.quote({part})`.",
    topic="program calls",
    clean="without text from outside in a shell",
    in_tests=False,
    in_tools=False,
    needs=(either(named(SHELLS, RUNNERS), says("shell")),),
    bad=(
        Bad(
            """
            import os
            def unpack(name):
                os.system(f"tar xf {name}")  # finding
            """
        ),
        Bad(
            """
            import subprocess
            def commit(message):
                command = "git commit -m '%s'" % message  # step
                subprocess.run(command, shell=True, check=True)  # finding
            """
        ),
        Bad(
            """
            from subprocess import check_output
            def ping(host):
                return check_output(["sh", "-c", "ping -c 1 " + host])  # finding
            """
        ),
        Bad(
            """
            from tools import execute
            def check(service):
                return execute("systemctl status %s > /dev/null" % service, shell=True)  # finding
            """
        ),
        Bad(
            """
            import shlex, subprocess
            def unpack(name, force):
                target = name.strip()
                if force:
                    target = shlex.quote(name)
                subprocess.run(f"tar xf {target}", shell=True, check=True)  # finding
            """
        ),
        Bad(
            """
            import os
            def seek(names, word):
                found = " ".join(name for name in names)
                os.system(f"grep {len(word)} " + found)  # finding
            """
        ),
        Bad(
            base="""
            import subprocess
            def unpack(name):
                subprocess.run(["tar", "xf", name], check=True)
            """,
            code="""
            import subprocess
            def unpack(name):
                subprocess.run("tar xf {}".format(name), shell=True, check=True)  # finding
            """,
        ),
    ),
    good=(
        Good(
            "no shell: the name is one argument, whatever is in it",
            'import subprocess\ndef unpack(name):\n    subprocess.run(["tar", "xf", name], check=True)',
        ),
        Good(
            "the value is quoted",
            'import os, shlex\ndef unpack(name):\n    os.system("tar xf " + shlex.quote(name))',
        ),
        Good("the command is constant", 'import os\nTOOL = "make"\ndef build():\n    os.system(TOOL + " all")'),
        Good(
            "every character of the value is looked at",
            """
            import os, re
            def unpack(name):
                if not re.match(r"^[a-z]+$", name):
                    raise ValueError(name)
                os.system(f"tar xf {name}")
            """,
        ),
        Good(
            "what the client chooses is one of the cases",
            """
            import os
            from flask import Flask, request
            app = Flask(__name__)
            @app.route("/service")
            def service():
                action = request.args["action"]
                match action:
                    case "start" | "stop":
                        os.system("service web " + action)
                return "done"
            """,
        ),
        Good(
            "the value is a member of an enumeration",
            'import os\nfrom kinds import Kind\ndef build():\n    os.system(f"make {Kind.FAST.value}")',
        ),
        Good(
            "the value is quoted one step before",
            """
            import shlex, subprocess
            def unpack(name, folder, files):
                target = shlex.quote(name)
                folder = shlex.quote(folder)
                quoted = [shlex.quote(one) for one in files]
                subprocess.run(f"tar xf {target} -C {folder}", shell=True, check=True)
                subprocess.run("touch " + " ".join(quoted), shell=True, check=True)
                subprocess.run("touch " + " ".join(shlex.quote(one) for one in files), shell=True, check=True)
            """,
        ),
        Good(
            "the value was made a number, or shown to be one, before",
            """
            import os
            def ping(count, size, hops, host_count: int):
                try:
                    count = int(count)
                except ValueError:
                    count = 1
                if not size.isdigit():
                    raise ValueError(size)
                if not isinstance(hops, int):
                    raise TypeError(hops)
                os.system(f"ping -c {count} -s {size} -t {hops} -W {min(int(host_count), 10)} localhost")
            """,
        ),
        Good(
            "what a test answers is no text of somebody's choice",
            """
            import os
            def build(level, verbose):
                os.system(f"make VERBOSE={level == 'high'} {'-s' if verbose else ''}")
            """,
        ),
        Good(
            "a number cannot carry a command",
            """
            import os
            def stop(process):
                os.system("kill %d" % process)
                os.system(f"kill {int(process)}")
                os.system(f"kill {process:d}")
                os.system("kill {:d}".format(process))
            """,
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call that runs a program."""
    name = file.qualified(call.func) or ""
    wrapped = name not in SHELLS | RUNNERS
    if wrapped and not syntax.is_name(syntax.argument(call, None, "shell"), "True"):
        return
    command = _wrapped_command(call, file) if wrapped else _command(call, name)
    built = api.text_built(file, command) if command is not None else None
    parts = [part for part in built.parts if not _harmless(part, file)] if built else []
    if built is None or not parts:
        if built or isinstance(syntax.argument(call, 0, "args", "cmd", "command"), (cst.List, cst.SimpleString)):
            yield RULE.examined(file, call)
        return
    part = file.code(parts[0])
    step = Step(file.path, file.span(built.node), f"{quoted(part)} becomes part of the command's text")
    apart = built.node not in set(syntax.inside(call))
    steps, how = (step,) if apart else (), built.how
    sure = Confidence.MEDIUM if wrapped else Confidence.HIGH
    if at_a_terminal(file) or all(_is_option(one, file) or _is_doubtful(one) for one in parts):
        sure = Confidence.LOW
    yield RULE.finding(file, call, steps=steps, confidence=sure, call=file.code(call.func), part=part, how=how)


def _wrapped_command(call: cst.Call, file: SourceFile) -> cst.BaseExpression | None:
    """The first text that is put together among the arguments of a function with `shell=True`."""
    values = (arg.value for arg in call.args if not arg.star)
    return next((value for value in values if api.text_built(file, value) is not None), None)


def _command(call: cst.Call, name: str) -> cst.BaseExpression | None:
    """The text that a shell reads, if a shell does."""
    first = syntax.argument(call, 0, "args", "cmd", "command")
    shell = syntax.argument(call, None, "shell")
    if name in SHELLS:
        return first
    if shell is not None and not syntax.is_name(shell, "False", "None"):
        return first if not isinstance(first, cst.List) else None
    values = [element.value for element in first.elements] if isinstance(first, cst.List) else []
    if len(values) >= 3 and syntax.text_value(values[0]) in SHELL_PROGRAMS and syntax.text_value(values[1]) == "-c":
        return values[2]
    return None


def _harmless(part: cst.BaseExpression, file: SourceFile) -> bool:
    if file.qualified(part) == "sys.executable" or api.is_plain(file, part, QUOTERS):
        return True
    inner = syntax.argument(part, 0) if isinstance(part, cst.Call) else None
    quoted_here = isinstance(inner, cst.Call) and file.qualified(inner.func) in QUOTERS
    return quoted_here or api.is_vouched(file, part, "shell")


def _is_option(part: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether it is an option of a command (`@click.option`): who gives it has the shell already."""
    function = running(part, file)
    if not isinstance(function, cst.FunctionDef) or not isinstance(part, cst.Name):
        return False
    marks = {syntax.last_name(one.decorator) for one in function.decorators}
    return not marks.isdisjoint(OPTIONS) and part.value in {one.name.value for one in parameters(function.params)}


def _is_doubtful(part: cst.BaseExpression) -> bool:
    """Whether it is called like a number (`pid`, `args.port`), or is itself a command that somebody wants to run."""
    if isinstance(part, cst.List):
        return any(_is_doubtful(element.value) for element in part.elements)
    return not (NUMBERS | COMMANDS).isdisjoint(syntax.words(syntax.last_name(part))[-1:])
