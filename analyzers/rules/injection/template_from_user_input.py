"""A template whose text contains what a client sent.

Why it matters: A template is a program: `{{ ... }}` reaches Python objects, and from them everything the program
can do.

What to do: Keep the template constant and give the value as a variable: `render_template_string("Hi {{ name }}",
name=name)`. For templates that people write, use `jinja2.sandbox.SandboxedEnvironment`.

What it does not see: Templates that are loaded from a database.
"""

from analyzers.model import Severity
from analyzers.rule import Bad, Good, Rule

RULE = Rule(
    name="template-from-user-input",
    title="What a client sends runs as a template",
    weakness="CWE-1336",
    severity=Severity.CRITICAL,
    flow=("user-input", "template"),
    message=(
        "What the client sends as `{source}` becomes part of the template that `{sink}` runs: the client can "
        "run Python through it."
    ),
    advice="Keep the template constant and give `{source}` to it as a variable.",
    in_tests=False,
    in_tools=False,
    bad=(
        Bad(
            """
            from flask import render_template_string, request
            def hello():
                page = "<h1>Hello %s</h1>" % request.args["name"]  # step
                return render_template_string(page)  # finding
            """
        ),
        Bad(
            """
            import jinja2
            from flask import request
            def mail():
                body = request.form["body"]  # step
                return jinja2.Template(body).render()  # finding
            """
        ),
    ),
    good=(
        Good(
            "the template is constant",
            """
            from flask import render_template_string, request
            def hello():
                return render_template_string("<h1>Hello {{ name }}</h1>", name=request.args["name"])
            """,
        ),
        Good(
            "the environment is a sandbox",
            """
            from flask import request
            from jinja2.sandbox import SandboxedEnvironment
            def mail():
                return SandboxedEnvironment().from_string(request.form["body"]).render()
            """,
        ),
    ),
)
