"""What a decorator of the project looks at is safe in the function it decorates."""

import pytest

from analyzers.flow import api
from tests.analyzers.flow.asking import file_of, flows, function, project, reached

WRAPPED = """
import functools
def decorate(function):
    @functools.wraps(function)
    def inner({parameters}):
        {look}
        return function({given})
    return inner
@decorate
def run(word, times=1):
    os.system(word)
def view():
    run(request.args["q"])
@app.route("/<word>")
@decorate
def show(word):
    os.system(word)
@decorate
@app.route("/bare/<word>")
def bare(word):
    os.system(word)
"""
LOOK = "if {0} not in ALLOWED: abort(404)"


def _wrapped(parameters: str, look: str, given: str) -> str:
    return WRAPPED.format(parameters=parameters, look=look, given=given)


@pytest.mark.parametrize(
    ("parameters", "look", "given"),
    [
        ("word, times=1", LOOK.format("word"), "word, times"),
        ("name, *rest, **named", LOOK.format("name"), "name, *rest, **named"),
        ("word, **named", "if not re.fullmatch('[a-z]+', word): return None", "word, **named"),
        ("word, **named", "word = re.sub('[^a-z]', '', word)", "word, **named"),
        ("word, **named", "pass", "word=int(word), **named"),
    ],
)
def test_what_a_wrapper_looks_at_is_safe_inside(parameters: str, look: str, given: str) -> None:
    code = _wrapped(parameters, look, given)
    assert flows(code, "shell").flows == ()
    assert flows(code, "shell", "show").flows == ()
    assert len(flows(code, "shell", "bare").flows) == 1


@pytest.mark.parametrize(
    ("parameters", "look", "given"),
    [
        ("*args, **kwargs", "print(args)", "*args, **kwargs"),
        ("*args, **kwargs", "if 'word' not in kwargs: abort(404)", "*args, **kwargs"),
        ("word, times=1", LOOK.format("times"), "word, times"),
        ("word, *rest, **named", "word in ALLOWED", "word, *rest, **named"),
        ("word, other=1", "if word in ALLOWED: return function('a')", "word"),
        ("*args, **kwargs", "return other(args)", "*args"),
        ("*args, **kwargs", "bound = signature.bind(*args, **kwargs)", "*bound.args, **bound.kwargs"),
    ],
)
def test_what_a_wrapper_only_passes_on_is_followed(parameters: str, look: str, given: str) -> None:
    code = _wrapped(parameters, look, given)
    if "other(args)" in look:
        code = code.replace("return function(*args)", "")
    assert len(flows(code, "shell").flows) == 1
    assert len(flows(code, "shell", "show").flows) == 1


@pytest.mark.parametrize(
    "look",
    [
        LOOK.format("kwargs['word']"),
        LOOK.format("kwargs.get('word')"),
        "word = kwargs['word']; " + "assert word in ALLOWED",
        "word = kwargs.get('word', '')\n        " + LOOK.format("word"),
    ],
)
def test_an_argument_is_looked_at_by_its_name(look: str) -> None:
    assert flows(_wrapped("*args, **kwargs", look, "*args, **kwargs"), "shell", "show").flows == ()


def test_an_argument_is_looked_at_by_its_place() -> None:
    code = _wrapped("*args, **kwargs", LOOK.format("args[0]"), "*args, **kwargs")
    assert flows(code, "shell").flows == ()
    assert len(flows(code.replace("args[0]", "args[1]"), "shell").flows) == 1


def test_a_decorator_that_is_made_by_a_call_looks_too() -> None:
    code = """
        def among(names):
            def decorate(function):
                def inner(word):
                    if word not in names:
                        abort(404)
                    return function(word)
                return functools.update_wrapper(inner, function)
            return decorate
        @app.route("/<word>")
        @among(ALLOWED)
        def view(word):
            os.system(word)
    """
    assert reached(code) == []
    assert reached(code.replace("abort(404)", "pass")) == [12]


def test_what_a_decorator_proves_of_the_request_holds_inside() -> None:
    code = """
        def known(function):
            def inner(*args, **kwargs):
                if request.args["q"] not in ALLOWED:
                    abort(404)
                return function(*args, **kwargs)
            return inner
        @app.route("/")
        @known
        def view():
            os.system(request.args["q"])
            os.system(request.args["r"])
    """
    assert reached(code) == [11]


def test_what_a_decorator_makes_of_the_answer_is_what_is_sent() -> None:
    code = """
        from flask import jsonify
        def as_json(function):
            def inner(*args, **kwargs):
                return jsonify(function(*args, **kwargs))
            return inner
        @app.route("/<word>")
        @as_json
        def view(word):
            return "<b>" + word
    """
    assert reached(code, "html") == []
    assert reached(code.replace("jsonify(function(*args, **kwargs))", "function(*args, **kwargs)"), "html") == [9]


def test_a_function_that_returns_early_proves_nothing_to_its_caller() -> None:
    code = """
        def known(function):
            def inner(word):
                if word in ALLOWED:
                    return function(word)
            return inner
        @known
        def run(word):
            os.system(word)
        def view():
            word = request.args["q"]
            run(word)
            os.system(word)
    """
    assert reached(code) == [12]


def test_a_decorator_of_another_file_is_read() -> None:
    files = {
        "shop/marks.py": """
            from functools import wraps
            from flask import abort
            NAMES = {"a"}
            def known(function):
                @wraps(function)
                def inner(word):
                    if word not in NAMES:
                        abort(404)
                    return function(word)
                return inner
        """,
        "shop/pages.py": """
            import os
            from flask import Flask
            from .marks import known
            app = Flask(__name__)
            @app.route("/<word>")
            @known
            def view(word):
                os.system(word)
        """,
    }
    file = project(files).files["shop.pages"]
    assert api.taints(file, function(file, "view"), "user-input", "shell").flows == ()
    alone = file_of(files["shop/pages.py"])
    assert len(api.taints(alone, function(alone, "view"), "user-input", "shell").flows) == 1
