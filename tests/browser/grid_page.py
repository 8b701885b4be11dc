"""Addresses with one page that shows a line grid and echoes what was sent; only for the tests of the grid."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import path

from core.web.grid import Column, Grid, read_lines
from erp.urls import urlpatterns as all_addresses

PAGE = """{% extends "base_plain.html" %}{% load ui %}{% block content %}
<form method="post" class="card" data-keep>{% csrf_token %}{% line_grid grid "Lines" %}<button class="btn" data-save>Save</button></form>
<pre id="sent">{{ sent }}</pre>{% endblock %}"""
COLUMNS = [
    Column("item", "Item", kind="lookup", lookup="/grid-lookup/"),
    Column("name", "Name", kind="shown"),
    Column("quantity", "Quantity", kind="number", places=0, total=True),
    Column("price", "Price", kind="number"),
    Column("amount", "Amount", kind="computed", formula="quantity*price", total=True),
]
ITEMS = {"BOLT": ("Bolt M8", "0.45"), "PLATE": ("Plate 10 mm", "30.00"), "FRAME": ("Frame", "1200.00")}


@login_not_required
def show(request: HttpRequest) -> HttpResponse:
    sent = read_lines(request.POST, ("item", "quantity", "price"))
    page = engines["django"].from_string(PAGE)
    return HttpResponse(page.render({"grid": Grid(COLUMNS, sent), "sent": repr(sent), "title": "Grid"}, request))


@login_not_required
def lookup(request: HttpRequest) -> JsonResponse:
    words = request.GET.get("q", "").lower()
    hits = [
        {"value": code, "text": name, "detail": "", "fill": {"price": price}}
        for code, (name, price) in ITEMS.items()
        if words in f"{code} {name}".lower()
    ]
    return JsonResponse({"results": hits})


urlpatterns = [path("grid/", show), path("grid-lookup/", lookup), *all_addresses]
