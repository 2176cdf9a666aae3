"""A method of an API that skips the permission check that all methods beside it make.

Why it matters: The policy is asked in every method of this class but one. Through that one, everybody who reaches the
API may do what only some should.

What to do: Make the same check first, with a rule of its own where none fits.

What it does not see: Checks made by a caller or in the model below; classes in which two methods make no check.
"""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import Glimpse
from analyzers.handlers import guards, is_public
from analyzers.model import Confidence, Examined, Finding, Severity
from analyzers.outline import Definition, Kind
from analyzers.rule import Bad, Good, Rule
from analyzers.scopes import parameters
from analyzers.source import SourceFile

ENOUGH = 3
CHECK = re.compile(
    r"(?<!\w)(?<!\w\.)((?:\w+\.)*(?:_?enforce(?:_\w+)?|authorize|check_(?:\w*_)?permissions?|check_policy|check_is_admin"
    r"|require_(?:role|permission|admin)|has_permission|verify_permissions?)|context\.can)\("
)
ASKERS = frozenset({"request", "req", "context"})


def _in_checked_class(glimpse: Glimpse) -> bool:
    """Whether the unit is a method of a class whose methods make a check, or holds classes of its own."""
    if glimpse.unit.kind is Kind.STATEMENT:
        return "class" in glimpse.written
    return glimpse.unit.kind is Kind.FUNCTION and _is_checked(glimpse.unit.qualname.rpartition(".")[0], glimpse.file)


RULE = Rule(
    name="handler-without-permission-check",
    title="Handler without the permission check of its siblings",
    weakness="CWE-862",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    message="`{handler}` makes no permission check, while all {count} public methods beside it call `{check}`.",
    advice="Call `{check}` in `{handler}` before anything is read or changed.",
    topic="handlers",
    clean="making the permission check of the siblings",
    in_tests=False,
    needs=(_in_checked_class,),
    bad=(
        Bad(
            """
            class ImagesController:
                def index(self, req):
                    self.policy.enforce(req.context, 'get_images', {})
                    return self.store.images()

                def create(self, req, image):
                    self.policy.enforce(req.context, 'add_image', {})
                    return self.store.add(image)

                def update(self, req, image_id, changes):
                    self.policy.enforce(req.context, 'modify_image', {})
                    return self.store.change(image_id, changes)

                def delete(self, req, image_id):  # finding
                    self.store.remove(image_id)
            """
        ),
        Bad(
            base="""
            class Quotas:
                def show(self, context, project):
                    context.can('quota:show')
                    return self.find(project)

                def update(self, context, project, limits):
                    context.can('quota:update')
                    self.find(project).limits = limits

                def clear(self, context, project):
                    context.can('quota:clear')
                    self.find(project).limits = {}

                def detail(self, context, project):
                    context.can('quota:detail')
                    return self.find(project).usage
            """,
            code="""
            class Quotas:
                def show(self, context, project):
                    context.can('quota:show')
                    return self.find(project)

                def update(self, context, project, limits):
                    context.can('quota:update')
                    self.find(project).limits = limits

                def clear(self, context, project):  # finding
                    self.find(project).limits = {}

                def detail(self, context, project):
                    context.can('quota:detail')
                    return self.find(project).usage
            """,
        ),
    ),
    good=(
        Good(
            "every method asks",
            """
            class Quotas:
                def show(self, context, project):
                    context.can('quota:show')
                    return self.find(project)

                def update(self, context, project, limits):
                    context.can('quota:update')
                    self.find(project).limits = limits

                def clear(self, context, project):
                    context.can('quota:clear')
                    self.find(project).limits = {}

                def detail(self, context, project):
                    context.can('quota:detail')
                    return self.find(project).usage
            """,
        ),
        Good(
            "the method only leads to another one, which asks",
            """
            class Quotas:
                def show(self, context, project):
                    context.can('quota:show')
                    return self.find(project)

                def update(self, context, project, limits):
                    context.can('quota:update')
                    self.find(project).limits = limits

                def detail(self, context, project):
                    context.can('quota:detail')
                    return self.find(project).usage

                def clear(self, context, project):
                    self.update(context, project, {})
            """,
        ),
        Good(
            "a helper that gets no request is no handler",
            """
            class Quotas:
                def show(self, context, project):
                    context.can('quota:show')
                    return self.find(project)

                def update(self, context, project, limits):
                    context.can('quota:update')
                    self.find(project).limits = limits

                def detail(self, context, project):
                    context.can('quota:detail')
                    return self.find(project).usage

                def find(self, project):
                    return self.store[project]
            """,
        ),
    ),
)


@RULE.on(cst.FunctionDef)
def check(function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding | Examined]:
    """One method."""
    own = file.outline.by_name.get(file.definition_name(function))
    if own is None or own.name.startswith("_") or not _is_checked(own.parent, file) or not _asked(own, file):
        return
    beside = [one for one in file.outline.members(own.parent) if one is not own and _is_handler(one, file)]
    checks = [_check(one, file) for one in beside]
    if len(beside) < ENOUGH or not all(checks):
        return
    if _check(own, file) or guards(own) or is_public(own.name) or _delegates(function, beside):
        yield RULE.examined(file, function)
    else:
        yield RULE.finding(file, function, handler=own.name, count=str(len(beside)), check=f"{checks[0]}()")


def _is_checked(name: str, file: SourceFile) -> bool:
    """Whether enough methods of a class hold a check to compare with: of most classes none, and they cost nothing."""
    known: dict[str, bool] = file.cache.setdefault(_is_checked, {})
    if name not in known:
        checked = [one for one in file.outline.members(name) if _check(one, file)] if _has_check(file) else []
        known[name] = len(checked) >= ENOUGH and name in file.outline.classes
    return known[name]


def _has_check(file: SourceFile) -> bool:
    """Whether the file could make a check, going by its words."""
    known: bool | None = file.cache.get(_has_check)
    if known is None:
        called = file.glossary.replace("\n", "(\n") + "("
        known = file.cache[_has_check] = "context.can(" in file.text or CHECK.search(called) is not None
    return known


def _is_handler(one: Definition, file: SourceFile) -> bool:
    """A public method that is given a request or a context."""
    return one.kind is Kind.FUNCTION and not one.name.startswith("_") and _asked(one, file)


def _asked(one: Definition, file: SourceFile) -> bool:
    known: dict[str, bool] = file.cache.setdefault(_asked, {})
    if one.qualname not in known:
        function = file.function(one.qualname)
        names = [parameter.name.value for parameter in parameters(function.params)] if function else []
        known[one.qualname] = not ASKERS.isdisjoint(names[1:3])
    return known[one.qualname]


def _check(one: Definition, file: SourceFile) -> str:
    """The first permission check in a method, as written; "" when there is none."""
    lines = file.lines[one.head - 1 : one.end_line]
    found = next((match for line in lines if (match := CHECK.search(line))), None)
    return found[1] if found else ""


def _delegates(function: cst.FunctionDef, beside: list[Definition]) -> bool:
    """Whether it calls one of the methods that make the check."""
    names = {one.name for one in beside}
    calls = (node for node in syntax.inside(function.body) if isinstance(node, cst.Call))
    return any(syntax.last_name(call.func) in names for call in calls)
