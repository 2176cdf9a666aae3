"""Which rules cost more than their share in large code: `python -m tests.benchmarks.growth [RULE ...]`.

The code of every example of a rule is made to grow, in two ways: what its functions do is done again and again, and
its functions and classes stand there again and again under other names. Each rule is asked alone, about every line.
Four times the code should cost four times as much. Printed is where it costs far more, in CPU seconds; a rule that
walks its function for each of its nodes costs the square.
"""

import ast
import copy
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

from analyzers.catalog import all_rules
from analyzers.engine import analyze
from analyzers.model import FilePair
from analyzers.rule import Rule
from bot.sandbox_child import collect_seldom
from tests.benchmarks.reach import MODELS, cpu

COPIES = 100
TIMES = 4
# What is linear takes TIMES as long, a square the square of it.
SUSPECT = 7.0
# Below this nobody waits for it.
FLOOR_SECONDS = 1.0
LIMIT_SECONDS = 40
UNKNOWN = "elsewhere_decided"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
LEAVING = (ast.Return, ast.Raise)


class Late(BaseException):
    """The limit of one measurement."""


def longer(code: str, copies: int) -> str:
    """The code with the statements of each function repeated; what leaves it does so under a condition."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            end = [one for one in node.body[-1:] if isinstance(one, LEAVING)]
            last = [ast.If(ast.Name(UNKNOWN, ast.Load()), [one], []) for one in end]
            node.body = [*node.body[: len(node.body) - len(end)], *last] * copies + end
    return ast.unparse(ast.fix_missing_locations(tree))


def wider(code: str, copies: int) -> str:
    """The code with each function and class of the module repeated, under names of their own."""
    tree = ast.parse(code)
    defined = [one for one in tree.body if isinstance(one, DEFINITIONS)]
    again = [_renamed(one, number) for number in range(copies) for one in defined]
    tree.body = [one for one in tree.body if one not in defined] + again
    return ast.unparse(tree)


def _renamed(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, number: int) -> ast.stmt:
    made = copy.copy(node)
    made.name = f"{node.name}{number}"
    return made


WAYS: dict[str, Callable[[str, int], str]] = {"statements": longer, "definitions": wider}


def costs(rule: Rule, code: str, grow: Callable[[str, int], str]) -> tuple[float, float]:
    """The seconds that a rule takes for the code grown by COPIES, and by TIMES as many; infinity past the limit."""
    pairs = [FilePair("app/code.py", grow(code, copies).encode(), None, None) for copies in (COPIES, COPIES * TIMES)]
    few, many = (_bounded(pair, rule) for pair in pairs)
    return few, many


def _bounded(pair: FilePair, rule: Rule) -> float:
    signal.alarm(LIMIT_SECONDS)
    try:
        return cpu(lambda: analyze([pair], [rule], MODELS))
    except Late:
        return float("inf")
    finally:
        signal.alarm(0)


def _late(_number: int, _frame: FrameType | None) -> None:
    raise Late


def suspects(rules: Sequence[Rule]) -> Iterator[str]:
    """A line for each example whose cost grows far faster than its code."""
    for rule in rules:
        for number, example in enumerate((*rule.bad, *rule.good), 1):
            for name, grow in WAYS.items() if not example.files else ():
                few, many = costs(rule, example.code, grow)
                if many > FLOOR_SECONDS and many > few * SUSPECT:
                    yield f"{rule.name:36} example {number:<3} {name:12} {few:6.2f} s {many:6.2f} s"


def main() -> None:
    """Print the suspects, of all rules or of those that are named."""
    signal.signal(signal.SIGALRM, _late)
    collect_seldom()
    wanted = [rule for rule in all_rules() if rule.name in sys.argv[1:] or len(sys.argv) == 1]
    for line in suspects(wanted):
        print(line, flush=True)


if __name__ == "__main__":
    main()
