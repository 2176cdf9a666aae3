"""What is told apart: ways that end, and parts of values.

In each program `# here` marks each line with a sink that is reached; no other is.
"""

import pytest

from tests.analyzers.flow.asking import marked, reached

STOPS = {
    "on one side of `or`": """
        def view():
            name = request.args.get("name") or abort(400)
            os.system(name)  # here
        """,
    "on one side of a condition": """
        def view():
            name = request.args["name"] if request.args else abort(400)
            os.system(name)  # here
        """,
    "on both sides of a condition": """
        def view():
            name = abort(404) if request.args else abort(400)
            os.system(request.args["name"])
        """,
    "first": """
        def view():
            abort(400) or print()
            os.system(request.args["name"])
        """,
    "in a function that is not called here": """
        def view():
            bail = lambda: abort(400)
            os.system(request.args["name"])  # here
        """,
    "in a comprehension that may have no element": """
        def view():
            name = request.args["name"]
            [abort(400) for letter in name if letter in ";"]
            os.system(name)  # here
        """,
    "in a helper that raises": """
        def fail(code):
            raise ValueError(code)
        def view():
            data = request.get_json() or fail(400)
            os.system(data["name"])  # here
        """,
    "unless a test holds": """
        def view():
            name, other = request.args["name"], request.args["other"]
            name in ALLOWED or abort(400)
            other not in ALLOWED and abort(400)
            os.system(name + other)
        """,
    "unless a test that proves nothing holds": """
        def view():
            name, other = request.args["name"], request.args["other"]
            name in ALLOWED and abort(400)
            other or abort(400)
            os.system(name)  # here
            os.system(other)  # here
        """,
    "unless a test of the other name holds": """
        def view():
            name = request.args["name"]
            kept = name if name in ALLOWED else abort(400)
            os.system(kept)
            os.system(name)
        """,
}


@pytest.mark.parametrize("code", STOPS.values(), ids=STOPS)
def test_an_expression_that_stops_ends_only_the_ways_that_run_it(code: str) -> None:
    assert reached(code) == marked(code)


PARTS = {
    "of what a function gives": """
        def pair():
            return int(request.args["page"]), request.args["name"]
        def view():
            page, name = pair()
            os.system(page)
            os.system(name)  # here
            os.system(pair()[0])
            os.system(pair()[1])  # here
        """,
    "of a mapping that a function gives": """
        def both(name):
            return {"name": name, "kind": "a"}
        def view():
            made = both(request.args["name"])
            os.system(made["kind"])
            os.system(made["name"])  # here
        """,
    "of what is asked for with its values": """
        def where(name):
            return "name = ?", [name]
        def view():
            text, values = where(request.args["name"])
            os.system(text)
            os.system(values[0])  # here
        """,
    "of what a generator gives": """
        def rows():
            for name in request.args.getlist("name"):
                yield "a", name
        def view():
            for kind, name in rows():
                os.system(kind)
                os.system(name)  # here
        """,
    "of what a generator hands on": """
        def rows():
            yield from [("a", request.args["name"])]
        def view():
            for kind, name in rows():
                os.system(kind)
                os.system(name)  # here
        """,
    "of a list of pairs": """
        def view():
            pairs = [(name, len(name)) for name in request.args.getlist("name")]
            for name, size in sorted(pairs):
                os.system(size)
                os.system(name)  # here
        """,
    "keys and values": """
        def view():
            fields = {"name": request.form["name"], "town": request.form["town"]}
            os.system(" ".join(key for key in fields))
            os.system(" ".join(fields.keys()))
            for key, value in fields.items():
                os.system(key)
                os.system(value)  # here
            os.system(fields[request.args["key"]])  # here
        """,
    "keys of a comprehension": """
        def view():
            sizes = {name: len(name) for name in request.args.getlist("name")}
            named = {len(name): name for name in request.args.getlist("name")}
            for name, size in sizes.items():
                os.system(name)  # here
            os.system(named[3])  # here
            os.system(" ".join(str(size) for size in named))
        """,
    "the number of an element": """
        def view():
            for number, name in enumerate(request.args.getlist("name")):
                os.system(name)  # here
            for number, (name, kind) in enumerate([(request.args["name"], "a")]):
                os.system(number)
                os.system(kind)
                os.system(name)  # here
        """,
    "what is put side by side": """
        def view():
            for kind, name in zip(["a", "b"], [request.args["name"], "c"]):
                os.system(kind)
                os.system(name)  # here
        """,
    "passed on by a mapping": """
        def run(kind, name):
            os.system(kind)
            os.system(name)  # here
        def view():
            given = {"kind": "a", "name": request.args["name"]}
            run(**given)
        """,
}


@pytest.mark.parametrize("code", PARTS.values(), ids=PARTS)
def test_parts_of_a_value_are_told_apart(code: str) -> None:
    assert reached(code) == marked(code)
