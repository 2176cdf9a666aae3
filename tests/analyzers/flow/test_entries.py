"""What frameworks and servers give the functions they call."""

import pytest

from analyzers.flow import api
from tests.analyzers.flow.asking import file_of, function

GIVEN = {
    "an event of a function in the cloud": (
        """
        import os
        def handler(event, context):
            os.system("ls " + event["folder"])
        """,
        ("handler", "shell", "event"),
    ),
    "the environment of a WSGI application": (
        """
        import os
        def application(environ, start_response):
            os.system("ls " + environ["PATH_INFO"])
        """,
        ("application", "shell", "environ"),
    ),
    "the path of the standard library's server": (
        """
        from http.server import BaseHTTPRequestHandler
        class Files(BaseHTTPRequestHandler):
            def do_GET(self):
                open("/srv" + self.path)
        """,
        ("Files.do_GET", "path", "self.path"),
    ),
    "a field of a CGI form": (
        """
        import cgi, os
        def main():
            form = cgi.FieldStorage()
            os.system("ls " + form.getvalue("folder"))
        """,
        ("main", "shell", "cgi.FieldStorage()"),
    ),
    "the request that a class of views keeps": (
        """
        from pyramid.response import Response
        from pyramid.view import view_config
        class Pages:
            def __init__(self, request):
                self.request = request
            @view_config(route_name="hello")
            def hello(self):
                return Response("Hello " + self.request.params["name"])
        """,
        ("Pages.hello", "html", "self.request.params"),
    ),
    "the request of the views that a class is mixed into": (
        """
        import os
        from django.http import HttpResponse
        from django.views import View
        class NameMixin:
            def name(self):
                return self.request.GET["name"]
        class Hello(NameMixin, View):
            def get(self, request):
                os.system("ls " + self.name())
        """,
        ("Hello.get", "shell", "self.name()"),
    ),
    "a parameter that goes by the request's name": (
        """
        from starlette.responses import HTMLResponse
        async def hello(request):
            return HTMLResponse("Hello " + request.query_params["name"])
        """,
        ("hello", "html", "request.query_params"),
    ),
    "the parsed body of an interface for programs": (
        """
        from rest_framework.viewsets import ModelViewSet
        class Files(ModelViewSet):
            def create(self, request):
                open(request.data["name"])
        """,
        ("Files.create", "path", "request.data"),
    ),
    "the request of a class of aiohttp's": (
        """
        from aiohttp import web
        class Files(web.View):
            async def get(self):
                return web.FileResponse("/srv/" + self.request.match_info["name"])
        """,
        ("Files.get", "path", "self.request.match_info"),
    ),
    "a form's data, as they were sent": (
        """
        import os
        from django.http import HttpRequest
        from .forms import PingForm
        def ping(request: HttpRequest):
            form = PingForm(request.POST)
            os.system("ping " + form.data["host"])
        """,
        ("ping", "shell", "form.data"),
    ),
}


@pytest.mark.parametrize(("code", "wanted"), GIVEN.values(), ids=GIVEN)
def test_what_a_server_hands_over_comes_from_outside(code: str, wanted: tuple[str, str, str]) -> None:
    file = file_of(code)
    name, sink, source = wanted
    found = api.taints(file, function(file, name), "user-input", sink)
    assert [flow.source for flow in found.flows] == [source]


def test_an_event_is_data_only_beside_its_context() -> None:
    file = file_of("import os\ndef handle(event, loop):\n    os.system(event['x'])\n# context\n")
    assert api.taints(file, function(file, "handle"), "user-input", "shell").flows == ()


FITTED = """
    import os
    from typing import Annotated
    from fastapi import FastAPI, Path, Query
    from pydantic import BaseModel, Field, constr
    app = FastAPI()
    class Job(BaseModel):
        unit: constr(pattern=r"^[a-z]+$")
        word: str = Field(pattern=r"^[a-z]+$")
        text: str = Field(max_length=9)
        start: constr(pattern=r"^[a-z]+")
    @app.post("/{day}")
    def view(job: Job, day: Annotated[str, Path(pattern=r"^[0-9-]+$")], one: str = Query(regex="^[a-z]+$"),
             any: Annotated[str, Path(max_length=9)] = "", end: str = Query("a", pattern="[a-z]+$")):
        os.system(%s)
    """


@pytest.mark.parametrize(
    ("value", "reached"),
    [
        ("day", 0),
        ("one", 0),
        ("job.unit", 0),
        ("job.word", 0),
        ("any", 1),
        ("end", 1),
        ("job.text", 1),
        ("job.start", 1),
    ],
)
def test_what_has_to_fit_a_pattern_is_no_data(value: str, reached: int) -> None:
    file = file_of(FITTED % value)
    assert len(api.taints(file, function(file, "view"), "user-input", "shell").flows) == reached


@pytest.mark.parametrize(("text", "reached"), [('f"<p>{request.GET}</p>"', 1), ('"<p>{}</p>", request.GET["a"]', 0)])
def test_what_format_html_puts_together_is_escaped_but_for_its_template(text: str, reached: int) -> None:
    file = file_of(f"""
        from django.http import HttpRequest
        from django.utils.html import format_html
        def view(request: HttpRequest):
            return format_html({text})
        """)
    assert len(api.taints(file, function(file, "view"), "user-input", "html").flows) == reached


@pytest.mark.parametrize(("where", "reached"), [('f"state = {state}"', 1), ('"state = %s"], params=[state', 0)])
def test_a_queryset_is_known_by_the_methods_that_give_one(where: str, reached: int) -> None:
    file = file_of(f"""
        from django.http import HttpRequest
        from .models import Order
        def view(request: HttpRequest):
            state = request.GET["state"]
            return Order.objects.filter(paid=True).extra(where=[{where}])
        """)
    assert len(api.taints(file, function(file, "view"), "user-input", "sql").flows) == reached


@pytest.mark.parametrize(("body", "reached"), [('"pg_dump " + data["name"]', 1), ('"pg_dump all"', 0)])
def test_a_request_is_known_under_the_name_that_a_helper_has_for_it(body: str, reached: int) -> None:
    file = file_of(f"""
        import os
        from django.views.decorators.http import require_POST
        def backup(req):
            data = req.POST
            os.system({body})
        @require_POST
        def view(request):
            backup(request)
        """)
    assert len(api.taints(file, function(file, "view"), "user-input", "shell").flows) == reached


def test_a_request_that_a_helper_calls_so_itself_is_told_once() -> None:
    file = file_of("""
        import os
        from django.views.decorators.http import require_POST
        def backup(request):
            os.system("pg_dump " + request.POST["name"])
        @require_POST
        def view(request):
            backup(request)
        """)
    found = [api.taints(file, function(file, name), "user-input", "shell").flows for name in ("view", "backup")]
    assert [len(flows) for flows in found] == [0, 1]
