"""Functions that are given the answer of a test, and return only where it came out as they demand."""

from textwrap import dedent

import pytest

from tests.analyzers.flow.asking import traces

HELPERS = """
class Invalid(Exception): pass
def ensure(test, message="bad"):
    if not test:
        raise Invalid(message)
def stop_if(test):
    if test:
        abort(400)
def needed(found):
    if found is None:
        raise Invalid
def asserted(test):
    assert test, "no"
def is_false(test):
    if test is False:
        return
    abort(400)
def told(test):
    if not test:
        print("odd")
def either(test, other):
    if not test and not other:
        abort(400)
def changed(test):
    test = bool(test) or DEBUG
    if not test:
        abort(400)
class Checks:
    def must(self, test):
        if not test:
            raise Invalid
"""
PROVEN = {
    "it raises where the test is false": "ensure(name in ALLOWED)",
    "by the name of the parameter": "ensure(message='no', test=name in ALLOWED)",
    "what holds for both halves": "ensure(name and name in ALLOWED)",
    "it stops where the test is true": "stop_if(name not in ALLOWED)",
    "a match is demanded": "needed(re.fullmatch(r'[a-z]+', name))",
    "a match that has to count as true": "ensure(re.fullmatch(r'[a-z]+', name), 'name')",
    "it asserts": "asserted(name.isalnum())",
    "the test has to be false": "is_false(name not in ALLOWED)",
    "the answer was kept before": "known = name in ALLOWED\n    ensure(known)",
    "a method": "Checks().must(name in ALLOWED)",
}
BROKEN = {
    "it goes on": "told(name in ALLOWED)",
    "something else is enough": "either(name in ALLOWED, other)",
    "the parameter is bound anew": "changed(name in ALLOWED)",
    "the other way round": "stop_if(name in ALLOWED)",
    "half of it is enough": "ensure(name in ALLOWED or other)",
    "another value is tested": "ensure(other in ALLOWED)",
    "that it is not None says nothing of a test": "needed(name in ALLOWED)",
}


def _reached(line: str) -> int:
    start = 'def view():\n    name, other = request.args["name"], request.args["other"]\n'
    return len(traces(f'{dedent(HELPERS)}{start}    {line}\n    os.system("ls " + name)\n', "shell"))


@pytest.mark.parametrize("line", PROVEN.values(), ids=PROVEN)
def test_a_test_is_believed_that_a_function_demands(line: str) -> None:
    assert _reached(line) == 0


@pytest.mark.parametrize("line", BROKEN.values(), ids=BROKEN)
def test_a_test_is_not_that_it_may_leave(line: str) -> None:
    assert _reached(line) == 1
