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
