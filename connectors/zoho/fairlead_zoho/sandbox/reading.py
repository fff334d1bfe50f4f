"""Reading records: lists, single records, deletions, search and COQL."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import Handler, json_response
from fairlead_zoho.sandbox.coql import parse_query
from fairlead_zoho.sandbox.errors import Refusal
from fairlead_zoho.sandbox.schema import USER, ZONE, parse_instant
from fairlead_zoho.sandbox.selecting import run_query
from fairlead_zoho.sandbox.store import Row

if TYPE_CHECKING:
    from fairlead_zoho.sandbox.server import ZohoSandbox

__all__ = ["Reading", "most_columns"]

_PAGE = 200
_LAST_BY_NUMBER = 2000
_LAST_BY_TOKEN = 100_000
_MOST_FIELDS = 50
_MOST_IDS = 100
_TOKEN_LIFE = timedelta(hours=24)


def most_columns(version: str) -> int:
    """Return how many columns a query may select: 500 since version 8, 50 before."""
    return 500 if version == "v8" else _MOST_FIELDS


@dataclass(frozen=True, slots=True)
class _PageToken:
    request: tuple[tuple[str, str], ...]
    ids: tuple[int, ...]
    start: int
    issued: datetime


class Reading:
    """The calls that read records."""

    def __init__(self, sandbox: ZohoSandbox) -> None:
        self._sandbox = sandbox
        self._account = sandbox.account
        self._tokens: dict[str, _PageToken] = {}

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """Yield the routes."""
        yield "POST", "/crm/<version>/coql", self.query
        yield "GET", "/crm/<version>/<module>", self.list_
        yield "GET", "/crm/<version>/<module>/deleted", self.deleted
        yield "GET", "/crm/<version>/<module>/search", self.search
        yield "GET", "/crm/<version>/<module>/<int:record>", self.one

    def query(self, request: Request, version: str) -> Response:
        """Answer a COQL query."""
        body = self._sandbox.body(request)
        text = body.get("select_query")
        if not isinstance(text, str):
            raise Refusal(400, "MANDATORY_NOT_FOUND", {"api_name": "select_query", "json_path": "$"})
        query = parse_query(text, most_columns=most_columns(version))
        if query.module not in self._account.modules:
            raise Refusal(400, "INVALID_QUERY", {"module": query.module}, "module given seems to be invalid")
        rows, more = run_query(query, self._account.tables[query.module], self._account.visible(query.module))
        if not rows:
            return Response(status=204)
        data = list(map(self._account.writer(query.module, query.columns), rows))
        return json_response({"data": data, "info": {"count": len(data), "more_records": more}})

    def list_(self, request: Request, version: str, module: str) -> Response:
        """Answer `GET /{module}`."""
        self._account.module(module)
        names = _names(request)
        per_page = _number(request, "per_page", _PAGE, most=_PAGE)
        token = request.args.get("page_token")
        if token and "page" in request.args:
            raise Refusal(400, "AMBIGUITY_DURING_PROCESSING", {"param_name": "page_token"})
        if token:
            return self._by_token(request, module, names, token, per_page)
        page = _number(request, "page", 1)
        if page * per_page > _LAST_BY_NUMBER:
            raise Refusal(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", {"limit": _LAST_BY_NUMBER})
        rows = self._chosen(request, module)
        if rows is None:
            return Response(status=304)
        ids = tuple(row.id for row in rows)
        return self._page(
            request, module, names, _PageToken((), ids, (page - 1) * per_page, self._now()), page
        )

    def one(self, request: Request, version: str, module: str, record: int) -> Response:
        """Answer `GET /{module}/{id}`."""
        self._account.module(module)
        row = self._account.tables[module].rows.get(record)
        if row is None or not _shown(row, request):
            return Response(status=204)
        names = request.args.get("fields")
        wanted = names.split(",") if names else list(self._account.visible(module))
        return json_response({"data": [self._account.writer(module, wanted)(row)]})

    def search(self, request: Request, version: str, module: str) -> Response:
        """Answer `GET /{module}/search` for an e-mail address, a telephone number or a word."""
        self._account.module(module)
        wanted = next(
            (request.args[name].casefold() for name in ("email", "phone", "word") if name in request.args),
            None,
        )
        if wanted is None:
            raise Refusal(400, "REQUIRED_PARAM_MISSING", {"param_name": "criteria"})
        exact = "word" not in request.args
        rows = [
            row
            for row in self._account.tables[module].rows.values()
            if row.became is None and any(_matches(value, wanted, exact) for value in row.values.values())
        ]
        if not rows:
            return Response(status=204)
        names = request.args.get("fields")
        shown = names.split(",") if names else list(self._account.visible(module))
        data = list(map(self._account.writer(module, shown), rows[:_PAGE]))
        info = {"per_page": _PAGE, "count": len(data), "page": 1, "more_records": len(rows) > _PAGE}
        return json_response({"data": data, "info": info})

    def deleted(self, request: Request, version: str, module: str) -> Response:
        """Answer `GET /{module}/deleted`, newest first."""
        self._account.module(module)
        kind = request.args.get("type", "all")
        if kind not in ("all", "recycle", "permanent"):
            raise Refusal(400, "INVALID_DATA", {"param_name": "type"})
        since = self._since(request)
        found = [
            each
            for each in self._account.tables[module].known_deletions(self._now())
            if kind != "permanent" and (since is None or each.at >= since)
        ]
        if not found:
            return Response(status=304 if since is not None else 204)
        per_page, page = _number(request, "per_page", _PAGE, most=_PAGE), _number(request, "page", 1)
        start = (page - 1) * per_page
        user = {"name": "Integration", "id": USER}
        data = [
            {
                "deleted_by": user,
                "id": str(each.id),
                "display_name": each.name,
                "type": "recycle",
                "created_by": user,
                "deleted_time": each.at.astimezone(ZONE).isoformat(timespec="seconds"),
            }
            for each in found[start : start + per_page]
        ]
        if not data:
            return Response(status=204)
        more = len(found) > start + per_page
        info = {"per_page": per_page, "count": len(data), "page": page, "more_records": more}
        return json_response({"data": data, "info": info})

    def _by_token(
        self, request: Request, module: str, names: list[str], token: str, per_page: int
    ) -> Response:
        known = self._tokens.get(token)
        if known is None:
            raise Refusal(400, "INVALID_DATA", {"param_name": "page_token"})
        if known.issued + _TOKEN_LIFE <= self._now():
            raise Refusal(400, "EXPIRED_VALUE", {"param_name": "page_token"})
        if known.request != _bound(request):
            raise Refusal(400, "TOKEN_BOUND_DATA_MISMATCH", {"param_name": "page_token"})
        if known.start + per_page > _LAST_BY_TOKEN:
            raise Refusal(400, "PAGINATION_LIMIT_EXCEEDED", {"limit": _LAST_BY_TOKEN})
        return self._page(request, module, names, known, known.start // per_page + 1)

    def _page(
        self, request: Request, module: str, names: list[str], place: _PageToken, page: int
    ) -> Response:
        per_page = _number(request, "per_page", _PAGE, most=_PAGE)
        end = place.start + per_page
        rows = self._account.tables[module].rows
        write = self._account.writer(module, names)
        data = [write(rows[id_]) for id_ in place.ids[place.start : end] if id_ in rows]
        if not data:
            return Response(status=204)
        more = len(place.ids) > end
        info: dict[str, Any] = {
            "per_page": per_page,
            "count": len(data),
            "page": page,
            "more_records": more,
            "next_page_token": None,
            "page_token_expiry": None,
        }
        if more:
            token = secrets.token_hex(24)
            self._tokens[token] = _PageToken(_bound(request), place.ids, end, self._now())
            info["next_page_token"] = token
            info["page_token_expiry"] = (self._now() + _TOKEN_LIFE).isoformat(timespec="seconds")
        return json_response({"data": data, "info": info})

    def _chosen(self, request: Request, module: str) -> list[Row] | None:
        """Return the rows of a list in its order; None: nothing was modified since."""
        table = self._account.tables[module]
        since = self._since(request)
        rows: Iterable[Row]
        if "ids" in request.args:
            ids = [int(each) for each in request.args["ids"].split(",") if each.isdigit()]
            if len(ids) > _MOST_IDS:
                raise Refusal(400, "LIMIT_EXCEEDED", {"param_name": "ids", "limit": _MOST_IDS})
            rows = [table.rows[id_] for id_ in ids if id_ in table.rows]
        elif since is not None:
            rows = table.changed_since(since)
        else:
            rows = table.rows.values()
        found = [row for row in rows if _shown(row, request) and (since is None or row.modified >= since)]
        if since is not None and not found:
            return None
        sort_by = request.args.get("sort_by", "id")
        if sort_by not in ("id", "Created_Time", "Modified_Time"):
            raise Refusal(400, "INVALID_DATA", {"param_name": "sort_by"})
        descending = request.args.get("sort_order", "desc") == "desc"
        found.sort(
            key=lambda row: (row.id,) if sort_by == "id" else (row.get(sort_by), row.id), reverse=descending
        )
        return found

    def _since(self, request: Request) -> datetime | None:
        text = request.headers.get("If-Modified-Since")
        if text is None:
            return None
        instant = parse_instant(text)
        if instant is None:
            raise Refusal(400, "INVALID_DATA", {"header": "If-Modified-Since"})
        return instant

    def _now(self) -> datetime:
        return self._sandbox.now()


def _bound(request: Request) -> tuple[tuple[str, str], ...]:
    """Return the parameters that a page token is bound to."""
    given = {name: value for name, value in request.args.items() if name not in ("page", "page_token")}
    return tuple(sorted({**given, "": request.headers.get("If-Modified-Since", "")}.items()))


def _shown(row: Row, request: Request) -> bool:
    match request.args.get("converted", "false"):
        case "both":
            return True
        case "true":
            return row.became is not None
    return row.became is None


def _names(request: Request) -> list[str]:
    text = request.args.get("fields")
    if not text:
        raise Refusal(400, "REQUIRED_PARAM_MISSING", {"param_name": "fields"})
    names = [name.strip() for name in text.split(",")]
    if len(names) > _MOST_FIELDS:
        raise Refusal(400, "LIMIT_EXCEEDED", {"param_name": "fields", "limit": _MOST_FIELDS})
    return names


def _number(request: Request, name: str, otherwise: int, most: int | None = None) -> int:
    text = request.args.get(name, str(otherwise))
    if not text.isdigit() or int(text) < 1 or (most is not None and int(text) > most):
        raise Refusal(400, "INVALID_DATA", {"param_name": name, **({"maximum": most} if most else {})})
    return int(text)


def _matches(value: object, wanted: str, exact: bool) -> bool:
    if not isinstance(value, str):
        return False
    return value.casefold() == wanted if exact else wanted in value.casefold()
