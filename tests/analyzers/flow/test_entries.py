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
