"""Which modules a change asks for: those that its touched units use, where a flow could lead, and no others."""

from textwrap import dedent

import pytest

from analyzers.model import ContextFile, FilePair
from analyzers.surroundings import imports_own, wishes
from analyzers.touched import TouchedLines
from analyzers.workspace import Workspace, workspace
from tests.analyzers.flow.asking import file_of, models

VIEW = """\
from flask import request
{imports}

def view():
    return {call}

def other():
    return 1
"""


def space(files: dict[str, str], context: dict[str, str] | None = None, touched: tuple[int, ...] = ()) -> Workspace:
    lines = TouchedLines(frozenset(touched), frozenset(), ()) if touched else None
    pairs = [FilePair(path, dedent(text).encode(), None, lines) for path, text in files.items()]
    near = [ContextFile(path, dedent(text).encode()) for path, text in (context or {}).items()]
    return workspace(pairs, models(), context=near)


def asked(files: dict[str, str], context: dict[str, str] | None = None, touched: tuple[int, ...] = ()) -> list[str]:
    """The first place of each module that the first file asks for."""
    return [wish.paths[0] for wish in wishes(space(files, context, touched), next(iter(files)))]


@pytest.mark.parametrize(
    ("imports", "call", "path"),
    [
        ("from .db import run", "run(request.args['q'])", "shop/db.py"),
        ("from . import db", "db.run(request.args['q'])", "shop/db.py"),
        ("from shop import db as store", "store.run(request.args['q'])", "shop/db.py"),
        ("import shop.db", "shop.db.run(request.args['q'])", "shop/db.py"),
        ("from .db import Store", "Store().run(request.args['q'])", "shop/db.py"),
        ("from .db import Store\nstore = Store()", "store.run(request.args['q'])", "shop/db.py"),
        ("from .db import *", "run(request.args['q'])", "shop/db.py"),
        ("from .jobs import run", "list(map(run, request.args))", "shop/jobs.py"),
        ("from .db import run\nstart = run", "start(request.args['q'])", "shop/db.py"),
    ],
)
def test_a_module_is_asked_for_however_it_is_imported(imports: str, call: str, path: str) -> None:
    assert asked({"shop/views.py": VIEW.format(imports=imports, call=call)}) == [path]


def test_an_import_inside_the_function_and_an_annotation_count_too() -> None:
    inner = "from flask import request\ndef view(store: 'x'):\n    from .db import run\n    run(request.args['q'])\n"
    assert asked({"shop/views.py": inner}) == ["shop/db.py"]
    typed = (
        "from flask import request\nfrom .db import Store\ndef view(store: Store):\n    store.run(request.args['q'])\n"
    )
    assert asked({"shop/views.py": typed}) == ["shop/db.py"]


def test_what_an_object_holds_and_inherits_is_asked_for() -> None:
    held = """\
        from flask import request
        from .base import Base
        from .db import Store
        class View(Base):
            def __init__(self):
                self.store = Store()
            def get(self):
                self.store.run(request.args['q'])
        """
    assert asked({"shop/views.py": held}, touched=(8,)) == ["shop/base.py", "shop/db.py"]


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("import subprocess", "subprocess.run(request.args['q'])"),
        ("from .db import run", "request.args['q']"),
        ("from .settings import NAME", "print(NAME)"),
        ("from werkzeug.utils import secure_filename", "secure_filename(request.args['q'])"),
    ],
)
def test_what_is_not_called_or_not_ours_is_not_asked_for(imports: str, call: str) -> None:
    assert asked({"shop/views.py": VIEW.format(imports=imports, call=call)}) == []


def test_an_untouched_unit_asks_for_nothing() -> None:
    view = VIEW.format(imports="from .db import run", call="run(request.args['q'])")
    assert asked({"shop/views.py": view}, touched=(5,)) == ["shop/db.py"]
    assert asked({"shop/views.py": view}, touched=(8,)) == []


def test_a_unit_that_no_flow_can_lead_through_asks_for_nothing() -> None:
    assert asked({"shop/prices.py": "from .tax import rate\ndef total(n):\n    return n * rate()\n"}) == []


def test_a_sink_alone_is_reason_enough_to_look_where_the_value_comes_from() -> None:
    code = "import subprocess\nfrom .web import wanted\ndef go():\n    subprocess.run(wanted(), shell=True)\n"
    assert asked({"shop/jobs.py": code}) == ["shop/web.py"]


def test_what_files_at_hand_call_is_asked_for_next() -> None:
    view = VIEW.format(imports="from .service import find", call="find(request.args['q'])")
    service = (
        "from .db import run\ndef find(q):\n    return run(q)\ndef other():\n    from .mail import send\n    send()\n"
    )
    assert asked({"shop/views.py": view, "shop/service.py": service}) == ["shop/db.py"]
    assert asked({"shop/views.py": view}, {"shop/service.py": service}) == ["shop/db.py"]


def test_a_name_that_a_package_hands_on_is_asked_for_where_it_is_defined() -> None:
    view = VIEW.format(imports="from shop.store import run", call="run(request.args['q'])")
    assert asked({"shop/views.py": view}) == ["shop/store.py"]
    assert asked({"shop/views.py": view}, {"shop/store/__init__.py": "from .impl import run\n"}) == [
        "shop/store/impl.py"
    ]
    assert asked({"shop/views.py": view}, {"shop/store/__init__.py": "from .impl import *\n"}) == ["shop/store/impl.py"]


def test_where_nothing_is_imported_from_a_folder_around_a_module_may_stand_beside() -> None:
    code = VIEW.format(imports="from db import run", call="run(request.args['q'])")
    (wish,) = wishes(space({"app/views.py": code}), "app/views.py")
    assert (wish.paths, wish.sure) == (("app/db.py", "app/db/__init__.py", "db.py"), False)


def test_where_the_project_shows_what_else_is_imported_is_a_library() -> None:
    code = VIEW.format(imports="import weather\nfrom .db import run", call="weather.array(run(request.args['q']))")
    assert asked({"shop/views.py": code}) == ["shop/db.py"]


def test_what_a_package_that_is_asked_for_will_tell_is_not_asked_for_as_well() -> None:
    code = VIEW.format(
        imports="from shop.models import User\nfrom shop.models import db", call="db.run(User(request.args['q']))"
    )
    assert asked({"shop/views.py": code}) == ["shop/models.py"]
    assert asked({"shop/views.py": code}, {"shop/models.py": "class User: pass\ndb = connect()\n"}) == []
    assert asked({"shop/views.py": code}, {"shop/models/__init__.py": "class User: pass\n"}) == ["shop/models/db.py"]


def test_what_hangs_on_an_imported_object_is_not_asked_for() -> None:
    code = VIEW.format(imports="from shop.models import db", call="db.session.add(request.args['q'])")
    assert asked({"shop/views.py": code}) == []


def test_what_is_called_here_comes_before_what_that_calls() -> None:
    view = VIEW.format(imports="from .zoo import find\nfrom .here import go", call="go(find(request.args['q']))")
    here = "from .animals import feed\ndef go(q):\n    feed(q)\n"
    assert asked({"shop/views.py": view, "shop/here.py": here}) == ["shop/zoo.py", "shop/animals.py"]


def test_tests_ask_for_nothing() -> None:
    code = VIEW.format(imports="from shop.db import run", call="run(request.args['q'])")
    assert asked({"shop/tests/test_views.py": code}) == []


def test_of_what_a_function_gives_only_the_function_is_looked_for() -> None:
    code = VIEW.format(imports="from .web import make", call="make().db.session.run(request.args['q'])")
    assert asked({"shop/views.py": code}) == ["shop/web.py"]


@pytest.mark.parametrize(
    ("code", "own"),
    [
        ("import os, re\nfrom flask import request\n", False),
        ("import os, db\n", True),
        ("from . import db\n", True),
        ("from .db import run\n", True),
        ("if x:\n    from db import run\n", True),
        ("x = 1\n", False),
    ],
)
def test_a_file_that_imports_only_libraries_is_not_even_parsed(code: str, own: bool) -> None:
    file = file_of(code)
    assert imports_own(file) is own
    pairs = [FilePair("a.py", code.encode(), None, None)]
    made = workspace(pairs, models())
    assert wishes(made, "a.py") == ()
    assert ("outline" in vars(made.sides["a.py"].head)) is own


def test_calls_in_circles_end() -> None:
    one = "from flask import request\nfrom .b import two\ndef one():\n    return two(request.args)\n"
    two = "from .a import one\nfrom .c import three\ndef two(x):\n    return one() or three(x)\n"
    assert asked({"p/a.py": one, "p/b.py": two}) == ["p/c.py"]


ENGINE = "from .words import clean\n\ndef search(query):\n    return clean(query, limit)\n"
LOADER = "shop/engines/__init__.py"


def test_where_a_name_is_unknown_the_package_that_may_load_the_file_is_asked_for() -> None:
    assert LOADER in asked({"shop/engines/maps.py": ENGINE})
    assert LOADER not in asked({"shop/engines/maps.py": "limit = 9\n" + ENGINE})
    assert LOADER not in asked({"shop/engines/maps.py": ENGINE}, {LOADER: ""})
    assert LOADER not in asked({LOADER: ENGINE})
    assert "__init__.py" not in asked({"maps.py": ENGINE})
    assert LOADER in asked({"shop/engines/maps.py": "import json\ndef search(query):\n    return query[:limit]\n"})


def test_a_package_may_have_its_modules_loaded_by_those_that_it_imports() -> None:
    package = "import json\nfrom ._core import Engine, load\nfrom shop.engines.words import clean\nfrom .. import b\n"
    beside = ["shop/engines/_core.py", "shop/engines/words.py"]
    engine = "def search(query):\n    return query[:limit]\n"
    assert asked({"shop/engines/maps.py": engine}, {LOADER: package}) == beside
    assert asked({"shop/engines/maps.py": engine.replace("limit", "9")}, {LOADER: package}) == []
    given = "def load(name):\n    engine = load_module(name)\n    engine.limit = 9\n"
    assert asked({"shop/engines/maps.py": engine}, {LOADER: package, beside[0]: given}) == []
