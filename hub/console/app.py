"""The operator's pages, rendered on the server: deliveries with their attempts, listeners, sources, reports."""

from flask import Flask, abort, render_template, request

from hub.console.pages import Page, page_of
from hub.model.delivery import DeliveryState
from hub.model.times import micros_to_text
from hub.query.ordering import SortKey
from hub.query.syntax import Comparison, Operator
from hub.store.sqlite import Store

PAGE_SIZE = 50
HISTORY = 1000
"""The most entries of one report's history on a page."""

FILTERS = ("subscription", "state", "serviceProblem")
STATES = tuple(state.value for state in DeliveryState)


def make_console(store: Store) -> Flask:
    """A Flask application without state of its own; it only reads."""
    app = Flask(__name__, static_folder=None)
    app.jinja_env.filters["instant"] = lambda micros: "" if micros is None else micros_to_text(micros)
    views = Views(store)
    app.add_url_rule("/", "deliveries", views.deliveries)
    app.add_url_rule("/deliveries/<int:delivery_id>", "delivery", views.delivery)
    app.add_url_rule("/listeners", "listeners", views.listeners)
    app.add_url_rule("/sources", "sources", views.sources)
    app.add_url_rule("/reports/<problem_id>", "report", views.report)
    app.register_error_handler(404, _missing)
    return app


class Views:
    def __init__(self, store: Store) -> None:
        self._store = store

    def deliveries(self) -> str:
        filters = {name: value for name, value in request.args.items() if name in FILTERS and value}
        if filters.get("state", STATES[0]) not in STATES:
            abort(404)
        table = self._store.read.delivery_list
        page = _page(table.count(filters))
        rows = table.by_number(filters, offset=page.offset, limit=PAGE_SIZE)
        return render_template("deliveries.html", rows=rows, page=page, filters=filters, states=STATES)

    def delivery(self, delivery_id: int) -> str:
        table = self._store.read.deliveries
        view = table.get(delivery_id)
        if view is None:
            abort(404)
        return render_template("delivery.html", view=view, attempts=table.attempts(delivery_id))

    def listeners(self) -> str:
        tables = self._store.read
        rows, counts = tables.subscriptions.all(), tables.deliveries.counts()
        return render_template("listeners.html", rows=rows, counts=counts, states=STATES)

    def sources(self) -> str:
        return render_template("sources.html", rows=self._store.read.sources.all())

    def report(self, problem_id: str) -> str:
        """The report as it is now, if it still is, and its history."""
        tables = self._store.read
        stored = tables.problems.get(problem_id)
        of_this = Comparison(path=("serviceProblem", "id"), operator=Operator.EQ, values=(problem_id,))
        in_time = (SortKey(path=("eventTime",)),)
        records = tables.records.page(of_this, sort=in_time, offset=0, limit=HISTORY).rows
        if stored is None and not records:
            abort(404)
        document = stored.problem.document if stored else {}
        return render_template("report.html", problem_id=problem_id, document=document, records=records)


def _missing(_: Exception) -> tuple[str, int]:
    return render_template("missing.html", path=request.path), 404


def _page(total: int) -> Page:
    number = request.args.get("page", "1")
    return page_of(int(number) if number.isdecimal() and len(number) < 10 else 1, size=PAGE_SIZE, total=total)
