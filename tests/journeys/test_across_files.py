"""A change to one file, judged by what an untouched file does with its values: on every forge alike."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot import pipeline
from bot.dry_run import asked_for
from bot.forge import Forge
from bot.forges.local.forge import LocalForge
from bot.forges.local.git import Repository
from bot.forges.local.sources import Commits, Folders, Paths
from bot.model import ChangeRef
from bot.pipeline import Examination
from bot.sandbox import Sandbox
from config.settings import LimitSettings, Settings
from tests.fakes.gerrit.jars import NEW
from tests.forges.contract.world import Files
from tests.forges.gerrit import fake_world
from tests.forges.gerrit.world import GerritWorld
from tests.forges.github import world as github
from tests.forges.github.world import GitHubWorld
from tests.forges.local.repository import Author

Opened = tuple[Callable[[], Forge], ChangeRef]

VIEWS = """\
from flask import Flask, request

from shop.db import find

app = Flask(__name__)


@app.route("/orders")
def orders():
    return "none"
"""
TOUCHED = VIEWS.replace('return "none"', 'return find(request.args["name"])')
DB = """\
import sqlite3


def find(name):
    cursor = sqlite3.connect("shop.db").cursor()
    cursor.execute(f"SELECT * FROM orders WHERE name = '{name}'")
    return cursor.fetchall()
"""
CLEANED = DB.replace("    cursor = ", "    name = int(name)\n    cursor = ")
PACKAGE = {"src/shop/__init__.py": "", "src/shop/views.py": VIEWS}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with closing(Sandbox(LimitSettings(), 1)) as opened:
        yield opened


def encoded(files: Mapping[str, str]) -> Files:
    return {path: text.encode() for path, text in files.items()}


@contextmanager
def on_a_forge(place: GitHubWorld | GerritWorld, base: Mapping[str, str], head: Mapping[str, str]) -> Iterator[Opened]:
    ref = place.new_change(encoded(head), encoded(base))
    yield place.forge, ref


@contextmanager
def opened(where: str, base: Mapping[str, str], head: Mapping[str, str], folder: Path) -> Iterator[Opened]:
    """A change from `base` to `base` with `head` over it."""
    if where == "github":
        with github.open_world() as hub, on_a_forge(hub, base, head) as made:
            yield made
    elif where == "gerrit":
        with fake_world.open_world(NEW) as server, on_a_forge(server, base, head) as made:
            yield made
    elif where == "local":
        author = Author.begin(folder)
        first, second = author.commit(dict(base)), author.commit(dict(head))
        forge = LocalForge(Commits(Repository(folder), first, second))
        yield lambda: forge, forge.ref
    else:
        for side, files in (("old", dict(base)), ("new", {**base, **head})):
            for path, text in files.items():
                Author(folder / side).write(path, text)
        both = LocalForge(Folders(folder / "old", folder / "new"))
        yield lambda: both, both.ref


def examined(forge: Forge, ref: ChangeRef, sandbox: Sandbox, settings: Settings | None = None) -> Examination:
    found = pipeline.examine(asked_for(ref), forge, sandbox, settings or Settings())
    assert isinstance(found, Examination)
    return found


FORGES = ["local", "folders", "github", "gerrit"]


@pytest.mark.parametrize("where", FORGES)
def test_a_value_is_followed_into_a_file_that_the_change_does_not_touch(
    where: str, tmp_path: Path, sandbox: Sandbox
) -> None:
    base = {**PACKAGE, "src/shop/db.py": DB}
    with opened(where, base, {"src/shop/views.py": TOUCHED}, tmp_path / "r") as (forge, ref):
        done = examined(forge(), ref, sandbox)
    (finding,) = done.report.findings
    assert (finding.rule, finding.path, finding.line) == ("sql-from-user-input", "src/shop/views.py", 10)
    assert [(step.path, step.line) for step in finding.trace.steps][-1] == ("src/shop/db.py", 6)
    assert finding.trace.steps[0].path == "src/shop/views.py"
    assert [file.path for file in done.report.files] == ["src/shop/views.py"]


@pytest.mark.parametrize("where", FORGES)
def test_what_the_untouched_file_makes_safe_is_not_reported(where: str, tmp_path: Path, sandbox: Sandbox) -> None:
    base = {**PACKAGE, "src/shop/db.py": CLEANED}
    with opened(where, base, {"src/shop/views.py": TOUCHED}, tmp_path / "r") as (forge, ref):
        assert examined(forge(), ref, sandbox).report.findings == ()


@pytest.mark.parametrize("where", ["github", "gerrit"])
def test_the_comment_stands_on_the_touched_line(where: str, tmp_path: Path, sandbox: Sandbox) -> None:
    base = {**PACKAGE, "src/shop/db.py": DB}
    place = github.open_world() if where == "github" else fake_world.open_world(NEW)
    with place as world:
        ref = world.new_change(encoded({"src/shop/views.py": TOUCHED}), encoded(base))
        pipeline.publish(examined(world.forge(), ref, sandbox), world.forge(), Settings())
        (comment,) = world.comments(ref)
    assert (comment.path, comment.line) == ("src/shop/views.py", 10)
    assert "src/shop/db.py" in comment.body


def local(folder: Path, base: Mapping[str, str], head: Mapping[str, str], sandbox: Sandbox) -> Examination:
    with opened("local", base, head, folder) as (forge, ref):
        return examined(forge(), ref, sandbox)


def test_what_was_there_before_is_not_reported_because_a_file_was_fetched(tmp_path: Path, sandbox: Sandbox) -> None:
    base = {**PACKAGE, "src/shop/views.py": TOUCHED, "src/shop/db.py": DB}
    later = TOUCHED.replace("def orders():\n", "def orders():\n    print(1)\n")
    assert local(tmp_path, base, {"src/shop/views.py": later}, sandbox).report.findings == ()


def test_a_defect_of_the_untouched_file_alone_is_nobodys_business(tmp_path: Path, sandbox: Sandbox) -> None:
    own = DB + '\n\ndef every():\n    eval(input())\n    return yaml.load(open("x"))\n'
    head = {"src/shop/views.py": TOUCHED.replace('request.args["name"]', '"fixed"')}
    assert local(tmp_path, {**PACKAGE, "src/shop/db.py": own}, head, sandbox).report.findings == ()


def test_a_source_in_an_untouched_file_reaches_a_touched_sink(tmp_path: Path, sandbox: Sandbox) -> None:
    web = "from flask import request\n\n\ndef wanted():\n    return request.args['name']\n"
    jobs = "import subprocess\n\nfrom .web import wanted\n\n\ndef run():\n    subprocess.run(wanted(), shell=True)\n"
    done = local(tmp_path, {"shop/web.py": web, "shop/jobs.py": ""}, {"shop/jobs.py": jobs}, sandbox)
    (finding,) = done.report.findings
    assert (finding.path, finding.line) == ("shop/jobs.py", 7)
    assert finding.trace.steps[0].path == "shop/web.py"


def test_a_validator_in_an_untouched_file_counts(tmp_path: Path, sandbox: Sandbox) -> None:
    checks = "def known(name):\n    if name not in ('a', 'b'):\n        raise ValueError(name)\n"
    head = TOUCHED.replace("import find\n", "import find\nfrom shop.checks import known\n").replace(
        "    return find", '    name = request.args["name"]\n    known(name)\n    return find'
    )
    head = head.replace('find(request.args["name"])', "find(name)")
    base = {**PACKAGE, "src/shop/db.py": DB, "src/shop/checks.py": checks}
    assert local(tmp_path / "a", base, {"src/shop/views.py": head}, sandbox).report.findings == ()
    weak = {**base, "src/shop/checks.py": "def known(name):\n    print(name)\n"}
    assert len(local(tmp_path / "b", weak, {"src/shop/views.py": head}, sandbox).report.findings) == 1


def test_a_name_that_a_package_hands_on_is_followed_to_where_it_is_defined(tmp_path: Path, sandbox: Sandbox) -> None:
    base = {**PACKAGE, "src/shop/db/__init__.py": "from .sql import find\n", "src/shop/db/sql.py": DB}
    (finding,) = local(tmp_path, base, {"src/shop/views.py": TOUCHED}, sandbox).report.findings
    assert finding.trace.steps[-1].path == "src/shop/db/sql.py"


def test_a_method_of_an_untouched_base_class_is_followed(tmp_path: Path, sandbox: Sandbox) -> None:
    base = "import os\n\n\nclass Base:\n    def start(self, command):\n        os.system(command)\n"
    view = "from flask import request\nfrom flask.views import MethodView\nfrom .base import Base\n\n\n"
    view += "class View(Base, MethodView):\n    def get(self):\n        self.start(request.args['c'])\n"
    done = local(tmp_path, {"shop/base.py": base, "shop/views.py": ""}, {"shop/views.py": view}, sandbox)
    (finding,) = done.report.findings
    assert (finding.path, finding.line, finding.trace.steps[-1].path) == ("shop/views.py", 8, "shop/base.py")


def test_an_untouched_file_that_no_parser_takes_is_not_at_hand(tmp_path: Path, sandbox: Sandbox) -> None:
    base = {**PACKAGE, "src/shop/db.py": "def find(:\n"}
    done = local(tmp_path, base, {"src/shop/views.py": TOUCHED}, sandbox)
    assert (done.report.findings, done.report.partial) == ((), False)


@pytest.mark.parametrize("outside", [False, True])
def test_a_scan_of_one_file_looks_into_others_of_the_folder_and_follows_no_link_out(
    tmp_path: Path, sandbox: Sandbox, outside: bool
) -> None:
    author = Author(tmp_path / "project")
    author.write("shop/views.py", TOUCHED.replace("shop.db", "shop.store.db"))
    Author(tmp_path / "elsewhere" if outside else tmp_path / "project/shop/store").write("db.py", DB)
    if outside:
        (tmp_path / "project/shop/store").symlink_to(tmp_path / "elsewhere")
    forge = LocalForge(Paths(tmp_path / "project", (tmp_path / "project/shop/views.py",)))
    assert len(examined(forge, forge.ref, sandbox).report.findings) == (not outside)


def test_a_review_without_flows_asks_the_forge_for_nothing_more(tmp_path: Path, sandbox: Sandbox) -> None:
    with github.open_world() as world:
        ref = world.new_change(encoded({"src/shop/tax.py": "import os\n\n\ndef rate():\n    return os.cpu_count()\n"}))
        before = len(world.fake.requests)
        examined(world.forge(), ref, sandbox)
        plain = len(world.fake.requests) - before
        ref = world.new_change(encoded({"src/shop/views.py": TOUCHED}), encoded({**PACKAGE, "src/shop/db.py": DB}))
        before = len(world.fake.requests)
        examined(world.forge(), ref, sandbox)
        assert len(world.fake.requests) - before == plain + 2  # the base of views.py, and db.py
