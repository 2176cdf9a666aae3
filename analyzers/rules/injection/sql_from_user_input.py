"""SQL that contains what a client sent.

Why it matters: Whoever sends the request writes the statement: they read every table the program can read, and
change what it can change. This is the defect behind most stolen databases.

What to do: Give values apart from the statement (`execute("... WHERE id = %s", (id,))`). Where a name of a table or
a column comes from outside, look it up in a fixed set and stop when it is not there.

What it does not see: Values that come through a queue, a database or a cache in between; statements run by
functions outside the change.
"""

from analyzers.model import Severity
from analyzers.rule import Bad, Good, Rule

RULE = Rule(
    name="sql-from-user-input",
    title="What a client sends runs as SQL",
    weakness="CWE-89",
    severity=Severity.CRITICAL,
    flow=("user-input", "sql"),
    covers=("sql-from-text",),
    message=(
        "What the client sends as `{source}` becomes part of the SQL that `{sink}` runs: the client can "
        "write the statement."
    ),
    advice="Put a placeholder into the statement and give the value of `{source}` to `{sink}` as a parameter.",
    in_tests=False,
    in_tools=False,
    bad=(
        Bad(
            """
            from flask import Flask, request
            app = Flask(__name__)
            @app.route("/orders")
            def orders():
                customer = request.args["customer"]  # step
                query = "SELECT * FROM orders WHERE customer = '" + customer + "'"  # step
                cursor.execute(query)  # finding
                return cursor.fetchall()
            """
        ),
        Bad(
            """
            import sqlite3
            from flask import request
            def find(database, words):
                statement = f"SELECT id FROM pages WHERE title LIKE '%{words}%'"  # step
                connection = sqlite3.connect(database)
                return connection.execute(statement)  # finding
            def search():
                return find("pages.db", request.form.get("words"))  # step
            """
        ),
        Bad(
            """
            from django.db import connection
            from django.views import View
            class Orders(View):
                def get(self, request, customer):
                    with connection.cursor() as cursor:
                        order = request.GET.get("order", "id")  # step
                        cursor.execute(f"SELECT * FROM orders ORDER BY {order}")  # finding
            """
        ),
        Bad(
            """
            from rest_framework.views import APIView
            from .serializers import SearchSerializer
            class Search(APIView):
                def post(self, request):
                    serializer = SearchSerializer(data=request.data)
                    serializer.is_valid(raise_exception=True)
                    word = serializer.validated_data["word"]  # step
                    cursor.execute(f"SELECT * FROM pages WHERE word = '{word}'")  # finding
            """
        ),
        Bad(
            """
            from fastapi import Depends, FastAPI
            app = FastAPI()
            def found(word: str, size: int = 9):  # step
                cursor.execute(f"SELECT * FROM pages WHERE word = '{word}' LIMIT {size}")  # finding
                return cursor.fetchall()
            @app.get("/pages")
            def pages(rows=Depends(found)):
                return rows
            """
        ),
        Bad(
            """
            from fastapi import FastAPI
            from pydantic import BaseModel
            class Page(BaseModel):
                size: int
                word: str | int = ""
            app = FastAPI()
            @app.post("/orders")
            def orders(page: Page):  # step
                cursor.execute(f"SELECT * FROM orders WHERE name = '{page.word}' LIMIT {page.size}")  # finding
            """
        ),
    ),
    good=(
        Good(
            "the value is bound",
            """
            from flask import request
            def orders(cursor):
                cursor.execute("SELECT * FROM orders WHERE customer = %s", (request.args["customer"],))
            """,
        ),
        Good(
            "only names of a fixed set go on",
            """
            from flask import abort, request
            COLUMNS = {"id", "price"}
            def orders(cursor):
                order = request.args.get("order", "id")
                if order not in COLUMNS:
                    abort(400)
                cursor.execute("SELECT * FROM orders ORDER BY " + order)
            """,
        ),
        Good(
            "a number cannot carry SQL",
            """
            from flask import request
            def orders(cursor):
                page = int(request.args["page"])
                cursor.execute(f"SELECT * FROM orders LIMIT 10 OFFSET {page}")
            """,
        ),
        Good(
            "what is declared to be a number, or written as one, cannot carry SQL",
            """
            from flask import request
            def orders(cursor):
                size, first = request.args.get("size", 20, type=int), request.args.get("first", 0, int)
                cursor.execute(f"SELECT * FROM orders LIMIT {size} OFFSET {first}")
                cursor.execute("SELECT * FROM orders LIMIT %d" % request.json["size"])
                cursor.execute(f"SELECT * FROM orders LIMIT {request.json['size']:d}")
                cursor.execute("SELECT * FROM orders LIMIT {:d} OFFSET {first:d}".format(
                    request.json["size"], first=request.json["first"]
                ))
            """,
        ),
        Good(
            "the framework takes only numbers, and texts that are written out",
            """
            from enum import Enum
            from typing import Annotated, Literal, Optional
            from fastapi import FastAPI, Query
            from pydantic import BaseModel
            class Order(str, Enum):
                BY_DATE = "date"
            class Page(BaseModel):
                first: int
                size: Optional[int] = None
            app = FastAPI()
            @app.post("/orders")
            def orders(page: Page, order: Order, way: Literal["ASC", "DESC"], most: Annotated[int, Query()] = 9):
                cursor.execute(f"SELECT * FROM orders ORDER BY {order.value} {way}")
                cursor.execute(f"SELECT * FROM orders LIMIT {page.size} OFFSET {page.first + most}")
            """,
        ),
    ),
)
