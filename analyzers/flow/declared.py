"""What annotations promise: that a value, or a part of one, carries no text of somebody's choice."""

from collections.abc import Iterator, Mapping

import libcst as cst

from analyzers.flow.objects import class_of
from analyzers.outline import Definition
from analyzers.source import Project, SourceFile
from analyzers.syntax import argument, goes_to_the_end, is_name, last_name, small_statements, text_value
from analyzers.vocabulary import NUMBER_TYPES

# What `Query`, `Path`, `Field` and `constr` call the pattern that a value has to fit, and how it begins at the start.
PATTERNS = ("pattern", "regex")
BEGINS = ("^", "\\A")
CONTAINERS = frozenset("Optional Union list List tuple Tuple set Set frozenset Sequence Iterable".split())
ENUMS = frozenset("enum.Enum enum.IntEnum enum.StrEnum enum.Flag enum.IntFlag".split())
# They look at what they are given before an object is made: https://docs.pydantic.dev/latest/concepts/models/
CHECKING = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel"})
# https://docs.djangoproject.com/en/stable/ref/forms/fields/ https://www.django-rest-framework.org/api-guide/fields/
CHECKED = frozenset(
    f"{kind}Field"
    for kind in "Integer Float Decimal Boolean NullBoolean Date DateTime Time Duration UUID Choice "
    "MultipleChoice TypedChoice TypedMultipleChoice ModelChoice ModelMultipleChoice Slug PrimaryKeyRelated "
    "GenericIPAddress IPAddress".split()
)


def carries_no_text(file: SourceFile, declared: cst.BaseExpression) -> bool:
    """Whether an annotation declares no text of somebody's choice: `list[int] | None`, `Literal["a"]`, an `Enum`."""
    match declared:
        case cst.Subscript(value=outer):
            return _carries_none_inside(file, last_name(outer), declared)
        case cst.BinaryOperation(operator=cst.BitOr()):
            return carries_no_text(file, declared.left) and carries_no_text(file, declared.right)
        case cst.Tuple():
            return all(carries_no_text(file, element.value) for element in declared.elements)
        case cst.Call():
            return is_fitted(declared)
    return is_name(declared, "None") or last_name(declared) in NUMBER_TYPES or _is_enum(file, declared)


def _carries_none_inside(file: SourceFile, outer: str, declared: cst.Subscript) -> bool:
    inner = [one.slice.value for one in declared.slice if isinstance(one.slice, cst.Index)]
    if outer == "Annotated":
        return carries_no_text(file, inner[0]) or any(map(is_fitted, inner[1:]))
    parts = (one for one in inner if not isinstance(one, cst.Ellipsis))
    return outer == "Literal" or (outer in CONTAINERS and all(carries_no_text(file, one) for one in parts))


def is_fitted(node: cst.BaseExpression | None) -> bool:
    """Whether a value has to fit a pattern that says what all its characters are: `Query(pattern="^[a-z]+$")`.

    https://fastapi.tiangolo.com/tutorial/query-params-str-validations/
    """
    if not isinstance(node, cst.Call):
        return False
    pattern = text_value(argument(node, None, *PATTERNS)) or ""
    return pattern.startswith(BEGINS) and goes_to_the_end(pattern)


def _is_enum(file: SourceFile, declared: cst.BaseExpression) -> bool:
    found = _class(file, declared)
    return found is not None and not ENUMS.isdisjoint(found[0].mro(found[1].qualname))


def _class(file: SourceFile, node: cst.BaseExpression) -> tuple[SourceFile, Definition] | None:
    """The class of the project that an expression names."""
    name = file.qualified(node) if isinstance(node, (cst.Name, cst.Attribute)) else None
    return class_of(file.project, name) if name else None


def harmless_fields(file: SourceFile, name: cst.BaseExpression) -> Iterator[str]:
    """The fields without text of a class whose objects are only made of what its annotations allow."""
    found = _class(file, name)
    above = found[0].mro(found[1].qualname) if found else ()
    if found and not CHECKING.isdisjoint(above):
        fields: dict[str, bool] = {}
        for one in above:
            place = class_of(file.project, one)
            fields = {**(_fields(*place) if place else {}), **fields}
        yield from (field for field, harmless in fields.items() if harmless)


def checked_fields(project: Project, name: str) -> Iterator[str]:
    """The fields of a form, or of a serializer, that take no text of somebody's choice, where its class is at hand."""
    found = project.locate(name)
    made = found[0].klass(found[1].qualname) if found else None
    for one in small_statements(made.body) if made else ():
        made_by = one.value if isinstance(one, cst.Assign) else None
        if isinstance(one, cst.Assign) and isinstance(made_by, cst.Call) and _is_checked(made_by):
            yield last_name(one.targets[0].target)


def _is_checked(field: cst.Call) -> bool:
    return last_name(field.func) in CHECKED or (last_name(field.func) == "RegexField" and is_fitted(field))


def _fields(file: SourceFile, definition: Definition) -> Mapping[str, bool]:
    """The annotated fields of a class, and whether they carry no text."""
    made = file.klass(definition.qualname)
    own = (one for one in small_statements(made.body) if isinstance(one, cst.AnnAssign)) if made else ()
    return {
        last_name(one.target): carries_no_text(file, one.annotation.annotation) or is_fitted(one.value) for one in own
    }
