"""What a function takes, what a call gives it, and what of the two does not fit.

The rules of the language: https://docs.python.org/3/reference/expressions.html#calls.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import libcst as cst

from analyzers.outline import Function, dotted


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters by their names: `only` by position, `plain` both ways, `named` by keyword alone.

    `star` and `stars` say that `*args` and `**options` take the rest; `text` is what a reader knows it by.
    """

    only: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    star: bool = False
    stars: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of a call as written: `values` by position, those of them before any `*` are `firm`."""

    values: tuple[str, ...] = ()
    firm: int = 0
    keywords: tuple[str, ...] = ()
    star: bool = False
    stars: bool = False

    def behind(self, first: str) -> "Given":
        """The same with a first value that is not written out: `self`."""
        return replace(self, values=(first, *self.values), firm=self.firm + 1)


@dataclass(frozen=True, slots=True)
class Misfit:
    """What does not fit: the `problem` that the signature has, in words that go before the `name`."""

    problem: str
    name: str


def of_function(node: Function, name: str) -> Signature:
    """The signature of a function, known by this name."""
    args = node.args
    slots = [*args.posonlyargs, *args.args]
    free = slots[: len(slots) - len(args.defaults)]
    named = [one.arg for one, default in zip(args.kwonlyargs, args.kw_defaults, strict=True) if default is None]
    return Signature(
        only=tuple(one.arg for one in args.posonlyargs),
        plain=tuple(one.arg for one in args.args),
        named=tuple(one.arg for one in args.kwonlyargs),
        required=frozenset((*(one.arg for one in free), *named)),
        star=args.vararg is not None,
        stars=args.kwarg is not None,
        text=f"{name}({_parameters(args)})",
    )


def _parameters(args: ast.arguments) -> str:
    """The names as they are given: without annotations, and `...` for every default."""
    plain = [one.arg for one in (*args.posonlyargs, *args.args)]
    free = len(plain) - len(args.defaults)
    shown = [one if place < free else f"{one}=..." for place, one in enumerate(plain)]
    if args.posonlyargs:
        shown.insert(len(args.posonlyargs), "/")
    if args.vararg or args.kwonlyargs:
        shown.append(f"*{args.vararg.arg if args.vararg else ''}")
    pairs = zip(args.kwonlyargs, args.kw_defaults, strict=True)
    shown += [f"{one.arg}=..." if default else one.arg for one, default in pairs]
    return ", ".join([*shown, *([f"**{args.kwarg.arg}"] if args.kwarg else [])])


def of_call(call: cst.Call, code: Callable[[cst.CSTNode], str]) -> Given:
    """What a call gives."""
    return _given((arg.star, arg.keyword.value if arg.keyword else "", code(arg.value)) for arg in call.args)


def of_written(call: ast.Call) -> Given:
    """What a call gives, of which only the outline is at hand; its values have no names."""
    places = (("*" if isinstance(arg, ast.Starred) else "", "", "") for arg in call.args)
    return _given((*places, *(("" if one.arg else "**", one.arg or "", "") for one in call.keywords)))


def _given(arguments: Iterator[tuple[str, str, str]] | tuple[tuple[str, str, str], ...]) -> Given:
    """From the stars, the keyword and the code of each argument."""
    every = list(arguments)
    values = [code for star, keyword, code in every if not star and not keyword]
    stars = [star for star, _, _ in every]
    before = every[: stars.index("*")] if "*" in stars else every
    return Given(
        values=tuple(values),
        firm=sum(not star and not keyword for star, keyword, _ in before),
        keywords=tuple(keyword for _, keyword, _ in every if keyword),
        star="*" in stars,
        stars="**" in stars,
    )


def misfit(given: Given, signature: Signature) -> Misfit | None:
    """What does not fit whatever the stars of the call stand for; None where it may fit."""
    return _without_place(given, signature) or _unknown(given, signature) or _missing(given, signature)


def _without_place(given: Given, signature: Signature) -> Misfit | None:
    places = len(signature.only) + len(signature.plain)
    if not signature.star and len(given.values) > places:
        return Misfit("has no place for", given.values[places])
    return None


def _unknown(given: Given, signature: Signature) -> Misfit | None:
    filled = (*signature.only, *signature.plain)[: given.firm]
    for keyword in given.keywords:
        if keyword in filled and keyword not in signature.only:
            return Misfit("gets two values for", keyword)
        if keyword not in signature.plain + signature.named and not signature.stars:
            return Misfit("has no parameter", keyword)
    return None


def _missing(given: Given, signature: Signature) -> Misfit | None:
    if given.stars:
        return None
    places = (*signature.only, *signature.plain)
    by_place = () if given.star else places[len(given.values) :]
    for name in (*by_place, *signature.named):
        if name in signature.required and (name not in given.keywords or name in signature.only):
            return Misfit("gets no value for", name)
    return None


FIELD_ENDS = frozenset({"field"})


def of_fields(nodes: list[ast.ClassDef], name: str) -> Signature | None:
    """What makes an instance of a dataclass whose fields these classes declare, those of the first one first.

    None where a field is declared in a way that is not understood. See
    https://docs.python.org/3/library/dataclasses.html#dataclasses.field
    """
    fields: dict[str, tuple[bool, bool]] = {}
    for node in nodes:
        found = _fields(node)
        if found is None:
            return None
        for field, kind in found.items():
            if kind is None:
                fields.pop(field, None)
            else:
                fields[field] = kind
    plain = tuple(field for field, (_, by_name) in fields.items() if not by_name)
    named = tuple(field for field, (_, by_name) in fields.items() if by_name)
    shown = [field if fields[field][0] else f"{field}=..." for field in plain]
    shown += ["*", *(field if fields[field][0] else f"{field}=..." for field in named)] if named else []
    required = frozenset(field for field, (needed, _) in fields.items() if needed)
    return Signature(plain=plain, named=named, required=required, text=f"{name}({', '.join(shown)})")


def _fields(node: ast.ClassDef) -> dict[str, tuple[bool, bool] | None] | None:
    """Whether each field is required, and taken by name alone; None for one that is no argument."""
    found: dict[str, tuple[bool, bool] | None] = {}
    by_name = any(_says(mark, "kw_only", True) for mark in node.decorator_list)
    for statement in node.body:
        if isinstance(statement, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
            return None
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        annotation = ast.unparse(statement.annotation)
        if "KW_ONLY" in annotation:
            by_name = True
        elif "ClassVar" not in annotation:
            found[statement.target.id] = _field(statement.value, by_name)
    return found


def _field(value: ast.expr | None, by_name: bool) -> tuple[bool, bool] | None:
    if not isinstance(value, ast.Call) or dotted(value.func).rpartition(".")[2] not in FIELD_ENDS:
        return value is None, by_name
    if _says(value, "init", False):
        return None
    names = {one.arg for one in value.keywords}
    named = _says(value, "kw_only", True) or (by_name and not _says(value, "kw_only", False))
    return not names & {"default", "default_factory", None}, named


def _says(call: ast.expr, keyword: str, value: bool) -> bool:
    """Whether a call gives this keyword this very constant."""
    given = call.keywords if isinstance(call, ast.Call) else ()
    return any(one.arg == keyword and isinstance(one.value, ast.Constant) and one.value.value is value for one in given)
