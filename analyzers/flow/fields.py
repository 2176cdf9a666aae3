"""What the fields of a form, or of a serializer, are safe for once it has looked at them.

https://docs.djangoproject.com/en/stable/ref/forms/validation/
https://www.django-rest-framework.org/api-guide/serializers/#field-level-validation
"""

from collections.abc import Iterator, Mapping

import libcst as cst

from analyzers.flow.declared import checked_fields
from analyzers.flow.frame import Frame
from analyzers.flow.objects import Place, class_of
from analyzers.flow.summary import Summary
from analyzers.flow.value import CLEAN, Taint, Value
from analyzers.models import ANY
from analyzers.outline import Kind

# Where what was looked at stands, and what the methods begin with that look at one field.
LOOKED_AT = frozenset({"cleaned_data", "validated_data"})
LOOKING = ("clean_", "validate_")
ALL = frozenset({ANY})


def fields_of(frame: Frame, node: cst.Attribute, name: str, taints: tuple[Taint, ...]) -> Mapping[str, Value]:
    """What stands at the keys of `form.cleaned_data` that the class `name` says something of."""
    if node.attr.value not in LOOKED_AT:
        return {}
    project = frame.file.project
    found = {f"[{one!r}]": CLEAN for one in checked_fields(project, name)}
    place = class_of(project, name)
    if place is not None and not _is_inside(frame, node, place):
        for field, method in _looking(place):
            summary = frame.world.summary(*method, wanted=True)
            if summary is not None:
                found.setdefault(f"[{field!r}]", Value(taints=taints).clear(_kinds(summary)))
    return found


def _is_inside(frame: Frame, node: cst.CSTNode, place: Place) -> bool:
    """Whether a node stands in a method of the class: what it reads may not have been looked at."""
    return frame.file is place[0] and f"{frame.file.definition_name(node)}.".startswith(f"{place[1].qualname}.")


def _looking(place: Place) -> Iterator[tuple[str, Place]]:
    """The fields of a class that a method of it looks at, each with the method; nearest class first."""
    project = place[0].project
    for file, klass in filter(None, map(project.locate, place[0].mro(place[1].qualname))):
        for one in file.outline.members(klass.qualname):
            prefix = next((start for start in LOOKING if one.name.startswith(start)), "")
            if prefix and one.kind is Kind.FUNCTION:
                yield one.name.removeprefix(prefix), (file, one)


def _kinds(summary: Summary) -> frozenset[str]:
    """The kinds that what a method gives is safe for."""
    given = [one.cleared for one in summary.result]
    return frozenset[str].intersection(*given) if given else ALL
