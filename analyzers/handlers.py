"""Handlers of requests, and which names speak of a guard: read from the outline, by words."""

import re

from analyzers.glimpse import Glimpse
from analyzers.outline import Definition
from analyzers.source import SourceFile
from analyzers.syntax import words

VERBS = frozenset({"get", "post", "put", "patch", "delete"})
ROUTES = VERBS | {"route", "expose", "api_view", "action", "view_config", "websocket"}
GUARDS = frozenset(
    "login permission permissions perm perms auth authenticated authorized authorize authentication authorization role "
    "roles admin staff superuser jwt acl scope scopes protected protect policy access enforce".split()
)
# What everybody may call, or could not call with a guard.
PUBLIC = frozenset(
    "login logout signin signout signup register registration health healthz healthcheck ping status static favicon "
    "index home about callback oauth oauth2 saml oidc sso reset forgot password confirm verify activate activation "
    "public version error errors robots webhook docs openapi metrics token auth captcha terms privacy help invite "
    "unsubscribe options head welcome landing session".split()
)
# A guard in the body: then no decorator is missing.
INSIDE = re.compile(
    r"current_user|is_(?:authenticated|superuser|staff|admin)|has_perm|abort\(40[13]|Forbidden|PermissionDenied"
    r"|Unauthorized|permission|authoriz|require_|enforce\(|40[13]\b",
    re.IGNORECASE,
)


GUARD = re.compile(rf"@[ \t]*[\w.]*(?:{'|'.join(sorted(GUARDS))})", re.IGNORECASE)


def is_offered(glimpse: Glimpse) -> bool:
    """Whether a unit could be a handler, going by its words."""
    return not ROUTES.isdisjoint(glimpse.words) or ("views" in glimpse.file.module and "request" in glimpse.words)


def has_guard(glimpse: Glimpse) -> bool:
    """Whether any decorator of the file could be a guard."""
    known: bool | None = glimpse.file.cache.get(has_guard)
    if known is None:
        known = glimpse.file.cache[has_guard] = GUARD.search(glimpse.file.text) is not None
    return known


def speaks_of_guard(name: str) -> bool:
    """Whether a decorator, base or function of this name guards: `login_required`, `auth.needs_scope`."""
    return not GUARDS.isdisjoint(words(name.rpartition(".")[2]))


def is_public(name: str) -> bool:
    """Whether a handler of this name is mostly open to everybody."""
    return not PUBLIC.isdisjoint(words(name))


def guards_itself(definition: Definition, file: SourceFile) -> bool:
    """Whether the body of a handler speaks of who is asking."""
    lines = file.lines[definition.head - 1 : definition.end_line]
    return any(INSIDE.search(line) for line in lines)


def is_handler(definition: Definition, file: SourceFile) -> bool:
    """Whether a framework calls this function with a request.

    Known by a router's decorator, as a method named like an HTTP verb, or as a Django view in a file of views.
    """
    routed = any(decorator.rpartition(".")[2] in ROUTES for decorator in definition.decorators if "." in decorator)
    verb = bool(definition.parent) and definition.name in VERBS
    view = not definition.parent and definition.first_parameter == "request" and "views" in file.module
    return routed or verb or (view and not definition.name.startswith("_"))


def guards(definition: Definition) -> tuple[str, ...]:
    """The decorators of a function that guard it, as written."""
    return tuple(decorator for decorator in definition.decorators if speaks_of_guard(decorator))
