"""What is told apart, and what is followed: ways that end, parts of values, calls and objects.

In each program `# here` marks each line with a sink that is reached; no other is.
"""

import pytest

from tests.analyzers.flow.asking import FIRST_LINE, flows


def marked(code: str) -> list[int]:
    """The marked lines, counted without the imports."""
    return [number for number, line in enumerate(code.lstrip("\n").split("\n"), 1) if line.endswith("# here")]


def reached(code: str, sink: str = "shell", name: str = "view") -> list[int]:
    """The lines where a sink is reached, in order."""
    found = flows(code, sink, name)
    assert found.decided
    return sorted({flow.span.line - FIRST_LINE for flow in found.flows})


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


CALLS = {
    "that a function gives which has it from another": """
        def c():
            return request.args["x"]
        def b():
            return c()
        def view():
            os.system(b())  # here
        """,
    "that comes through three functions": """
        def d():
            return request.args["x"]
        def c():
            return d()
        def b():
            return c()
        def view():
            os.system(b())  # here
        """,
    "among further arguments": """
        def run(*args):
            os.system(" ".join(args))  # here
        def view():
            run("ls", request.args["x"])
        """,
    "by a name of its own": """
        def run(**kw):
            os.system(kw["d"])  # here
        def view():
            run(d=request.args["x"])
        """,
    "by another name than the one that is read": """
        def run(**kw):
            os.system(kw["e"])
        def view():
            run(d=request.args["x"], e=1)
        """,
    "handed on by names": """
        def low(cmd):
            os.system(cmd)  # here
        def run(*args, **kwargs):
            low(*args, **kwargs)
        def view():
            run(cmd=request.args["x"])
        """,
    "handed on by places": """
        def low(cmd):
            os.system(cmd)  # here
        def run(*args, **kwargs):
            low(*args, **kwargs)
        def view():
            run(request.args["x"])
        """,
    "that is looked up, or taken as it is": """
        COLUMNS = {"a": "b"}
        def view():
            x = request.args["x"]
            os.system(COLUMNS.get(x, x))  # here
        """,
    "that a function inside reads": """
        def view():
            word = request.args["w"]
            def build():
                return "echo " + word
            os.system(build())  # here
        """,
    "that goes through a lambda": """
        def view():
            make = lambda w: "echo " + w
            os.system(make(request.args["w"]))  # here
        """,
    "passed to a method above": """
        class A:
            def run(self, w):
                os.system(w)  # here
        class B(A):
            def run(self, w):
                super().run(w)
        def view():
            B().run(request.args["w"])
        """,
    "that an inherited `__init__` keeps": """
        class A:
            def __init__(self, w):
                self.w = w
        class B(A):
            def run(self):
                os.system(self.w)  # here
        def view():
            B(request.args["w"]).run()
        """,
    "that the `__init__` above keeps": """
        class A:
            def __init__(self, w):
                self.w = w
        class B(A):
            def __init__(self, w):
                super().__init__(w)
            def run(self):
                os.system(self.w)  # here
        def view():
            b = B(request.args["w"])
            b.run()
        """,
    "that another method reads from the object": """
        class A:
            def __init__(self, name):
                self.name = name
            def command(self):
                return "echo " + self.name
            def run(self):
                os.system(self.command())  # here
        def view():
            A(request.args["w"]).run()
        """,
    "that a property gives": """
        class A:
            def __init__(self, name):
                self.name = name
            @property
            def command(self):
                return "echo " + self.name
        def view():
            a = A(request.args["w"])
            os.system(a.command)  # here
        """,
    "that a method of a new object gives": """
        class T:
            def m(self, w):
                return "x" + w
        def view():
            os.system(T().m(request.args["w"]))  # here
        """,
    "that a method of a new object passes on": """
        class T:
            def m(self, w):
                self.x(w)
            def x(self, w):
                os.system(w)  # here
        def view():
            T().m(request.args["w"])
        """,
    "in what a class method makes": """
        class T:
            def __init__(self, w):
                self.w = w
            @classmethod
            def make(cls, w):
                return cls(w)
        def view():
            t = T.make(request.args["w"])
            os.system(t.w)  # here
        """,
    "in an object of a dataclass": """
        from dataclasses import dataclass
        @dataclass
        class Job:
            name: str
            kind: str = "a"
        def view():
            job = Job(request.args["name"], kind="b")
            os.system("echo " + job.name)  # here
        """,
    "in a named tuple": """
        from typing import NamedTuple
        class Job(NamedTuple):
            name: str
            kind: str
        def view():
            job = Job(request.args["name"], "b")
            os.system("echo " + job.name)  # here
        """,
    "that a function puts at a key of its argument": """
        def put(d, w):
            d["k"] = w
        def view():
            d = {}
            put(d, request.args["w"])
            os.system(d["k"])  # here
        """,
    "that a function adds to its argument": """
        def put(items, w):
            items.append(w)
        def view():
            items = []
            put(items, request.args["w"])
            os.system(items[0])  # here
        """,
    "that a function puts into an attribute of its argument": """
        def put(job, w):
            job.name = w
        def view(job):
            put(job, request.args["w"])
            os.system(job.name)  # here
        """,
    "that a generator has from another": """
        def words():
            for w in request.args.getlist("w"):
                yield w
        def more():
            yield from words()
        def view():
            for w in more():
                os.system(w)  # here
        """,
    "that a pool works on": """
        from concurrent.futures import ThreadPoolExecutor
        def run(x):
            os.system(x)  # here
        def view():
            with ThreadPoolExecutor() as pool:
                pool.map(run, request.args.getlist("x"))
        """,
    "taken from a queue": """
        from collections import deque
        def view():
            q = deque(request.args.getlist("x"))
            os.system(q.popleft())  # here
        """,
    "that a function inside puts into a name outside": """
        def view():
            word = ""
            def read():
                nonlocal word
                word = request.args["w"]
            read()
            os.system(word)  # here
        """,
    "that the method of a class below gives to one above": """
        class A:
            def __init__(self, w):
                self.w = w
            def run(self):
                os.system(self.text())  # here
        class B(A):
            def text(self):
                return "echo " + self.w
        def view():
            B(request.args["w"]).run()
        """,
    "that the method of a class below leaves out": """
        class A:
            def run(self, w):
                os.system(self.text(w))
            def text(self, w):
                return w
        class B(A):
            def text(self, w):
                return "ls"
        def view():
            B().run(request.args["w"])
        """,
    "that a function puts into a list of its own": """
        def put(items, w):
            items = [w]
        def view():
            items = []
            put(items, request.args["w"])
            os.system(items[0])
        """,
}


@pytest.mark.parametrize("code", CALLS.values(), ids=CALLS)
def test_a_value_is_followed_through_calls_and_objects(code: str) -> None:
    assert reached(code) == marked(code)
