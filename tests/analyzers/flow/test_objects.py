"""Values that are followed through calls and objects.

In each program `# here` marks each line with a sink that is reached; no other is.
"""

import pytest

from tests.analyzers.flow.asking import flows, marked, reached

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


BUILDER = """
class Command:
    def __init__(self, name):
        self.parts, self.limit = [name], 0
    def add(self, part):
        self.parts.append(part)
        return self  # as all of these do
    def known(self, part):
        if part not in ALLOWED:
            return self
        self.parts.append(part)
        return self
    def at_most(self, limit):
        self.limit = int(limit)
        return self
    def plain(self):
        return self
    def copied(self):
        if self.limit: return Command("date")
        return self
    def run(self):
        os.system(" ".join(self.parts))
class Quiet(Command):
    def quiet(self):
        return self.add("-q")
def view():
    q = request.args["q"]
    {call}
"""


@pytest.mark.parametrize(
    "call",
    [
        "Command('ls').add(q).run()",
        "Command('ls').plain().add('-l').add(q).plain().run()",
        "Command(q).plain().run()",
        "c = Command('ls').add(q); c.run()",
        "c = Command('ls'); c = c.add(q); c.run()",
        "c = Command('ls'); c.plain().add(q); c.add(q).run()",
        "Quiet('ls').quiet().add(q).run()",
        "Quiet('ls').add(q).plain().run()",
    ],
)
def test_methods_that_return_their_object_pass_on_all_it_holds(call: str) -> None:
    assert len(flows(BUILDER.format(call=call), "shell").flows) == 1


@pytest.mark.parametrize(
    "call",
    [
        "Command('ls').add('-l').run()",
        "Command('ls').known(q).run()",
        "Command('ls').at_most(q).run()",
        "Command('ls').add(q).at_most(1)",
        "Command('ls').add(int(q)).run()",
    ],
)
def test_what_a_chain_of_methods_does_not_keep_does_not_come_out(call: str) -> None:
    assert flows(BUILDER.format(call=call), "shell").flows == ()
