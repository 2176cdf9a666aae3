"""A shell command that contains what a client sent.

Why it matters: A semicolon, a pipe or a back quote in the value starts a command of the client's own, with the
rights of the program.

What to do: Start the program without a shell, its arguments as a list: `subprocess.run(["ping", "-c", "1", host])`.
Where a shell is needed, quote every value with `shlex.quote`.

What it does not see: Programs that start a shell of their own from an argument; values that begin with a dash and
are taken as an option.
"""

from analyzers.model import Severity
from analyzers.rule import Bad, Good, Rule

RULE = Rule(
    name="shell-from-user-input",
    title="What a client sends runs in a shell",
    weakness="CWE-78",
    severity=Severity.CRITICAL,
    flow=("user-input", "shell"),
    covers=("shell-from-text",),
    message=(
        "What the client sends as `{source}` becomes part of the command that `{sink}` gives to a shell: the "
        "client can run commands here."
    ),
    advice="Start the program without a shell and give `{source}` as an element of its list of arguments.",
    in_tests=False,
    in_tools=False,
    bad=(
        Bad(
            """
            import os
            from flask import request
            def ping():
                getattr(os, "system")("ping -c 1 " + request.form["host"])  # finding
            """
        ),
        Bad(
            """
            import os
            from flask import request
            def ping():
                host = request.form["host"]  # step
                os.system("ping -c 1 " + host)  # finding
            """
        ),
        Bad(
            """
            import subprocess
            from fastapi import FastAPI
            app = FastAPI()
            @app.get("/log/{name}")
            async def log(name: str):  # step
                command = f"tail -n 20 /var/log/{name}.log"  # step
                return subprocess.check_output(command, shell=True)  # finding
            """
        ),
    ),
    good=(
        Good(
            "there is no shell",
            """
            import subprocess
            from flask import request
            def ping():
                subprocess.run(["ping", "-c", "1", request.form["host"]], check=True)
            """,
        ),
        Good(
            "the value is quoted",
            """
            import os, shlex
            from flask import request
            def ping():
                os.system("ping -c 1 " + shlex.quote(request.form["host"]))
            """,
        ),
    ),
)
