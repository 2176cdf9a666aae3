"""A row that is created only after a query that did not find it.

Why it matters: Two requests at the same moment both find nothing, and both create the row. From then on there are two
users with one name, or two payments of one bill; or a unique constraint answers the second with an unexpected error.

What to do: Put a unique constraint on the columns, and let `get_or_create`, an upsert or a caught `IntegrityError`
decide who comes first.

What it does not see: Whether the table has a unique constraint, which most often decides: so all it says has low
confidence; checks whose result goes through several variables.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import says
from analyzers.holdings import held
from analyzers.model import Confidence, Finding, Severity, Step
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

LOOKING = frozenset({"filter", "get", "exclude", "filter_by", "exists", "first", "query"})
# Code that speaks of one of these deals with two writers already.
CAREFUL = ("IntegrityError", "select_for_update", "with_for_update", "get_or_create", "update_or_create", "on_conflict")
ONCE = ("/migrations/", "/commands/", "/fixtures/", "/seeds/", "/scripts/")

RULE = Rule(
    name="row-created-after-check",
    title="Row created after a check",
    weakness="CWE-367",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    message="Two threads or processes that come here together both find no such `{model}`, and both create one.",
    advice="Use `get_or_create` or an insert whose `IntegrityError` is caught, on columns with a unique constraint.",
    in_tests=False,
    needs=(
        says("exists first one_or_none scalar_one_or_none DoesNotExist"),
        says("create add"),
    ),
    bad=(
        Bad(
            """
            from shop.models import Cart

            def cart_of(user):
                if not Cart.objects.filter(user=user).exists():  # step
                    Cart.objects.create(user=user)  # finding
                return Cart.objects.get(user=user)
            """
        ),
        Bad(
            """
            from shop.models import Cart

            def cart_of(user):
                try:
                    cart = Cart.objects.get(user=user)  # step
                except Cart.DoesNotExist:
                    cart = Cart.objects.create(user=user)  # finding
                return cart
            """
        ),
        Bad(
            """
            from shop.models import User

            def register(session, name):
                user = session.query(User).filter_by(name=name).first()  # step
                if user is None:
                    user = User(name=name)
                    session.add(user)  # finding
                    session.commit()
                return user
            """
        ),
    ),
    good=(
        Good(
            "the database decides who comes first",
            """
            from shop.models import Cart

            def cart_of(user):
                cart, made = Cart.objects.get_or_create(user=user)
                return cart
            """,
        ),
        Good(
            "the loser of the race is expected",
            """
            from django.db import IntegrityError
            from shop.models import Cart

            def cart_of(user):
                if not Cart.objects.filter(user=user).exists():
                    try:
                        Cart.objects.create(user=user)
                    except IntegrityError:
                        pass
                return Cart.objects.get(user=user)
            """,
        ),
        Good(
            "what is created is of another model",
            """
            from shop.models import Cart, Notice

            def remind(user):
                if not Cart.objects.filter(user=user).exists():
                    Notice.objects.create(user=user, text='empty')
            """,
        ),
        Good(
            "the row the others depend on is locked first",
            """
            from shop.models import Cart, User

            def cart_of(name):
                user = User.objects.select_for_update().get(name=name)
                if not Cart.objects.filter(user=user).exists():
                    Cart.objects.create(user=user)
            """,
        ),
    ),
)


@RULE.on(cst.If, cst.Try)
def check(node: cst.If | cst.Try, file: SourceFile) -> Iterator[Finding]:
    """One `if` or `try` that begins with a query."""
    look, rest = _asked(node, file)
    if look is None or any(place in f"/{file.path}" for place in ONCE):
        return
    model = _model(look, file)
    act = next((one for part in rest for one in syntax.inside(part) if _creates(one, model, file)), None)
    if act is None or not model or _careful(node, file) or any(True for _ in held(act, file)):
        return
    step = Step(file.path, file.span(look), "the check")
    yield RULE.finding(file, act, steps=(step,), model=model)


def _asked(node: cst.If | cst.Try, file: SourceFile) -> tuple[cst.Call | None, tuple[cst.CSTNode, ...]]:
    """The query, and the code that runs only when it found nothing."""
    if isinstance(node, cst.Try):
        missing = [one for one in node.handlers if _is_missing(one, file)]
        calls = [one for one in syntax.inside(node.body) if isinstance(one, cst.Call) and syntax.method(one) == "get"]
        return (calls[0], tuple(one.body for one in missing)) if calls and missing else (None, ())
    match node.test:
        case cst.UnaryOperation(operator=cst.Not(), expression=cst.Call() as call) if syntax.method(call) == "exists":
            return call, (node.body,)
        case cst.UnaryOperation(operator=cst.Not(), expression=cst.Name() as name):
            return _query_above(node, name.value, file), (node.body,)
        case cst.Comparison(
            left=cst.Name() as name,
            comparisons=[cst.ComparisonTarget(operator=cst.Is(), comparator=cst.Name(value="None"))],
        ):
            return _query_above(node, name.value, file), (node.body,)
    return None, ()


def _is_missing(handler: cst.CSTNode, file: SourceFile) -> bool:
    kinds = syntax.caught(handler) if isinstance(handler, cst.ExceptHandler) else ()
    return any(syntax.last_name(kind) == "DoesNotExist" for kind in kinds)


def _query_above(node: cst.If, name: str, file: SourceFile) -> cst.Call | None:
    """The query of `name = ....first()` in the statement directly above."""
    block = file.parent(node)
    if not isinstance(block, (cst.IndentedBlock, cst.Module)):
        return None
    place = block.body.index(node)
    above = block.body[place - 1] if place else None
    match above:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=bound))], value=cst.Call() as call)]
        ) if bound == name and syntax.method(call) in ("first", "one_or_none", "scalar_one_or_none"):
            return call
    return None


def _model(look: cst.CSTNode, file: SourceFile) -> str:
    """`Cart` of `Cart.objects.filter(...)`, `User` of `session.query(User)`; "" for another call."""
    node: cst.CSTNode | None = look
    while isinstance(node, (cst.Call, cst.Attribute)):
        if isinstance(node, cst.Attribute):
            if node.attr.value in ("objects", "query") and isinstance(node.value, (cst.Name, cst.Attribute)):
                name = syntax.last_name(node.value)
                if name[:1].isupper():
                    return name
            node = node.value
            continue
        if syntax.method(node) == "query" and len(node.args) == 1:
            return syntax.last_name(node.args[0].value)
        node = node.func
    return ""


def _creates(node: cst.CSTNode, model: str, file: SourceFile) -> bool:
    """`Cart.objects.create(...)`, or `session.add(...)` beside a `Cart(...)`."""
    if not isinstance(node, cst.Call):
        return False
    if syntax.method(node) == "create":
        return _model(node, file) == model
    if syntax.method(node) != "add" or len(node.args) != 1:
        return False
    made = node.args[0].value
    if isinstance(made, cst.Call):
        return syntax.last_name(made.func) == model
    block = next((outer for outer in file.ancestors(node) if isinstance(outer, cst.IndentedBlock)), None)
    return block is not None and any(_is_made(one, made, model) for one in syntax.small_statements(block))


def _is_made(statement: cst.CSTNode, name: cst.BaseExpression, model: str) -> bool:
    match statement, name:
        case (
            cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=bound))], value=cst.Call(func=made)),
            cst.Name(value=wanted),
        ):
            return bound == wanted and syntax.last_name(made) == model
    return False


def _careful(node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether the function around shows that it knows of the other writer."""
    function = next((outer for outer in file.ancestors(node) if isinstance(outer, cst.FunctionDef)), node)
    code = file.code(function)
    return any(word in code for word in CAREFUL)
