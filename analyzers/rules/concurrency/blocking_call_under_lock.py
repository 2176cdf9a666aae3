"""A call that waits for a network, a process or the clock while a lock is held.

Why it matters: Every thread that wants the lock waits as long as the slowest server does. One that never answers
stops them all.

What to do: Do the slow part first or afterwards, and take the lock only around the shared state.

What it does not see: Locks whose making cannot be seen; calls that wait two functions further down; databases,
which a lock often guards on purpose.
"""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.callers import calls_of
from analyzers.glimpse import Glimpse, around_modelled, either, every, modelled, says
from analyzers.holdings import Holding, held
from analyzers.model import Confidence, Finding, Severity, Step
from analyzers.models import Blocking, Lock
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import Wait, calls_waiting, running, wait, waits_itself

# A database or a child that is polled is often what the lock is there for.
ENDLESS = ("time.sleep", "requests.", "urllib.", "httpx.", "socket.", "subprocess.")
# Semaphores count on purpose, and locks of files guard whole jobs.
EXCLUSIVE = ("threading.Lock", "threading.RLock", "threading.Condition", "_thread.", "multiprocessing.Lock")
# `while not lock_file(path):`, a few lines above the sleep.
ASKS = re.compile(r"\b(?:while|if|return)\b")
CALLS_LOCK = re.compile(r"\b(?=\w++\()\w*lock")
ABOVE = 4
LIMITERS = frozenset("rate limit limiter throttle delay debounce pace".split())


def _may_be_called_under_lock(glimpse: Glimpse) -> bool:
    return "with" in glimpse.file.words and glimpse.is_called


RULE = Rule(
    name="blocking-call-under-lock",
    title="Waiting under a lock",
    weakness="CWE-667",
    severity=Severity.MEDIUM,
    message="`{call}` {does} while `{lock}` is held, so every other thread that needs `{lock}` waits as well.",
    advice="Call `{call}` before or after the `with` block, and take `{lock}` only around the shared state.",
    in_tests=False,
    needs=(
        around_modelled(Lock),
        either(every(says("with"), calls_waiting), modelled(Blocking)),
        either(says("with"), _may_be_called_under_lock),
    ),
    bad=(
        Bad(
            """
            import threading
            import requests

            class Rates:
                def __init__(self):
                    self._lock = threading.Lock()
                    self._rates = {}

                def refresh(self, url):
                    with self._lock:  # step
                        self._rates = requests.get(url, timeout=10).json()  # finding
            """
        ),
        Bad(
            """
            import threading
            import time

            lock = threading.Lock()

            def pause():
                time.sleep(30)  # step

            def drain(jobs):
                with lock:  # step
                    while not jobs.empty():
                        jobs.step()
                        pause()  # finding
            """
        ),
        Bad(
            base="""
            import subprocess
            import threading

            lock = threading.Lock()
            known = {}

            def version(tool):
                output = subprocess.check_output([tool, '--version'])
                with lock:
                    known[tool] = output
            """,
            code="""
            import subprocess
            import threading

            lock = threading.Lock()
            known = {}

            def version(tool):
                with lock:  # step
                    known[tool] = subprocess.check_output([tool, '--version'])  # finding
            """,
        ),
    ),
    good=(
        Good(
            "the answer is there before the lock is taken",
            """
            import threading
            import requests

            lock = threading.Lock()
            rates = {}

            def refresh(url):
                answer = requests.get(url, timeout=10).json()
                with lock:
                    rates.update(answer)
            """,
        ),
        Good(
            "waiting on a condition gives its lock back",
            """
            import threading

            ready = threading.Condition()

            def take(queue):
                with ready:
                    while not queue:
                        ready.wait(5)
                    return queue.pop()
            """,
        ),
        Good(
            "it waits for a second lock, that of a file",
            """
            import threading
            import time

            lock = threading.Lock()

            def save(path, text):
                with lock:
                    for _ in range(10):
                        if take_lock_file(path):
                            break
                        time.sleep(1)
                    path.write_text(text)
            """,
        ),
        Good(
            "callers shall wait for each other here",
            """
            import threading
            import time

            class RateLimiter:
                def __init__(self):
                    self.lock = threading.Lock()

                def enter(self):
                    with self.lock:
                        time.sleep(self.delay())
            """,
        ),
        Good(
            "all shall wait until it is made, once",
            """
            import threading
            import requests

            class Keys:
                def __init__(self):
                    self.lock = threading.Lock()
                    self.keys = None

                def load(self, url):
                    with self.lock:
                        if self.keys is None:
                            self.keys = requests.get(url, timeout=10).json()
                    return self.keys
            """,
        ),
        Good(
            "the function that waits is only defined under the lock",
            """
            import threading
            import time

            lock = threading.Lock()

            def plan(jobs):
                with lock:
                    jobs.append(lambda: time.sleep(1))
            """,
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding]:
    """One call; one that waits is also told where its function is called under a lock."""
    yield from _waiting(call, file)
    function = running(call, file)
    if isinstance(function, cst.FunctionDef) and waits_itself(call, file):
        for caller in calls_of(function.name.value, file):
            yield from _waiting(caller, file)


def _waiting(call: cst.Call, file: SourceFile) -> Iterator[Finding]:
    holding = next((one for one in held(call, file) if one.made.startswith(EXCLUSIVE)), None)
    found = wait(call, file) if holding else None
    if (
        holding
        and found
        and found.name.startswith(ENDLESS)
        and not _is_limiter(found, call, file)
        and not _is_once(holding, file)
    ):
        step = Step(file.path, file.span(holding.item), f"{holding.name} is taken")
        steps = (step, *found.steps)
        # A lock around a whole operation, which waits somewhere inside, is mostly there to let one run at a time.
        sure = Confidence.LOW if found.steps else RULE.confidence
        code = file.code(call.func)
        yield RULE.finding(file, call, steps=steps, confidence=sure, call=code, does=found.does, lock=holding.name)


def _is_once(holding: Holding, file: SourceFile) -> bool:
    """Whether the block asks first if something is there already: then all shall wait until it is made, once."""
    block = file.parent(holding.item)
    first = next(iter(syntax.small_statements(block.body)), None) if isinstance(block, cst.With) else None
    return isinstance(first, cst.If) and not isinstance(first.test, cst.Call)


def _is_limiter(found: Wait, call: cst.Call, file: SourceFile) -> bool:
    """Whether the lock makes callers wait for each other on purpose: to slow them down, or to take a second lock."""
    if found.name != "time.sleep":
        return False
    return bool(LIMITERS & set(syntax.words(file.definition_name(call)))) or _polls_lock(found, call, file)


def _polls_lock(found: Wait, call: cst.Call, file: SourceFile) -> bool:
    """Whether the lines above the sleep try another lock, such as that of a file."""
    path, line = (found.steps[-1].path, found.steps[-1].line) if found.steps else (file.path, file.span(call).line)
    if path != file.path:
        return False
    return any(_asks_lock(file.line_text(number)) for number in range(max(1, line - ABOVE), line))


def _asks_lock(line: str) -> bool:
    asks = ASKS.search(line)
    return asks is not None and CALLS_LOCK.search(line, asks.end()) is not None
