"""A handler without the decorator that guards all the handlers beside it.

Why it matters: Every other handler here asks who is calling. The one that does not is open to everybody, and nothing
fails to tell of it.

What to do: Put the same decorator on it; or, when it shall be open to everybody, suppress this with the reason.

What it does not see: Guards in middleware or in the router; files in which more than one handler is open.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers.callers import calls_of
from analyzers.handlers import guards, guards_itself, has_guard, is_handler, is_offered, is_public
from analyzers.model import Confidence, Examined, Finding, Severity
from analyzers.outline import Definition, Kind
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

# So many guarded siblings make a custom, and not a chance.
ENOUGH = 3

RULE = Rule(
    name="handler-without-guard",
    title="Handler without the guard of its siblings",
    weakness="CWE-862",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    message="`{handler}` has no guard, while all {count} handlers beside it have one (`@{guard}`).",
    advice="Put `@{guard}` on `{handler}` as well, unless everybody may call it.",
    topic="handlers",
    clean="guarded like the siblings",
    in_tests=False,
    needs=(is_offered, has_guard),
    bad=(
        Bad(
            """
            from flask import Blueprint
            from flask_login import login_required
            shop = Blueprint('shop', __name__)

            @shop.route('/orders')
            @login_required
            def orders():
                return render('orders.html')

            @shop.route('/orders/<int:key>')
            @login_required
            def order(key):
                return render('order.html', order=find(key))

            @shop.route('/invoices')
            @login_required
            def invoices():
                return render('invoices.html')

            @shop.route('/orders/<int:key>/cancel', methods=['POST'])
            def cancel(key):  # finding
                find(key).cancel()
                return render('cancelled.html')
            """
        ),
        Bad(
            base="""
            from jupyterhub.scopes import needs_scope

            class GroupHandler(APIHandler):
                @needs_scope('read:groups')
                def get(self, name):
                    self.write(self.find(name))

                @needs_scope('admin:groups')
                def post(self, name):
                    self.create(name)

                @needs_scope('admin:groups')
                def put(self, name):
                    self.change(name)

                @needs_scope('admin:groups')
                def delete(self, name):
                    self.find(name).delete()
            """,
            code="""
            from jupyterhub.scopes import needs_scope

            class GroupHandler(APIHandler):
                @needs_scope('read:groups')
                def get(self, name):
                    self.write(self.find(name))

                @needs_scope('admin:groups')
                def post(self, name):
                    self.create(name)

                @needs_scope('admin:groups')
                def put(self, name):
                    self.change(name)

                def delete(self, name):  # finding
                    self.find(name).delete()
            """,
        ),
    ),
    good=(
        Good(
            "all handlers have the guard",
            """
            from flask_login import login_required

            @shop.route('/orders')
            @login_required
            def orders():
                return render('orders.html')

            @shop.route('/invoices')
            @login_required
            def invoices():
                return render('invoices.html')

            @shop.route('/bills')
            @login_required
            def bills():
                return render('bills.html')

            @shop.route('/cancel')
            @login_required
            def cancel():
                return render('cancelled.html')
            """,
        ),
        Good(
            "several handlers are open: it is no custom here",
            """
            from flask_login import login_required

            @shop.route('/orders')
            @login_required
            def orders():
                return render('orders.html')

            @shop.route('/invoices')
            @login_required
            def invoices():
                return render('invoices.html')

            @shop.route('/bills')
            @login_required
            def bills():
                return render('bills.html')

            @shop.route('/goods')
            def goods():
                return render('goods.html')

            @shop.route('/prices')
            def prices():
                return render('prices.html')
            """,
        ),
        Good(
            "nobody could log in behind that guard",
            """
            from flask_login import login_required

            @shop.route('/orders')
            @login_required
            def orders():
                return render('orders.html')

            @shop.route('/invoices')
            @login_required
            def invoices():
                return render('invoices.html')

            @shop.route('/bills')
            @login_required
            def bills():
                return render('bills.html')

            @shop.route('/login')
            def login():
                return render('login.html')
            """,
        ),
        Good(
            "the views call it, it is none itself",
            "from views import orders",
            files={
                "views.py": """
                from django.contrib.auth.decorators import login_required

                @login_required
                def orders(request):
                    return page(request)

                @login_required
                def invoices(request):
                    return page(request)

                @login_required
                def bills(request):
                    return page(request)

                def page(request):
                    return render(request, 'page.html')
                """
            },
        ),
        Good(
            "the handler asks by itself",
            """
            from flask_login import current_user, login_required

            @shop.route('/orders')
            @login_required
            def orders():
                return render('orders.html')

            @shop.route('/invoices')
            @login_required
            def invoices():
                return render('invoices.html')

            @shop.route('/bills')
            @login_required
            def bills():
                return render('bills.html')

            @shop.route('/goods')
            def goods():
                if current_user.is_anonymous:
                    return render('teaser.html')
                return render('goods.html')
            """,
        ),
    ),
)


@RULE.on(cst.FunctionDef)
def check(function: cst.FunctionDef, file: SourceFile) -> Iterator[Finding | Examined]:
    """One function."""
    own = file.outline.by_name.get(file.definition_name(function))
    if own is None or not is_handler(own, file):
        return
    beside = [one for one in _beside(own, file) if one is not own and is_handler(one, file)]
    if len(beside) < ENOUGH or not all(map(guards, beside)):
        return
    if not (own.parent or own.decorators) and any(calls_of(own.name, file)):
        return
    if guards(own) or is_public(own.name) or guards_itself(own, file):
        yield RULE.examined(file, function)
    else:
        count, guard = str(len(beside)), guards(beside[0])[0]
        yield RULE.finding(file, function, handler=own.name, count=count, guard=guard)


def _beside(own: Definition, file: SourceFile) -> list[Definition]:
    """The functions of the same class or module, itself among them; none for a nested one."""
    same = [one for one in file.outline.definitions if one.parent == own.parent and one.kind is Kind.FUNCTION]
    return same if own in same else []
