"""A program that is started by a name that a client sent.

Why it matters: Who names the program runs any that the machine has, a shell among them, with the rights of this one.

What to do: Write the program into the source, or look its name up in a fixed set. What a client sends may be one of its
arguments.

What it does not see: A list of arguments that is split or added up from texts; a value that is started without a list.
"""

from analyzers.model import Severity
from analyzers.rule import Bad, Good, Rule

RULE = Rule(
    name="program-from-user-input",
    title="A client chooses the program",
    weakness="CWE-78",
    severity=Severity.CRITICAL,
    flow=("user-input", "program"),
    message=(
        "What the client sends as `{source}` names the program that `{sink}` starts: the client can run any that the "
        "machine has."
    ),
    advice="Write the program that `{sink}` starts into the source, or look `{source}` up in a fixed set first.",
    in_tests=False,
    in_tools=False,
    bad=(
        Bad(
            """
            import subprocess
            from flask import request
            def convert():
                tool = request.form["tool"]  # step
                subprocess.run([tool, "--version"], check=True)  # finding
                command = [f"/opt/{request.form['tool']}/bin/convert", "a.png"]  # step
                return subprocess.check_output(command)  # finding
            """
        ),
        Bad(
            """
            import os
            from flask import request
            def restart():
                os.execvp(request.args["program"], ["again"])  # finding
            """
        ),
    ),
    good=(
        Good(
            "the client chooses arguments, not the program",
            """
            import subprocess
            from flask import request
            def log():
                command = ["git", "log"]
                command.append(request.args["branch"])
                subprocess.run(command, check=True)
                command += ["--", request.args["path"]]
                subprocess.run(command, check=True)
                subprocess.run(["git", "show", *request.args.getlist("paths")], check=True)
                subprocess.run(["git"] + request.args.getlist("words"), check=True)
            """,
        ),
        Good(
            "the program is one of a fixed set",
            """
            import subprocess
            from flask import abort, request
            TOOLS = {"png": "optipng", "jpg": "jpegoptim"}
            def shrink():
                subprocess.run([TOOLS[request.form["kind"]], "a.png"], check=True)
                tool = request.form["tool"]
                if tool not in TOOLS.values():
                    abort(400)
                subprocess.run([tool, "a.png"], check=True)
            """,
        ),
    ),
)
