"""What a handler of FastAPI is given by what it depends on, and what that looks at."""

import pytest

from analyzers.flow import api
from tests.analyzers.flow.asking import function, project

DEPENDED = """
import os, re
from typing import Annotated
from fastapi import Depends, FastAPI, Header, HTTPException
app = FastAPI()
NAMES = {"a", "b"}

def stripped(word: str, times: int = 1):
    return word.strip()

def twice(word: str = Depends(stripped)):
    return word + word

def looked_at(word: str):
    if word not in NAMES:
        raise HTTPException(404)
    return word

def told(word: str):
    return word in NAMES

def options(word: str, limit: int = 9):
    return {"word": word, "limit": limit}

def opened(word: str):
    yield word

def from_header(word: str = Header()):
    if word not in NAMES:
        raise HTTPException(404)

class Common:
    def __init__(self, word: str, limit: int = 9):
        self.word, self.limit = word, limit

class Reader:
    def __call__(self, word: str):
        return word

reader = Reader()
Word = Annotated[str, Depends(stripped)]
Checked = Annotated[str, Depends(looked_at)]
"""


def _found(parameters: str, command: str, marks: str = "") -> int:
    code = f'{DEPENDED}\n@app.get("/"{marks})\ndef view({parameters}):\n    os.system("ls " + {command})\n'
    file = project({"app.py": code}).files["app"]
    return len(api.taints(file, function(file, "view"), "user-input", "shell").flows)


@pytest.mark.parametrize(
    ("parameters", "command"),
    [
        ("word=Depends(stripped)", "word"),
        ("word: Annotated[str, Depends(stripped)]", "word"),
        ("word: Word", "word"),
        ("word=Depends(twice)", "word"),
        ("word=Depends(opened)", "word"),
        ("word=Depends(reader)", "word"),
        ("word=Depends(Reader())", "word"),
        ("given=Depends(options)", "given['word']"),
        ("common: Common = Depends()", "common.word"),
        ("common: Annotated[Common, Depends()]", "common.word"),
        ("common=Depends(Common)", "common.word"),
        ("word: str, known=Depends(told)", "word"),
        ("word: str, known=Depends(from_header)", "word"),
        ("other: str, known=Depends(looked_at)", "other"),
    ],
)
def test_what_a_dependency_gives_reaches_the_handler(parameters: str, command: str) -> None:
    assert _found(parameters, command) == 1


@pytest.mark.parametrize(
    ("parameters", "command", "marks"),
    [
        ("word=Depends(looked_at)", "word", ""),
        ("word: Checked", "word", ""),
        ("word: str, known=Depends(looked_at)", "word", ""),
        ("word: str", "word", ", dependencies=[Depends(looked_at)]"),
        ("known=Depends(told)", "str(known)", ""),
        ("given=Depends(options)", "'%d' % given['limit']", ""),
        ("common: Common = Depends()", "'%d' % common.limit", ""),
        ("word=Depends(library.find)", "word", ""),
        ("word: str = Header(), known=Depends(from_header)", "word", ""),
    ],
)
def test_what_a_dependency_looked_at_is_safe(parameters: str, command: str, marks: str) -> None:
    assert _found(parameters, command, marks) == 0


ROUTERS = {
    "a router": ("router = APIRouter(dependencies=[Depends(looked_at)])", "router", "word", 0),
    "an application": ("app = FastAPI(dependencies=[Depends(looked_at)])", "app", "word", 0),
    "a list with a name": ("ASKED = [Depends(looked_at)]\nrouter = APIRouter(dependencies=ASKED)", "router", "word", 0),
    "where it is included": (
        "router = APIRouter()\napp.include_router(router, dependencies=[Depends(looked_at)])",
        "router",
        "word",
        0,
    ),
    "what includes it": (
        "router = APIRouter()\nwhole = FastAPI(dependencies=[Depends(looked_at)])\nwhole.include_router(router)",
        "router",
        "word",
        0,
    ),
    "another parameter": ("router = APIRouter(dependencies=[Depends(looked_at)])", "router", "other", 1),
    "one that goes on": ("router = APIRouter(dependencies=[Depends(told)])", "router", "word", 1),
    "another router": (
        "known = APIRouter(dependencies=[Depends(looked_at)])\nrouter = APIRouter()",
        "router",
        "word",
        1,
    ),
    "a router that includes itself": ("router = APIRouter()\nrouter.include_router(router)", "router", "word", 1),
}


@pytest.mark.parametrize(("made", "router", "command", "count"), ROUTERS.values(), ids=ROUTERS)
def test_what_a_router_depends_on_looks_at_its_handlers_parameters(
    made: str, router: str, command: str, count: int
) -> None:
    start = DEPENDED.replace("import Depends", "import APIRouter, Depends").replace(
        "app = FastAPI()", "", int("app =" in made)
    )
    handler = f'@{router}.get("/")\ndef view(word: str, other: str):\n    os.system("ls " + {command})\n'
    file = project({"app.py": f"{start}\n{made}\n{handler}"}).files["app"]
    assert len(api.taints(file, function(file, "view"), "user-input", "shell").flows) == count


ELSEWHERE = {
    "shop/given.py": """
        from typing import Annotated
        from fastapi import Depends, Header, Request
        def word(request: Request):
            return request.query_params["word"]
        def user(token: str = Header()):
            return {"a": 1}.get(token)
        Word = Annotated[str, Depends(word)]
        User = Annotated[str, Depends(user)]
    """,
    "shop/pages.py": """
        import os
        from fastapi import APIRouter, Depends
        from . import given
        from .given import User, Word
        router = APIRouter()
        @router.get("/a")
        def by_alias(word: Word):
            os.system(word)
        @router.get("/b")
        def by_name(word=Depends(given.word)):
            os.system(word)
        @router.get("/c")
        def clean(user: User):
            os.system(user)
    """,
}


@pytest.mark.parametrize(("name", "count"), [("by_alias", 1), ("by_name", 1), ("clean", 0)])
def test_a_dependency_of_another_file_is_found_also_through_a_name_for_it(name: str, count: int) -> None:
    file = project(ELSEWHERE).files["shop.pages"]
    assert len(api.taints(file, function(file, name), "user-input", "shell").flows) == count


def test_the_steps_lead_through_the_dependency_and_are_told_of_it_too() -> None:
    files = project(ELSEWHERE).files
    pages, given = files["shop.pages"], files["shop.given"]
    (flow,) = api.taints(pages, function(pages, "by_name"), "user-input", "shell").flows
    assert [(step.path, step.what) for step in flow.steps] == [
        ("shop/given.py", "`request.query_params` comes from the request"),
        ("shop/pages.py", "is given as `word` by `word`"),
        ("shop/pages.py", "reaches `os.system`, which runs it in a shell"),
    ]
    through = api.taints(given, function(given, "word"), "user-input", "shell").flows
    assert [flow.path for flow in through] == ["shop/given.py"]
