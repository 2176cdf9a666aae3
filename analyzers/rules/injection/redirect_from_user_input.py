"""A redirect to an address that a client chose.

Why it matters: A link to a site that people trust takes them to one that steals their password, and the address
they looked at was the right one. In a login it also gives away tokens.

What to do: Redirect to names of routes (`url_for`), or accept only addresses of one's own host: with
`django.utils.http.url_has_allowed_host_and_scheme`, or by comparing `urlparse(target).netloc`.

What it does not see: Addresses that a script on the page follows. Where a function on the way
calls a check of the project's own (`is_safe_url`), the finding has low confidence.
"""

import re

from analyzers.model import Severity
from analyzers.rule import Bad, Good, Rule

RULE = Rule(
    name="redirect-from-user-input",
    title="A client chooses where the browser goes",
    weakness="CWE-601",
    severity=Severity.MEDIUM,
    doubts=re.compile(r"\bis_safe\w*|\b(?:is_)?(?:safe|valid|allowed)_(?:url|uri|host|redirect|target|next)"),
    flow=("user-input", "redirect"),
    message=(
        "What the client sends as `{source}` decides where `{sink}` sends the browser: a link to this site "
        "can lead anywhere."
    ),
    advice="Accept only addresses of this site before `{sink}` gets `{source}`.",
    topic="redirects",
    clean="staying on the site",
    in_tests=False,
    in_tools=False,
    bad=(
        Bad(
            """
            from django.views.generic import RedirectView
            class Forward(RedirectView):
                def get_redirect_url(self, *args, **kwargs):
                    return self.request.GET["next"]  # finding
            """
        ),
        Bad(
            """
            from flask import redirect, request
            def update(ticket):
                ticket.address = request.form["address"]  # step
                return back_to(ticket)  # step

            def back_to(ticket):
                return redirect(ticket.address)  # finding
            """
        ),
        Bad(
            """
            from flask import redirect, request
            def login():
                target = request.args.get("next")  # step
                return redirect(target)  # finding
            """
        ),
        Bad(
            """
            from flask import redirect, request
            def forward():
                host = request.args["host"]  # step
                return redirect(host + "/welcome")  # finding
            """
        ),
        Bad(
            """
            from django.shortcuts import redirect
            from django.views import View
            class Login(View):
                def post(self, request):
                    return redirect(request.POST["next"])  # finding
            """
        ),
        Bad(
            """
            from urllib.parse import urlparse
            from flask import redirect, request
            def leave():
                address = request.values["back"]  # step
                if urlparse(address).scheme in ("http", "https"):
                    return redirect(address)  # finding
            """
        ),
        Bad(
            """
            from flask import Flask, redirect
            app = Flask(__name__)

            @app.route("/at/<shop>")
            def visit(shop):  # step
                return redirect(front(shop))  # finding

            def front(shop):
                return "https://" + shop + "/"
            """
        ),
        Bad(
            """
            from flask import Flask, redirect
            app = Flask(__name__)

            @app.route("/to/<path:target>")
            def leave(target):  # step
                return redirect(target)  # finding
            """
        ),
    ),
    good=(
        Good(
            "a part of the address behind a path of this site stays on it",
            """
            from django.views.generic import RedirectView
            class Forward(RedirectView):
                def get_redirect_url(self, *args, **kwargs):
                    return "/shop/" + kwargs["name"] + "?" + self.request.GET.urlencode()
            """,
        ),
        Good(
            "the address stays on this site",
            """
            from flask import redirect, request
            def login():
                return redirect("/users/" + request.args["name"])
            """,
        ),
        Good(
            "one part of the address of a route has no slash in it: it names no other host",
            """
            from flask import Flask, redirect
            app = Flask(__name__)

            @app.route("/<kind>/<name>/delete")
            def delete(kind, name):
                return redirect("{}.index".format(kind))
            """,
        ),
        Good(
            "the client says when the ticket is due, not where it is",
            """
            from flask import redirect, request
            def update(ticket):
                ticket.due = request.form["due"]
                return back_to(ticket)

            def back_to(ticket):
                return redirect(ticket.address)
            """,
        ),
        Good(
            "what the client sends stands behind the beginning of the page's own address",
            """
            from flask import redirect, request
            def rename(page):
                return redirect(page.address.replace("NAME", request.form["name"]))
            """,
        ),
        Good(
            "the address is a setting, and the client only adds what to search for",
            """
            import os
            from flask import redirect, request
            def fall_back():
                engine = os.environ.get("FALLBACK_ENGINE", "")
                return redirect(engine + request.args["query"])
            """,
        ),
        Good(
            "back to where the browser comes from",
            """
            from flask import redirect, request
            def cancel():
                return redirect(request.referrer or "/")
            """,
        ),
        Good(
            "the host is looked at",
            """
            from django.shortcuts import redirect
            from django.utils.http import url_has_allowed_host_and_scheme
            from django.views import View
            class Login(View):
                def post(self, request):
                    target = request.POST["next"]
                    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
                        target = "/"
                    return redirect(target)
            """,
        ),
        Good(
            "a function of the project compares the host with its own",
            """
            from urllib.parse import urljoin, urlparse
            from flask import redirect, request
            def stays_here(address):
                own = urlparse(request.host_url)
                asked = urlparse(urljoin(request.host_url, address))
                return asked.scheme in ("http", "https") and own.netloc == asked.netloc
            def wanted():
                address = request.values.get("back")
                if address and stays_here(address):
                    return address
            def leave():
                return redirect(wanted() or "/")
            """,
        ),
        Good(
            "the host is looked at, by the name of the parameter",
            """
            from django.shortcuts import redirect
            from django.utils.http import url_has_allowed_host_and_scheme
            def back(request):
                target = request.POST.get("next") or request.GET.get("next")
                if not target or not url_has_allowed_host_and_scheme(url=target, allowed_hosts={request.get_host()}):
                    return redirect("/")
                return redirect(target)
            """,
        ),
    ),
)
