"""A call that only an argument makes dangerous, such as `shell=True`, where a function hands on what it is given.

In each program `# here` marks each line with a sink that is reached; no other is.
"""

import pytest

from tests.analyzers.flow.asking import marked, reached

PROGRAMS = {
    "given by place": """
        def run(line, shell=False):
            subprocess.run(line, shell=shell)  # here
        def view():
            run(request.args["name"], True)
        """,
    "given by name": """
        def run(line, *, shell):
            subprocess.run(line, shell=shell)  # here
        def view():
            run(request.args["name"], shell=True)
        """,
    "not given, and on": """
        def run(line, shell=True):
            subprocess.run(line, shell=shell)  # here
        def view():
            run(request.args["name"])
        """,
    "not given, and off": """
        def run(line, shell=False):
            subprocess.run(line, shell=shell)
        def view():
            run(request.args["name"])
        """,
    "turned off": """
        def run(line, shell=True):
            subprocess.run(line, shell=shell)
        def view():
            run(request.args["name"], shell=False)
        """,
    "on where the text is constant": """
        def run(line, shell=False):
            subprocess.run(line, shell=shell)
        def view():
            run("date", shell=True)
            run(request.args["name"])
        """,
    "by two functions": """
        def run(line, shell=False):
            subprocess.run(line, shell=shell)  # here
        def start(line, through_shell):
            run(line, shell=through_shell)
        def view():
            start(request.args["name"], True)
        """,
    "by two functions, turned off by the first": """
        def run(line, shell=False):
            subprocess.run(line, shell=shell)
        def start(line, through_shell):
            run(line, shell=through_shell)
        def view():
            start(request.args["name"], False)
        """,
    "bound anew": """
        def run(line, shell=True):
            shell = False
            subprocess.run(line, shell=shell)
        def view():
            run(request.args["name"])
        """,
    "nobody can say": """
        def run(line, shell=False):
            subprocess.run(line, shell=shell)
        def view():
            run(request.args["name"], shell=is_complex())
        """,
    "to make an object": """
        class Task:
            def __init__(self, line, shell=True):
                subprocess.run(line, shell=shell)  # here
        def view():
            Task(request.args["name"])
        """,
}


@pytest.mark.parametrize("code", PROGRAMS.values(), ids=PROGRAMS)
def test_what_makes_a_call_dangerous_is_followed_to_who_gives_it(code: str) -> None:
    assert reached(code) == marked(code)
