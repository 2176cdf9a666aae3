"""Whether the arguments that are written at a place fit the text that they shall be put into."""

import libcst as cst

from analyzers import syntax
from analyzers.fit.placeholders import Misfit, by_name, by_position, percent_marks, unknown
from analyzers.flow import api
from analyzers.source import SourceFile

# https://docs.python.org/3/library/gettext.html, and what https://docs.openstack.org/oslo.i18n adds.
TRANSLATORS = frozenset("_ _LC _LE _LI _LW N_ gettext ugettext gettext_lazy ugettext_lazy lazy_gettext".split())
# What these give is neither a tuple nor a mapping.
PLAIN = frozenset(f"builtins.{name}" for name in "str repr ascii len int float type format bool".split())
TEXTS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)
# What logs with fields of their own are given beside a text.
MAPPINGS = frozenset(
    "extra data context dict map mapping params fields payload event info metadata record doc body".split()
)


def untranslated(node: cst.BaseExpression | None) -> cst.BaseExpression | None:
    """What is translated, where an expression is the translation of something."""
    if isinstance(node, cst.Call) and len(node.args) == 1 and syntax.last_name(node.func) in TRANSLATORS:
        return node.args[0].value
    return node


def text_of(node: cst.BaseExpression | None, file: SourceFile) -> str | None:
    """The constant text that an expression is, a translated one before it is translated."""
    node = untranslated(node)
    known = api.constant(file, node) if isinstance(node, (cst.Name, cst.BinaryOperation, *TEXTS)) else None
    return known.value if known and isinstance(known.value, str) else None


def operator_misfit(text: str, values: cst.BaseExpression, file: SourceFile) -> Misfit | None:
    """Why `text % values` fails."""
    if isinstance(values, cst.Name):
        values = _kept(values, file)
    if isinstance(values, cst.Tuple):
        starred = any(isinstance(element, cst.StarredElement) for element in values.elements)
        return None if starred else by_position(text, len(values.elements))
    names = _names(values, file)
    if names is not None or isinstance(values, cst.Dict):
        return by_name(text, names)
    if _is_plain(values, file):
        return by_position(text, 1)
    return unknown(text)


def logging_misfit(text: str, values: list[cst.BaseExpression], file: SourceFile) -> tuple[Misfit, bool] | None:
    """Why logging fails to put a text together, and whether it certainly does; else it shows none of the values.

    A mapping that is the only argument is what names are sought in; it may also go with a text that takes nothing.
    https://docs.python.org/3/library/logging.html#logrecord-objects
    """
    found = by_position(text, len(values))
    if found is None:
        return None
    if len(values) > 1 or _is_plain(values[0], file):
        return found, True
    names = _names(values[0], file)
    if names is not None or isinstance(values[0], cst.Dict):
        named = by_name(text, names) if names != frozenset() else found
        return (named, True) if named else None
    if by_name(text, None):
        return found, True
    shows_nothing = found.error is TypeError and not percent_marks(text)
    return (found, False) if shows_nothing and not _may_be_mapping(values[0]) else None


def _may_be_mapping(node: cst.BaseExpression) -> bool:
    """Whether a name says that there are further facts in it, which the formatter of the log may know to find."""
    words = syntax.words(syntax.last_name(node))
    return not words or not MAPPINGS.isdisjoint(words) or words[-1].endswith("s")


def _kept(name: cst.Name, file: SourceFile) -> cst.BaseExpression:
    """The tuple or the text that a name stands for: neither changes, once it is there."""
    value = api.assigned(file, name)
    return value if isinstance(value, (cst.Tuple, *TEXTS)) else name


def _names(node: cst.BaseExpression, file: SourceFile) -> frozenset[str] | None:
    """The keys of a mapping that is written out; None when it is something else, or not all of them are known."""
    if isinstance(node, cst.Call) and file.qualified(node.func) == "builtins.dict":
        named = [arg.keyword.value for arg in node.args if arg.keyword]
        return frozenset(named) if len(named) == len(node.args) else None
    if not isinstance(node, cst.Dict):
        return None
    keys = [api.constant(file, one.key) if isinstance(one, cst.DictElement) else None for one in node.elements]
    known = [key.value for key in keys if key is not None]
    return frozenset(key for key in known if isinstance(key, str)) if len(known) == len(keys) else None


def _is_plain(node: cst.BaseExpression, file: SourceFile) -> bool:
    """Whether a value is certainly neither a tuple nor a mapping: a text, a number, an error that was caught."""
    if isinstance(node, (*TEXTS, cst.BaseNumber)):
        return True
    if isinstance(node, cst.Call):
        return file.qualified(node.func) in PLAIN
    return isinstance(node, cst.Name) and _is_error(node, file)


def _is_error(name: cst.Name, file: SourceFile) -> bool:
    handlers = (one for one in file.ancestors(name) if isinstance(one, cst.ExceptHandler) and one.name)
    return any(syntax.is_name(one.name.name, name.value) for one in handlers if one.name)
