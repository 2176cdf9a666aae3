"""A view class without the permission that all view classes beside it ask for.

Why it matters: Django and its REST framework open a view to everybody unless the class says otherwise. One class that
forgets it answers requests that all its siblings refuse.

What to do: Give the class the same mixin or the same `permission_classes`; or `AllowAny`, when it shall be open.

What it does not see: Guards in the URL configuration, in middleware or in the project's default settings.
"""

import ast
from collections.abc import Iterator

import libcst as cst

from analyzers.handlers import guards, guards_itself, is_public, speaks_of_guard
from analyzers.model import Confidence, Examined, Finding, Severity
from analyzers.outline import Definition, Kind
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

ENOUGH = 3
SETTINGS = frozenset({"permission_classes", "permission_required", "authentication_classes", "permission_policy"})
ENDINGS = ("View", "ViewSet")

RULE = Rule(
    name="view-without-permission",
    title="View without the permission of its siblings",
    weakness="CWE-862",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    message="`{view}` asks for no permission, while all {count} views beside it do (`{guard}`).",
    advice="Give `{view}` its `{guard}` too, unless everybody may see it.",
    topic="view classes",
    clean="asking for a permission like the siblings",
    in_tests=False,
    needs=(lambda glimpse: bool(_beside(glimpse.file.outline.by_name.get(glimpse.unit.qualname), glimpse.file)),),
    bad=(
        Bad(
            """
            from django.contrib.auth.mixins import LoginRequiredMixin
            from django.views.generic import DeleteView, DetailView, ListView

            class OrderList(LoginRequiredMixin, ListView):
                model = Order

            class OrderDetail(LoginRequiredMixin, DetailView):
                model = Order

            class InvoiceList(LoginRequiredMixin, ListView):
                model = Invoice

            class OrderDelete(DeleteView):  # finding
                model = Order
            """
        ),
        Bad(
            base="""
            from rest_framework import viewsets

            class Orders(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Invoices(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Bills(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Users(viewsets.ModelViewSet):
                permission_classes = [IsAdminUser]
                queryset = User.objects.all()
            """,
            code="""
            from rest_framework import viewsets

            class Orders(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Invoices(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Bills(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Users(viewsets.ModelViewSet):  # finding
                queryset = User.objects.all()
            """,
        ),
    ),
    good=(
        Good(
            "it says that it is open",
            """
            from rest_framework import viewsets

            class Orders(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Invoices(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Bills(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Prices(viewsets.ReadOnlyModelViewSet):
                permission_classes = [AllowAny]
            """,
        ),
        Good(
            "a base of this project may hold the guard",
            """
            from rest_framework import viewsets
            from shop.views import GuardedViewSet

            class Orders(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Invoices(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Bills(viewsets.ModelViewSet):
                permission_classes = [IsOwner]

            class Users(GuardedViewSet):
                queryset = User.objects.all()
            """,
        ),
        Good(
            "more than one view is open: it is no custom here",
            """
            from django.contrib.auth.mixins import LoginRequiredMixin
            from django.views.generic import DetailView, ListView

            class OrderList(LoginRequiredMixin, ListView):
                model = Order

            class OrderDetail(LoginRequiredMixin, DetailView):
                model = Order

            class InvoiceList(LoginRequiredMixin, ListView):
                model = Invoice

            class ProductList(ListView):
                model = Product

            class ProductDetail(DetailView):
                model = Product
            """,
        ),
    ),
)


@RULE.on(cst.ClassDef)
def check(klass: cst.ClassDef, file: SourceFile) -> Iterator[Finding | Examined]:
    """One class."""
    own = file.outline.by_name.get(file.definition_name(klass))
    found = _beside(own, file)
    if own is None or not found:
        return
    if _guard(own, file) or is_public(own.name) or guards_itself(own, file):
        yield RULE.examined(file, klass)
    else:
        yield RULE.finding(file, klass, view=own.name, count=str(len(found)), guard=found[0])


def _beside(own: Definition | None, file: SourceFile) -> list[str]:
    """What guards the views beside a view; nothing where they are few, or one of them is not guarded."""
    if own is None or own.parent or not _is_view(own, file):
        return []
    found = [_guard(one, file) for one in _views(file) if one is not own]
    return found if len(found) >= ENOUGH and all(found) else []


def _views(file: SourceFile) -> list[Definition]:
    known: list[Definition] | None = file.cache.get(_views)
    if known is None:
        top = (one for one in file.outline.definitions if not one.parent)
        known = file.cache[_views] = [one for one in top if _is_view(one, file)]
    return known


def _is_view(one: Definition, file: SourceFile) -> bool:
    """A class whose bases are all a framework's views, apart from mixins and guards."""
    if one.kind is not Kind.CLASS:
        return False
    plain = [base for base in one.bases if "Mixin" not in base and not speaks_of_guard(base)]
    return bool(plain) and all(_is_framework(base, file) for base in plain)


def _is_framework(base: str, file: SourceFile) -> bool:
    root, _, rest = base.partition(".")
    bound = file.outline.names[""].get(root, [])
    known = any(binding.target.startswith(("django.", "rest_framework")) for binding in bound)
    return known and (rest or base).endswith(ENDINGS)


def _guard(one: Definition, file: SourceFile) -> str:
    """What guards a view class, as written: a base, a decorator or a class attribute."""
    named = [base for base in one.bases if speaks_of_guard(base)] + list(guards(one))
    for statement in file.outline.classes[one.qualname].body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        named += [target.id for target in targets if isinstance(target, ast.Name) and target.id in SETTINGS]
        if isinstance(statement, ast.FunctionDef) and statement.name in ("get_permissions", "test_func", "dispatch"):
            named.append(statement.name)
    return named[0] if named else ""
