"""Which errors the code around a node expects."""

import libcst as cst
import pytest

from analyzers.handling import clause, handled
from analyzers.source import SourceFile

BODY = {
    "a handler of the error itself": "try:\n    use()\nexcept FileExistsError:\n    pass\n",
    "a handler of its base": "try:\n    use()\nexcept OSError:\n    pass\n",
    "a handler under an old name of its base": "try:\n    use()\nexcept (KeyError, IOError):\n    pass\n",
    "a bare handler": "try:\n    use()\nexcept:\n    pass\n",
    "a try further out": "try:\n    if x:\n        use()\nexcept OSError:\n    pass\n",
    "suppress": "import contextlib\nwith contextlib.suppress(OSError):\n    use()\n",
    "a group": "try:\n    use()\nexcept* OSError:\n    pass\n",
}
NOT = {
    "nothing": "use()\n",
    "a handler of another error": "try:\n    use()\nexcept KeyError:\n    pass\n",
    "a handler of a subclass": "try:\n    use()\nexcept BlockingIOError:\n    pass\n",
    "the handler itself, not what it guards": "try:\n    x()\nexcept OSError:\n    use()\n",
    "an else that nobody guards": "try:\n    x()\nexcept OSError:\n    pass\nelse:\n    use()\n",
    "a function that runs later": "try:\n    def f():\n        use()\nexcept OSError:\n    pass\n",
    "a class of the program of that name": "class OSError(Exception): ...\ntry:\n    use()\nexcept OSError:\n    x()\n",
}


def use_in(code: str) -> tuple[cst.Call, SourceFile]:
    file = SourceFile("code.py", code)
    nodes = [node for unit in file.scopes() for node in unit.nodes if isinstance(node, cst.Call)]
    return next(node for node in nodes if file.code(node) == "use()"), file


@pytest.mark.parametrize("code", BODY.values(), ids=BODY)
def test_the_error_is_expected_by(code: str) -> None:
    call, file = use_in(code)
    assert handled(call, file, FileExistsError)


@pytest.mark.parametrize("code", NOT.values(), ids=NOT)
def test_the_error_is_not_expected_by(code: str) -> None:
    call, file = use_in(code)
    assert not handled(call, file, FileExistsError)


@pytest.mark.parametrize("written", ["except", "except OSError", "except (OSError, KeyError)", "except errors[0]"])
def test_a_handler_is_named_as_it_is_written(written: str) -> None:
    file = SourceFile("code.py", f"try:\n    use()\n{written}:\n    pass\n")
    (handler,) = (node for unit in file.scopes() for node in unit.nodes if isinstance(node, cst.ExceptHandler))
    assert clause(handler, file) == written
