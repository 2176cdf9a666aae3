"""Values followed from a request to where they do harm, step by step."""

import pytest

from tests.analyzers.flow.asking import flows, traces

REACHED = {
    "an assignment and a sum": (
        "sql",
        """
        def view(cursor):
            name = request.args["name"]
            query = "SELECT * FROM t WHERE name = '" + name + "'"
            cursor.execute(query)
        """,
        [
            "2: `name` comes from the request",
            "3: is put into the text of `query`",
            "4: reaches `cursor.execute`, which runs it as SQL",
        ],
    ),
    "a text made in the argument": (
        "shell",
        """
        def view():
            host = request.form.get("host")
            os.system(f"ping {host}")
        """,
        [
            "2: `host` comes from the request",
            "3: is put into a text and reaches `os.system`, which runs it in a shell",
        ],
    ),
    "a helper of the same file": (
        "sql",
        """
        def run(cursor, sql):
            text = sql.strip()
            cursor.execute(text)
        def view(cursor):
            run(cursor, "SELECT " + request.args["columns"])
        """,
        [
            "5: `request.args` comes from the request",
            "5: is passed to `run` as `sql`",
            "2: is kept in `text`",
            "3: reaches `cursor.execute`, which runs it as SQL",
        ],
    ),
    "a helper that reads the request": (
        "shell",
        """
        def host():
            return request.args["host"]
        def view():
            os.system("ping " + host())
        """,
        [
            "2: `request.args` comes from the request",
            "4: is returned by `host`",
            "4: is put into a text and reaches `os.system`, which runs it in a shell",
        ],
    ),
    "a generator that raises its answer, as tornado's once had to": (
        "shell",
        """
        def host():
            raise gen.Return(request.args["host"])
        def view():
            os.system("ping " + host())
        """,
        [
            "2: `request.args` comes from the request",
            "4: is returned by `host`",
            "4: is put into a text and reaches `os.system`, which runs it in a shell",
        ],
    ),
    "a key of a dictionary, unpacking and a loop": (
        "path",
        """
        def view():
            options = {"name": request.args["name"], "size": 1}
            for name, size in [(options["name"], options["size"])]:
                open(name)
        """,
        [
            "2: `options` comes from the request",
            "3: is kept in `name, size`",
            "4: reaches `open`, which opens the file of that name",
        ],
    ),
    "a route's parameter, through a comprehension and join": (
        "shell",
        """
        @app.route("/run/<words>")
        def view(words):
            parts = [word.lower() for word in words.split()]
            command = " ".join(parts)
            os.system(command)
        """,
        [
            "2: `words` comes from the address of the request",
            "3: is kept in `parts`",
            "4: is put into the text of `command`",
            "5: reaches `os.system`, which runs it in a shell",
        ],
    ),
    "a list that is filled": (
        "shell",
        """
        def view():
            parts = ["ls"]
            parts.append(request.args["folder"])
            os.system(" ".join(parts))
        """,
        [
            "3: `request.args` comes from the request",
            "3: is put into `parts`",
            "4: is put into a text and reaches `os.system`, which runs it in a shell",
        ],
    ),
    "the way around a guard that does not stop": (
        "redirect",
        """
        def view():
            target = request.args["next"]
            if target not in ALLOWED:
                print("strange")
            return redirect(target)
        """,
        [
            "2: `target` comes from the request",
            "5: reaches `redirect`, which sends the browser there",
        ],
    ),
    "an exception's way": (
        "path",
        """
        def view():
            name = request.args["name"]
            try:
                name = str(int(name))
            except ValueError:
                pass
            return open(name)
        """,
        [
            "2: `name` comes from the request",
            "7: reaches `open`, which opens the file of that name",
        ],
    ),
}


@pytest.mark.parametrize(("sink", "code", "steps"), REACHED.values(), ids=REACHED)
def test_a_value_is_followed_to_its_sink(sink: str, code: str, steps: list[str]) -> None:
    assert traces(code, sink) == [steps]


STOPPED = {
    "bound as a parameter": ("sql", 'cursor.execute("SELECT %s", (name,))'),
    "turned into a number": ("sql", 'cursor.execute("SELECT " + str(int(name)))'),
    "one of a fixed set, else aborted": ("sql", 'if name not in ALLOWED:\n    abort(400)\ncursor.execute("x" + name)'),
    "one of a fixed set, tested first": ("sql", 'if name in ALLOWED and True:\n    cursor.execute("x" + name)'),
    "tested into a variable": ("sql", 'ok = name in ALLOWED\nif not ok:\n    return 1\ncursor.execute("x" + name)'),
    "equal to a constant": ("shell", 'if name == "a":\n    os.system(name)'),
    "only digits": ("shell", "if not name.isdigit():\n    raise ValueError\nos.system(name)"),
    "a full match of a pattern": ("shell", 'if re.fullmatch(r"[a-z]+", name):\n    os.system(name)'),
    "checked by a helper that raises": ("shell", "check(name)\nos.system(name)"),
    "checked by a helper that answers": ("shell", "if good(name):\n    os.system(name)"),
    "stopped by a helper that never returns": ("shell", "if name not in ALLOWED:\n    fail()\nos.system(name)"),
    "looked up by key": ("shell", 'os.system({"a": "ls", "b": "ps"}[name])'),
    "another key of the same dictionary": ("path", 'd = {"a": name, "b": "x"}\nopen(d["b"])'),
    "overwritten": ("path", 'name = "x"\nopen(name)'),
    "a match on constants": ("shell", 'match name:\n    case "a" | "b":\n        os.system(name)'),
    "made absolute and compared": (
        "path",
        'p = os.path.realpath(os.path.join("/srv", name))\nif p.startswith("/srv/"):\n    open(p)',
    ),
    "neither absolute nor upwards": (
        "path",
        'if os.path.isabs(name) or ".." in name:\n    return 1\nopen("/srv/" + name)',
    ),
    "neither upwards nor absolute": ("path", 'if ".." in name or name.startswith("/"):\n    abort(400)\nopen(name)'),
    "compared by its common path": (
        "path",
        'if os.path.commonpath((os.path.realpath(name), "/srv")) != "/srv":\n    return 1\nopen(name)',
    ),
    "resolved and inside, else an exception": (
        "path",
        'p = Path("/srv") / name\ntry:\n    p.resolve().relative_to("/srv")\nexcept ValueError:\n    return 1\nopen(p)',
    ),
    "resolved and inside by a helper that answers": (
        "path",
        'p = Path("/srv") / name\nif not inside(p, "/srv"):\n    return 1\nopen(p)',
    ),
    "behind a fixed host": ("url", 'requests.get("https://example.com/" + name)'),
    "behind a host kept in a variable": ("url", 'base = "https://example.com/"\nbase += name\nrequests.get(base)'),
    "a host of a fixed set": ("url", "if urlparse(name).hostname in ALLOWED:\n    requests.get(name)"),
    "a path on this host": ("redirect", "return redirect(request.path + '?again')"),
    "a list of arguments without a shell": ("shell", 'subprocess.run(["ls", name])'),
    "inside a test of a conditional expression": ("shell", 'os.system(name if name in ALLOWED else "ls")'),
}


@pytest.mark.parametrize(("sink", "body"), STOPPED.values(), ids=STOPPED)
def test_a_value_is_not_followed_past_what_makes_it_safe(sink: str, body: str) -> None:
    lines = "\n".join("    " + line for line in body.split("\n"))
    code = (
        "def check(n):\n    if n not in ALLOWED:\n        raise ValueError(n)\n"
        "def good(n):\n    return n in ALLOWED\n"
        "def inside(p, top):\n    try:\n        p.resolve().relative_to(top)\n        return True\n"
        "    except ValueError:\n        return False\n"
        "def fail():\n    abort(404)\n"
        f"def view(cursor):\n    name = request.args['name']\n{lines}\n"
    )
    assert traces(code, sink) == []


def test_a_compared_path_that_is_not_absolute_is_still_followed() -> None:
    code = """
    def view():
        path = os.path.join("/srv", request.args["name"])
        if path.startswith("/srv/"):
            return open(path)
    """
    assert len(traces(code, "path")) == 1


@pytest.mark.parametrize("look", ['".." in name', "os.path.isabs(name)", 'name.startswith("/")'])
def test_half_a_look_at_a_path_is_none(look: str) -> None:
    code = f"def view():\n    name = request.args['name']\n    if {look}:\n        abort(400)\n    return open(name)\n"
    assert len(traces(code, "path")) == 1


def test_a_sink_that_nothing_reaches_is_counted_as_clean() -> None:
    found = flows("def view(cursor):\n    cursor.execute('SELECT 1')\n    request.args\n", "sql")
    assert found.flows == ()
    assert len(found.clean) == 1


def test_an_object_known_by_its_name_alone_is_an_assumption() -> None:
    found = flows("def view(cursor):\n    cursor.execute(request.args['q'])\n", "sql")
    assert [flow.assumed for flow in found.flows] == [("that `cursor` is what its name says",)]


def test_an_object_known_by_what_made_it_is_none() -> None:
    code = "def view():\n    made = sqlite3.connect('x')\n    made.cursor().execute(request.args['q'])\n"
    assert [flow.assumed for flow in flows(code, "sql").flows] == [()]


def test_a_function_that_calls_itself_is_followed_and_ends() -> None:
    code = """
    def deep(text, left):
        if left:
            return deep(text + " ", left - 1)
        return text
    def view():
        os.system(deep(request.args["x"], 3))
    """
    assert len(traces(code, "shell")) == 1


def test_a_touched_helper_shows_the_flow_that_leads_through_it() -> None:
    code = """
    def run(command):
        os.system(command)
    def view():
        run(request.args["x"])
    """
    assert traces(code, "shell", "run") == traces(code, "shell", "view")
    assert len(traces(code, "shell", "run")) == 1


def test_a_function_defined_inside_sees_the_values_around_it() -> None:
    code = """
    def view():
        name = request.args["name"]
        def inner():
            os.system(name)
        inner()
    """
    assert len(traces(code, "shell")) == 1


def test_a_function_past_the_budget_is_not_decided() -> None:
    body = "\n".join(f"    x{n} = request.args['a']" for n in range(4000))
    found = flows(f"def view():\n{body}\n    os.system(x1)\n", "shell")
    assert not found.decided
    assert found.flows == ()


def test_what_a_method_keeps_in_its_object_is_named_by_its_source() -> None:
    code = """
        class Runner:
            def load(self):
                self.word = request.form["word"]
            def run(self):
                os.system(self.word)
        def view():
            runner = Runner()
            runner.load()
            runner.run()
        """
    assert traces(code, "shell") == [
        [
            "3: `self.word` comes from the request",
            "8: is kept in `word` by `runner.load`",
            "9: is read by `runner.run` as `self.word`",
            "5: reaches `os.system`, which runs it in a shell",
        ]
    ]
    assert [flow.source for flow in flows(code, "shell").flows] == ["request.form"]


def test_what_is_joined_by_a_slash_is_a_path_whatever_its_folder_is() -> None:
    code = """
        from pathlib import Path
        from places import ROOT
        def view():
            (ROOT / request.args["name"]).resolve().read_text()
            path = (ROOT / request.args["name"]).resolve()
            if path.is_relative_to(ROOT):
                path.read_text()
        """
    assert [steps[-1].partition(":")[0] for steps in traces(code, "path")] == ["4"]


@pytest.mark.parametrize(("given", "count"), [("BASE, name", 0), ("name, BASE", 1)])
def test_a_value_behind_another_in_a_template_does_not_choose_the_host(given: str, count: int) -> None:
    code = f"""
        BASE = os.environ["BASE"]
        def view():
            name = request.args["name"]
            requests.get("%s/users/%s" % ({given}))
        """
    assert len(traces(code, "url")) == count


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ("keys(name=name)", 0),
        ("passed(name=name)", 0),
        ("values(name=name)", 1),
        ("keys(**request.form)", 1),
        ("passed(**request.form)", 1),
        ("values(**request.form)", 1),
    ],
)
def test_a_name_that_the_caller_writes_out_is_no_data(call: str, count: int) -> None:
    code = f"""
        def keys(**changes):
            os.system(" ".join(f"{{key}}=1" for key in changes))
        def values(**changes):
            os.system(" ".join(changes.values()))
        def passed(**changes):
            keys(**changes)
        def view():
            name = request.form["name"]
            {call}
        """
    assert len(traces(code, "shell")) == count
