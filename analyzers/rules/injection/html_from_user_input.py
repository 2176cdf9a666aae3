"""A page that contains what a client sent, unescaped.

Why it matters: A link with a script in it runs that script for whoever follows it, with their session: it can do
everything on the site that they can.

What to do: Let a template with autoescaping write the page, or escape the value with `markupsafe.escape`. Do not
mark values as safe.

What it does not see: Templates with autoescaping switched off; values put into scripts, attributes or addresses,
which need other escapes; responses with headers of their own, which are taken to name another type than HTML.
"""

import re

from analyzers.model import Severity
from analyzers.rule import Bad, Good, Rule

RULE = Rule(
    name="html-from-user-input",
    title="What a client sends becomes part of a page",
    weakness="CWE-79",
    severity=Severity.HIGH,
    # Another kind of answer; what is sent back to who sets a webhook up: https://www.w3.org/TR/websub/#hub-verifies-intent
    doubts=re.compile(
        r"text/plain|text/csv|octet-stream|(?i:mime_?type|content[_-]type).*application/json|\bhub\.challenge\b"
    ),
    flow=("user-input", "html"),
    message="What the client sends as `{source}` goes into a page through `{sink}` unescaped: it can carry a script.",
    advice="Escape `{source}` with `markupsafe.escape`, or write the page with a template that escapes.",
    topic="written pages",
    clean="with every value of the client escaped",
    in_tests=False,
    in_tools=False,
    bad=(
        Bad(
            """
            from flask import make_response, request
            def hello():
                name = request.args.get("name", "")  # step
                return make_response("<h1>Hello " + name + "</h1>")  # finding
            """
        ),
        Bad(
            """
            from django.http import HttpResponse
            from django.views import View
            class Hello(View):
                def get(self, request):
                    return HttpResponse(f"<p>No results for {request.GET['q']}</p>")  # finding
            """
        ),
        Bad(
            """
            from flask import Flask
            app = Flask(__name__)
            @app.route("/hello/<name>")
            def hello(name):  # step
                return "<h1>Hello " + name + "</h1>"  # finding
            """
        ),
        Bad(
            """
            from flask import request
            from markupsafe import Markup
            def hello():
                text = request.form["text"]  # step
                return Markup("<b>%s</b>" % text)  # finding
            """
        ),
        Bad(
            """
            from django.http import HttpResponse
            from django.views import View
            from .forms import SearchForm
            class Search(View):
                def post(self, request, *args, **kwargs):
                    if request.POST:
                        form = SearchForm(request.POST)
                    else:
                        form = SearchForm()
                    if form.is_valid():
                        return HttpResponse("<p>No " + form.cleaned_data["word"] + "</p>")  # finding
                    return HttpResponse("<p>" + self.kwargs["shop"] + "</p>")  # finding
            """
        ),
        Bad(
            """
            from django import forms
            from django.http import HttpResponse
            class SearchForm(forms.Form):
                word = forms.CharField()
            def search(request):
                form = SearchForm(request.GET)
                form.full_clean()
                return HttpResponse("<p>No " + form.cleaned_data["word"] + "</p>")  # finding
            """
        ),
        Bad(
            """
            from flask import Flask, request
            app = Flask(__name__)
            @app.route("/hello")
            def hello():
                name = request.args["name"]  # step
                if name == "nobody":
                    return f"<h1>No {request.args['greeting']}</h1>", 404, {"X-Reason": "nobody"}  # finding
                return "<h1>Hello " + name + "</h1>", 404  # finding
            """
        ),
        Bad(
            """
            from flask import Flask, request
            app = Flask(__name__)
            @app.errorhandler(404)
            def not_found(error):
                return f"<h1>No page {request.args['page']}</h1>", 404  # finding
            """
        ),
        Bad(
            """
            from http.server import BaseHTTPRequestHandler
            from urllib.parse import parse_qs, urlparse
            class Hello(BaseHTTPRequestHandler):
                def do_GET(self):
                    name = parse_qs(urlparse(self.path).query)["name"][0]  # step
                    self.send_header("Content-Type", "text/html")
                    self.wfile.write(f"<h1>Hello {name}</h1>".encode())  # finding
            """
        ),
        Bad(
            """
            from aiohttp import web
            async def greet(request):
                name = request.match_info["name"]  # step
                return web.Response(text="<h1>" + name, content_type="text/html")  # finding
            """
        ),
    ),
    good=(
        Good(
            "the error is written by the program, and what the client sent is escaped",
            """
            from flask import Flask, request
            from markupsafe import escape
            app = Flask(__name__)
            @app.errorhandler(404)
            def not_found(error):
                return f"<h1>{error}: {escape(request.args['page'])}</h1>", 404
            """,
        ),
        Good(
            "the form takes only numbers and what is in a list",
            """
            from django import forms
            from django.http import HttpResponse
            class PageForm(forms.Form):
                page = forms.IntegerField()
                order = forms.ChoiceField(choices=[("date", "Date")])
            def show(request):
                form = PageForm(request.GET)
                if not form.is_valid():
                    return HttpResponse("no")
                return HttpResponse(f"<p>{form.cleaned_data['page']} {form.cleaned_data['order']}</p>")
            """,
        ),
        Good(
            "a dictionary is sent as JSON, not as a page",
            """
            import tornado.web
            class Revoke(tornado.web.RequestHandler):
                def post(self, task):
                    answer = {"message": f"Revoked {task}"}
                    self.write(answer)
                    self.finish(dict(message=f"Revoked {task}"))
            """,
        ),
        Good(
            "what is returned is JSON, not a page",
            """
            from flask import Flask, jsonify, request
            app = Flask(__name__)
            @app.route("/hello")
            def hello():
                return jsonify(name=request.args["name"])
            """,
        ),
        Good(
            "the headers say that this is JSON, not a page",
            """
            import json
            from flask import Flask, Response
            app = Flask(__name__)
            @app.route("/views/<name>")
            def view(name):
                return Response(
                    response=json.dumps({"detail": f"No view {name}"}),
                    headers={"Content-Type": "application/problem+json"},
                )
            """,
        ),
        Good(
            "what is put into text that is marked as HTML is escaped",
            """
            from flask import Flask, request
            from markupsafe import Markup
            app = Flask(__name__)
            @app.route("/hello")
            def hello():
                names, name = request.args.getlist("names"), request.args["name"]
                page = Markup("<h1>%s</h1>") % name + Markup("<p>{}</p>").format(name) + Markup("<br>").join(names)
                page += name
                return Markup("<body>") + page + name + Markup("</body>"), 200
            """,
        ),
        Good(
            "JSON that goes back whole is JSON again",
            """
            from flask import Flask, request
            app = Flask(__name__)
            @app.route("/echo", methods=["POST"])
            def echo():
                data = request.get_json()
                if not data:
                    return request.json
                return data, 201
            """,
        ),
        Good(
            "the headers say that the text is no page",
            """
            from flask import Flask, request
            app = Flask(__name__)
            @app.route("/hello")
            def hello():
                return "Hello " + request.args["name"], 200, {"Content-Type": "text/plain"}
            """,
        ),
        Good(
            "an answer of aiohttp without a type is plain text",
            """
            from aiohttp import web
            async def greet(request):
                return web.Response(text="Hello " + request.match_info["name"])
            """,
        ),
        Good(
            "what is left of the name of a file has no signs of HTML",
            """
            from flask import Flask, request
            from werkzeug.utils import secure_filename
            app = Flask(__name__)
            @app.post("/files")
            def upload():
                name = secure_filename(request.files["file"].filename)
                return f"kept as {name}"
            """,
        ),
        Good(
            "the value is escaped",
            """
            from flask import make_response, request
            from markupsafe import escape
            def hello():
                return make_response("<h1>Hello " + escape(request.args["name"]) + "</h1>")
            """,
        ),
        Good(
            "the template escapes",
            """
            from flask import render_template, request
            def hello():
                return render_template("hello.html", name=request.args["name"])
            """,
        ),
    ),
)
