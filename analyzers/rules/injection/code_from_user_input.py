"""Python code that a client sent, or a module that it chose.

Why it matters: The client runs whatever it likes with the rights of the program. Taking away the builtins does not
stop it: every object leads back to them.

What to do: Use `ast.literal_eval` or `json.loads` for data, a table of functions for choices, and a parser of your
own for formulas.

What it does not see: Code that is stored first and run later.
"""

from analyzers.model import Severity
from analyzers.rule import Bad, Good, Rule

RULE = Rule(
    name="code-from-user-input",
    title="What a client sends runs as Python",
    weakness="CWE-94",
    severity=Severity.CRITICAL,
    flow=("user-input", "code"),
    message=(
        "What the client sends as `{source}` reaches `{sink}`, which runs it as Python: the client can do "
        "all that this program can."
    ),
    advice="Read the value with `ast.literal_eval` or `json.loads`, or look `{source}` up in a table of functions.",
    in_tests=False,
    in_tools=False,
    bad=(
        Bad(
            """
            from flask import request
            def calculate():
                formula = request.args["formula"]  # step
                return str(eval(formula))  # finding
            """
        ),
        Bad(
            """
            import importlib
            from flask import request
            def plugin():
                name = request.form["plugin"]  # step
                return importlib.import_module("plugins." + name).run()  # finding
            """
        ),
    ),
    good=(
        Good(
            "only plain values are read",
            """
            import ast
            from flask import request
            def calculate():
                return str(ast.literal_eval(request.args["value"]))
            """,
        ),
        Good(
            "the name is one of a table",
            """
            import importlib
            from flask import request
            PLUGINS = ("csv", "json")
            def plugin():
                name = request.form["plugin"]
                if name in PLUGINS:
                    return importlib.import_module("plugins." + name).run()
                return None
            """,
        ),
    ),
)
