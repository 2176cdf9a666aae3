"""Whether a name or an attribute holds a dict, a set or a list, by what it was made of, and whether it stays so."""

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from analyzers import syntax, trees
from analyzers.flow import api
from analyzers.outline import dotted as called
from analyzers.scopes import dotted
from analyzers.source import SourceFile

DICT, SET, LIST = "dict", "set", "list"
VIEWS = frozenset("items keys values iteritems iterkeys itervalues".split())
# What these make, or what is named so, may be walked by a list of its keys:
# https://docs.python.org/3/library/email.message.html, https://github.com/python/cpython/blob/3.13/Lib/os.py,
# https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.__iter__.html
LISTING = frozenset(
    "email mailbox configparser wsgiref http imaplib smtplib shelve dbm pandas polars xarray h5py zarr anndata".split()
)
NAMED = frozenset("df frame dataframe dataset environ env msg message mail section".split())
KINDS = {
    "dict": DICT,
    "Dict": DICT,
    "defaultdict": DICT,
    "OrderedDict": DICT,
    "set": SET,
    "Set": SET,
    "list": LIST,
    "List": LIST,
}
MAKERS = {
    "builtins.dict": DICT,
    "collections.OrderedDict": DICT,
    "collections.defaultdict": DICT,
    "collections.Counter": DICT,
    "builtins.set": SET,
    "builtins.list": LIST,
    "builtins.sorted": LIST,
}


def kind_of(container: cst.BaseExpression, file: SourceFile) -> str:
    """The kind of what a local name, a parameter or an attribute of `self` holds; "" where it is not certain."""
    if isinstance(container, cst.Name):
        made = api.assigned(file, container)
        return _made(made, file) if made is not None else _annotated(container, file)
    qualname = file.definition_name(container).rpartition(".")[0]
    kinds = {_kept(value, file) for value in _values(qualname, syntax.last_name(container), file)}
    return kinds.pop() if len(kinds) == 1 else ""


def _made(value: cst.BaseExpression, file: SourceFile) -> str:
    match value:
        case cst.Dict() | cst.DictComp():
            return DICT
        case cst.Set() | cst.SetComp():
            return SET
        case cst.List() | cst.ListComp():
            return LIST
        case cst.Call():
            return MAKERS.get(file.qualified(value.func) or "", "")
    return ""


def _annotated(name: cst.Name, file: SourceFile) -> str:
    """The kind of a parameter by its annotation, where nothing else binds the name."""
    function = next((one for one in file.ancestors(name) if isinstance(one, cst.FunctionDef)), None)
    bound = file.local_names(function).get(name.value, ()) if function else ()
    if function is None or len(bound) != 1 or bound[0].target != "parameter":
        return ""
    params = (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params)
    hint = next((one.annotation for one in params if one.name.value == name.value), None)
    plain = hint.annotation if hint else None
    plain = plain.value if isinstance(plain, cst.Subscript) else plain
    return KINDS.get(dotted(plain).rpartition(".")[2], "")


def _values(qualname: str, attribute: str, file: SourceFile) -> Sequence[ast.expr]:
    """What a class assigns to an attribute of its objects, None left out."""
    known: dict[str, dict[str, list[ast.expr]]] = file.cache.setdefault(_values, {})
    if qualname not in known:
        held: dict[str, list[ast.expr]] = known.setdefault(qualname, {})
        node = file.outline.classes.get(qualname)
        for name, value in _held(node) if node else ():
            held.setdefault(name, []).append(value)
    return known[qualname].get(attribute, ())


def _held(known: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for node in trees.nodes(known):
        match node:
            case ast.Assign(targets=targets, value=value):
                pass
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
                targets = [target]
            case _:
                continue
        if not (isinstance(value, ast.Constant) and value.value is None):
            yield from ((one.attr, value) for one in targets if isinstance(one, ast.Attribute))


def _kept(value: ast.expr, file: SourceFile) -> str:
    match value:
        case ast.Dict() | ast.DictComp():
            return DICT
        case ast.Set() | ast.SetComp():
            return SET
        case ast.List() | ast.ListComp():
            return LIST
        case ast.Call(func=func):
            last = called(func).rpartition(".")[2]
            return KINDS.get(last, "") if last not in file.outline.classes else ""
    return ""


def rebound(body: cst.BaseSuite, name: str) -> bool:
    """Whether something in a block binds a name or an attribute."""
    targets: list[cst.CSTNode] = []
    for part in syntax.inside(body):
        if isinstance(part, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.NamedExpr)):
            targets.append(part.target)
        elif isinstance(part, cst.AsName):
            targets.append(part.name)
        elif isinstance(part, cst.Del) and not isinstance(part.target, cst.Subscript):
            targets.append(part.target)
    parts = (part for target in targets if not isinstance(target, cst.Subscript) for part in syntax.inside(target))
    return any(dotted(part) == name for part in parts)


def viewed_in(walked: cst.BaseExpression) -> cst.BaseExpression | None:
    """`rows` of `rows.items()` and of `six.iteritems(rows)`."""
    if not isinstance(walked, cst.Call) or syntax.last_name(walked.func) not in VIEWS or len(walked.args) > 1:
        return None
    return walked.args[0].value if walked.args else syntax.receiver(walked)


def may_be_listed(container: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether a mapping of unknown make may be one of those that give their keys as a list."""
    named = not NAMED.isdisjoint(syntax.words(syntax.last_name(container)))
    return named or _lists(file)


def _lists(file: SourceFile) -> bool:
    """Whether a file imports a module that has such mappings."""
    known: bool | None = file.cache.get(_lists)
    if known is None:
        targets = (one.target for bound in file.outline.names[""].values() for one in bound)
        known = file.cache[_lists] = any(target.partition(".")[0] in LISTING for target in targets)
    return known
