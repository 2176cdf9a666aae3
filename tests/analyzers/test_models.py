"""Library models: read strictly, found by every name a library goes by."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from analyzers.flow import api
from analyzers.models import SECTIONS, ModelError, Sanitizer, Sink, Source, load
from analyzers.source import Project, SourceFile
from config.library import model_texts

PAGE = Path(__file__).parents[2] / "docs" / "writing-models.md"

TEXT = """
[[alias]]
names = ["shop.api.Request"]
to = "shop.Request"

[[source]]
kind = "user-input"
names = ["shop.Request.query"]
what = "the request"

[[sink]]
kinds = ["sql"]
names = ["shop.Table.run"]
arguments = [0, "text"]
receivers = ["table"]
does = "runs it as SQL"

[[type]]
names = ["shop.open"]
returns = "shop.Table"
"""


def test_a_name_is_found_under_its_aliases() -> None:
    models = load({"shop.toml": TEXT})
    assert models.named(Source, "shop.api.Request.query") == models.named(Source, "shop.Request.query") != ()
    assert models.named(Sanitizer, "shop.Request.query") == ()


def test_a_builtin_is_found_with_and_without_its_module() -> None:
    models = load({"x.toml": '[[sink]]\nkinds = ["code"]\nnames = ["eval"]\ndoes = "runs it"\n'})
    assert models.named(Sink, "builtins.eval") == models.named(Sink, "eval") != ()


def test_a_receiver_is_guessed_by_the_name_of_its_variable() -> None:
    models = load({"shop.toml": TEXT})
    assert [sink.does for sink in models.guessed("_table", "run")] == ["runs it as SQL"]
    assert models.guessed("chair", "run") == ()
    assert models.guessed("table", "walk") == ()


def test_what_a_call_returns_is_known() -> None:
    models = load({"shop.toml": TEXT})
    assert models.returned("shop.open") == "shop.Table"
    assert models.returned("shop.close") is None
    assert models.speaks_of("shop.Table")
    assert not models.speaks_of("shop.Chair")


WRONG = {
    "not TOML": ("names = [", "shop.toml: "),
    "an unknown section": (
        "[[sauce]]\nkind = 'x'",
        "shop.toml: [[sauce]] is not a section; the sections are",
    ),
    "one bracket": ("[source]\nkind = 'x'", "shop.toml: write [[source]] with two brackets"),
    "an unknown key": (
        "[[sanitizer]]\nkinds = ['sql']\nnames = ['a']\nargs = 1",
        "shop.toml: sanitizer 1: args is not a key; the keys are kinds, names",
    ),
    "a missing key": ("[[source]]\nkind = 'x'\nwhat = 'y'", "shop.toml: source 1: names is missing"),
    "a wrong value": ("[[type]]\nnames = 'a'\nreturns = 'b'", "shop.toml: type 1: names must be a list of texts"),
    "a wrong argument": (
        "[[validator]]\nkinds = ['x']\nnames = ['a']\nargument = true",
        "shop.toml: validator 1: argument must be a position or a name",
    ),
    "the second of two": (
        "[[type]]\nnames = ['a']\nreturns = 'b'\n[[type]]\nnames = ['a']\nreturns = 1",
        "shop.toml: type 2: returns must be a text",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_an_error_names_the_file_and_the_key(text: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        load({"shop.toml": text})
    assert str(caught.value).startswith(message)


def test_the_models_that_come_along_are_read() -> None:
    texts = model_texts()
    assert len(load(texts).items) > 100
    assert {"flask.toml", "django.toml", "starlette.toml", "sqlalchemy.toml", "dbapi.toml", "oslo.toml"} <= texts.keys()


def test_every_sink_is_of_a_kind_that_somebody_clears_or_a_rule_asks_for() -> None:
    models = load(model_texts())
    kinds = {kind for sink in models.all(Sink) for kind in sink.kinds}
    assert kinds <= {
        "sql", "shell", "program", "path", "html", "url", "redirect", "code", "template", "regex", "xml", "log",
        "deserialization",
    }  # fmt: skip
    cleared = {kind for one in models.all(Sanitizer) for kind in one.kinds} - {"*"}
    assert cleared <= kinds | {"header"}


def test_the_example_of_the_documentation_works_as_it_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    code = (
        "import paperstore\nfrom flask import request\n"
        "def find():\n    store = paperstore.open('x')\n    return store.search(request.args['q'])\n"
        "def safe():\n    store = paperstore.open('x')\n    store.search(paperstore.escape(request.args['q']))\n"
    )
    file = SourceFile("app.py", code, Project(models=load({**model_texts(), "paperstore.toml": example})))
    file.project.add(file)
    find, safe = file.function("find"), file.function("safe")
    assert find is not None
    assert safe is not None
    assert [flow.sink for flow in api.taints(file, find, "user-input", "sql").flows] == ["store.search"]
    assert api.taints(file, safe, "user-input", "sql").flows == ()
    assert [one.noun for one in api.acquisitions(file, safe)] == ["document store"]


def test_every_section_and_key_is_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for section, kind in SECTIONS.items():
        (row,) = re.findall(rf"^\| `{section}` \|([^|]*)\|", page, re.MULTILINE)
        assert set(re.findall(r"`(\w+)`", row)) - {"0"} == {one.name for one in fields(kind)}
