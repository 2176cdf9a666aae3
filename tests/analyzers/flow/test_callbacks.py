"""Functions as values: given to somebody who calls them with a client's data."""

import pytest

from tests.analyzers.flow.asking import flows, traces

RUN = """
import asyncio, functools, itertools, threading
from concurrent.futures import ThreadPoolExecutor
from starlette.concurrency import run_in_threadpool
pool = ThreadPoolExecutor()
def run(command, times=1):
    os.system(command)
def view():
    q = request.args["q"]
    {call}
"""


@pytest.mark.parametrize(
    "call",
    [
        "list(map(run, [q]))",
        "list(map(run, request.args.getlist('q')))",
        "list(filter(run, [q]))",
        "pool.submit(run, q)",
        "pool.submit(run, command=q)",
        "threading.Thread(target=run, args=(q,)).start()",
        "threading.Thread(target=run, kwargs={'command': q}).start()",
        "threading.Timer(3, run, [q]).start()",
        "act = functools.partial(run, q)",
        "asyncio.run(asyncio.to_thread(run, q))",
        "run_in_threadpool(run, q, 2)",
        "loop.run_in_executor(None, run, q)",
        "list(map(lambda one: run(one), [q]))",
        "list(map(os.system, [q]))",
        "pool.submit(os.system, q)",
        "threading.Thread(target=os.system, args=[q])",
    ],
)
def test_a_function_that_is_handed_on_is_called_with_what_goes_along(call: str) -> None:
    assert len(flows(RUN.format(call=call), "shell").flows) == 1


@pytest.mark.parametrize(
    "call",
    [
        "list(map(run, ['date']))",
        "list(map(int, [q]))",
        "pool.submit(run, 'date', q)",
        "threading.Thread(target=run, args=('date', q))",
        "threading.Thread(target=run, kwargs={'times': q})",
        "threading.Thread(target=print, args=(q,))",
        "pool.submit(run, int(q))",
        "handlers[q](q)",
    ],
)
def test_what_the_function_is_not_given_does_not_reach_it(call: str) -> None:
    assert flows(RUN.format(call=call), "shell").flows == ()


def test_what_the_function_gives_comes_out() -> None:
    code = """
        def clean(name):
            return name.strip()
        def view():
            for name in map(clean, request.args.getlist("n")):
                os.system(name)
    """
    assert len(flows(code, "shell").flows) == 1
    assert flows(code.replace("map(clean", "map(int"), "shell").flows == ()
    future = code.replace('for name in map(clean, request.args.getlist("n")):', "if True:").replace(
        "os.system(name)", "os.system(pool.submit(clean, request.args['n']).result())"
    )
    assert len(flows(future, "shell").flows) == 1


def test_the_steps_name_the_function_and_not_who_calls_it() -> None:
    (steps,) = traces(RUN.format(call="pool.submit(run, q)"), "shell")
    assert steps[-2].endswith("is passed to `run` as `command`")
    (steps,) = traces(RUN.format(call="pool.submit(os.system, q)"), "shell")
    assert "reaches `os.system`" in steps[-1]


ASKED = """
def run(word):
    os.system(word)
def show(word):
    return word
def check(word):
    if word not in ALLOWED:
        abort(404)
def with_word(word, done, *, other=None):
    done(word)
    if other:
        other("date", word=word)
def checked(word, done):
    if word in ALLOWED:
        done(word)
def further(word, done):
    with_word(word, done)
class Worker:
    def act(self, word):
        os.system(word)
    def start(self, word):
        with_word(word, self.act)
def named(first, word):
    os.system(word)
def view():
    q = request.args["q"]
    {call}
"""


@pytest.mark.parametrize(
    "call",
    [
        "with_word(q, run)",
        "with_word(q, done=os.system)",
        "with_word(q, lambda word: os.system(word))",
        "with_word(q, show, other=named)",
        "further(q, run)",
        "Worker().start(q)",
        "with_word(q, check); os.system(q)",
    ],
)
def test_a_function_that_a_callee_calls_is_given_what_that_gives_it(call: str) -> None:
    assert len(flows(ASKED.format(call=call), "shell").flows) == 1


@pytest.mark.parametrize(
    "call",
    [
        "with_word(q, show)",
        "with_word('date', run)",
        "checked(q, run)",
        "with_word(int(q), run)",
        "with_word(q, unknown)",
        "with_word(q, lambda word: os.system('date'))",
        "with_word(q, None)",
    ],
)
def test_what_a_callee_does_not_give_the_function_is_not_told(call: str) -> None:
    assert flows(ASKED.format(call=call), "shell").flows == ()


def test_the_steps_lead_through_the_callee_into_the_function() -> None:
    (steps,) = traces(ASKED.format(call="with_word(q, run)"), "shell")
    assert [step.partition(": ")[2] for step in steps] == [
        "`q` comes from the request",
        "is passed to `with_word` as `word`",
        "is passed to `done`",
        "is passed to `run` as `word`",
        "reaches `os.system`, which runs it in a shell",
    ]
