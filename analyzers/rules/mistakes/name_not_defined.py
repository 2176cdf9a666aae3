"""A name that is used and that nothing binds.

Why it matters: The line raises `NameError` whenever it runs. It is a slip of the pen, an import that was forgotten or
taken away, a name that was changed in one place only; on a line that seldom runs nobody meets it for months.

What to do: Import or define the name, or write it as it is defined.

What it does not see: Files that import `*`, run texts as code or bind names through `globals()` or the object of their
module; names in annotations; a name that a function uses and only another function inside it binds; the builtins of
Python 2. Names that tools give to the files they run are known for a few tools only. Where what the change touches has
more than three unknown names, or a new file more than one, nothing is said of any: they come from somewhere else. So do
those that a module imports for type checkers, and uses in more than three functions.
"""

from collections.abc import Iterator
from difflib import get_close_matches

import libcst as cst

from analyzers.fit.undefined import CHECKING, bereft, hinted, hints, slips, unknown
from analyzers.glimpse import Glimpse
from analyzers.model import Finding, Severity
from analyzers.outline import Unit
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile
from analyzers.waits import never_runs

# Names that are compared: by how much they are alike, and how long they may be.
LIKE = 0.85
LONGEST = 60


def _slips(glimpse: Glimpse) -> bool:
    return bool(hinted(glimpse)) or (bool(unknown(glimpse)) and bool(slips(glimpse.unit, glimpse.file)))


RULE = Rule(
    name="name-not-defined",
    title="Name that nothing defines",
    weakness="CWE-457",
    severity=Severity.MEDIUM,
    message="{nobody} `{name}`: this raises `NameError` whenever it runs.",
    advice="Import or define `{name}`{meant}.",
    common=True,
    needs=(_slips,),
    further=bereft,
    known_as=("F821", "undefined-name", "E0602", "undefined-variable", "reportUndefinedVariable", "name-defined"),
    bad=(
        Bad(
            """
            def total(orders):
                if not orders:
                    raise ValueError(f'no orders: {order}')  # finding
                return sum(one.price for one in orders)
            """
        ),
        Bad(
            base="""
            import sys
            import json

            def load(path):
                try:
                    return json.load(open(path))
                except OSError:
                    sys.exit(1)
            """,
            code="""
            import json

            def load(path):
                try:
                    return json.load(open(path))
                except OSError:
                    sys.exit(1)  # finding
            """,
        ),
        Bad(
            """
            from shop.errors import OrderError, RefusedError

            def send(order, out):
                try:
                    out.send(order)
                except OrdersError:  # finding
                    raise RefusedError(order)
            """
        ),
        Bad(
            """
            class Orders:
                limit = 9

                def first(self):
                    return self.rows[:limit]  # finding
            """
        ),
        Bad(
            """
            from __future__ import annotations

            from typing import TYPE_CHECKING

            if TYPE_CHECKING:
                from shop.models import Order

            def total(found: Order | list[Order]) -> int:
                if isinstance(found, Order):  # finding
                    return found.price
                return sum(one.price for one in found)
            """
        ),
        Bad(
            base="""
            from __future__ import annotations

            from shop.models import Order

            def empty() -> Order:
                return Order()
            """,
            code="""
            from __future__ import annotations

            from typing import TYPE_CHECKING

            if TYPE_CHECKING:
                from shop.models import Order

            def empty() -> Order:
                return Order()  # finding
            """,
        ),
    ),
    good=(
        Good(
            "what only type checkers import stands in annotations",
            """
            from __future__ import annotations

            from typing import TYPE_CHECKING, cast

            if TYPE_CHECKING:
                from shop.models import Order

            Orders = list[Order] if TYPE_CHECKING else list

            def first(orders: list[Order]) -> Order:
                found: Order | None = next(iter(orders), None)
                return cast('Order', found)
            """,
        ),
        Good(
            "the function imports it by itself",
            """
            from typing import TYPE_CHECKING

            if TYPE_CHECKING:
                from shop.models import Order

            def empty() -> 'Order':
                from shop.models import Order

                return Order()
            """,
        ),
        Good(
            "a function says that it binds the name of the module",
            """
            def start():
                global session
                session = object()

            def run():
                return session
            """,
        ),
        Good(
            "these are settings, and the program that runs them gives the name",
            """
            c.Server.port = 8889
            c.Server.open_browser = False
            d['www']['port'] = 8010
            """,
        ),
        Good(
            "the name may come from the star",
            """
            from shop.names import *

            def run():
                return session
            """,
        ),
        Good(
            "it is expected not to be there",
            """
            def text(value):
                try:
                    return str_type(value)
                except NameError:
                    return str(value)
            """,
        ),
        Good(
            "only one way of two binds it, but it is bound",
            """
            try:
                import fast
            except ImportError:
                pass

            def run():
                return fast.run()
            """,
        ),
        Good(
            "the head of a method is looked at in the class",
            """
            from shop.marks import with_folder

            class Orders:
                folder = '/tmp/orders'

                @with_folder(folder)
                def first(self, path=folder):
                    return path
            """,
        ),
        Good(
            "annotations may never be looked at",
            """
            from __future__ import annotations

            def run(order: Order) -> Report:
                lines: list[Line] = []
                return lines
            """,
        ),
        Good(
            "patterns, handlers and walruses bind names too",
            """
            def run(value, log):
                match value:
                    case {'name': name, **rest}:
                        return name, rest
                    case [first, *others] as every:
                        return first, others, every
                try:
                    if (found := value.find(9)) > 0:
                        return found
                except OSError as error:
                    log(error)
            """,
        ),
        Good(
            "the package that loads the module gives it the name",
            """
            from .words import clean

            def search(query):
                logger.debug('asked for %s', query)
                return clean(query)
            """,
            files={
                "__init__.py": """
                import logging
                from importlib import import_module

                def load(name):
                    engine = import_module(name)
                    engine.logger = logging.getLogger(name)
                    return engine
                """
            },
        ),
        Good(
            "a module that the package imports loads the module, and gives it the name",
            """
            def search(query):
                logger.debug('asked for %s', query)
            """,
            files={
                "__init__.py": "from ._core import Engines\n",
                "_core.py": """
                import logging
                from importlib import import_module

                class Engines:
                    def load(self, name):
                        self.module = import_module(name)
                        self.module.logger = logging.getLogger(name)
                """,
            },
        ),
        Good(
            "a class sees its own names outside its methods",
            """
            class Orders:
                limit = 9

                def get_limit(self):
                    return self.limit

                double = limit * 2
                most = property(get_limit)
            """,
        ),
        Good(
            "tests that do not run",
            """
            import unittest

            @unittest.skip
            class OrderTest(unittest.TestCase):
                def test_first(self):
                    self.assertEqual(first(orders), 1)
            """,
        ),
        Good(
            "a line that never runs",
            """
            def run():
                if True:
                    return 1
                else:
                    return session
            """,
        ),
    ),
)


@RULE.on(cst.Name)
def check(name: cst.Name, file: SourceFile) -> Iterator[Finding]:
    """One name."""
    unit = file.unit_of(name)
    hint = name.value in hints(unit, file)
    if (
        not (hint or name.value in slips(unit, file))
        or not _is_used(name, file)
        or never_runs(name, file)
        or _is_skipped(unit, file)
        or (hint and _is_for_checkers(name, file))
    ):
        return
    if _first(name, unit, file) is name:
        nobody = "Only type checkers import" if hint else "Nothing defines or imports"
        meant = " where the code runs, too" if hint else _meant(name.value, file)
        yield RULE.finding(file, name, nobody=nobody, name=name.value, meant=meant)


def _is_for_checkers(name: cst.Name, file: SourceFile) -> bool:
    """Whether a test around it asks who reads the code: `Base = User if TYPE_CHECKING else object`."""
    around = list(file.ancestors(name))
    tests = [outer.test for outer in around if isinstance(outer, (cst.If, cst.IfExp))]
    tests += [outer for outer in around if isinstance(outer, cst.BooleanOperation)]
    return any(CHECKING in file.code(test) for test in tests)


def _first(name: cst.Name, unit: Unit, file: SourceFile) -> cst.Name:
    """Where the unit uses the name for the first time."""
    known: dict[tuple[Unit, str], cst.Name] = file.cache.setdefault(_first, {})
    return known.setdefault((unit, name.value), name)


def _is_used(name: cst.Name, file: SourceFile) -> bool:
    """Whether a name stands for itself: no attribute, no keyword of a call, no part of an annotation."""
    around = file.parent(name)
    if (isinstance(around, cst.Attribute) and around.attr is name) or (
        isinstance(around, cst.Arg) and around.keyword is name
    ):
        return False
    return not any(isinstance(one, cst.Annotation) for one in file.ancestors(name))


def _is_skipped(unit: Unit, file: SourceFile) -> bool:
    """Whether it is a test that does not run, or stands in a class of such."""
    parts = unit.qualname.split(".")
    around = (file.outline.by_name.get(".".join(parts[:count])) for count in range(1, len(parts) + 1))
    return any(mark.rpartition(".")[2] == "skip" for one in around if one for mark in one.decorators)


def _meant(name: str, file: SourceFile) -> str:
    """A name of the module that is written nearly so."""
    long = [one for one in file.outline.names[""] if len(name) // 2 < len(one) <= LONGEST and len(name) <= LONGEST]
    return "".join(f" (or is {one} meant?)" for one in get_close_matches(name, long, 1, LIKE))
