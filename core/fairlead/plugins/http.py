"""The HTTP client that connectors share: limits kept ahead, retries, one renewal of credentials, no secrets.

What is particular to a CRM comes in as functions: how a response is classified, which headers authorize.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ParamSpec, Protocol, TypeVar
from urllib.parse import urlsplit

import requests
from pyrate_limiter import Duration, InMemoryBucket, Limiter, MonotonicClock, Rate, RateItem
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.limits import Limits, RateWindow, Usage
from fairlead.plugins.recent_calls import RecentCalls

__all__ = ["ApiClient", "Authorizer", "Quota"]

P = ParamSpec("P")
T = TypeVar("T")

#: an answer that is larger is refused; the largest page of the three CRMs stays far below, in bytes
_MAX_ANSWER = 64 * 1024 * 1024
_ATTEMPTS = 6
_LONGEST_WAIT = 60.0
#: what the limiter waits longer than it must, in milliseconds; its own 50 would waste part of a narrow window
_LIMITER_SLACK = 5
#: the kinds of calls that are counted apart where a CRM has windows for searches, and the others
_SEARCHES, _OTHERS = ("search",), ("read", "write", "auth", "setup")


class Authorizer(Protocol):
    """Gives the header that authorizes a call, and renews what it is made of."""

    def headers(self) -> Mapping[str, str]:
        """Return the headers; logs in where there is no token yet."""

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Get new credentials, unless another thread has since `refused` was sent; False: there are none."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What an answer says of the daily quota: used by all integrations together, and the ceiling."""

    used: int
    limit: int


class _NoOtherAuth(AuthBase):
    """Keeps requests from putting the credentials of a .netrc file in the place of ours."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Session(requests.Session):
    """Reads proxies and certificates off the environment once for each host: that is slow for each call."""

    def __init__(self) -> None:
        super().__init__()
        self._of_host: dict[str, Any] = {}

    def merge_environment_settings(
        self, url: str | bytes | None, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Return what a call to a host takes from the environment; every call gives the same options."""
        host = urlsplit(str(url)).netloc
        if host not in self._of_host:
            self._of_host[host] = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return self._of_host[host]


class ApiClient:
    """Calls one CRM's interface and keeps to its limits.

    `classify` returns None for an answer that is fine, else its failure. `quota` reads the daily quota off
    an answer, where the CRM tells. Safe for use by several threads.
    """

    def __init__(
        self,
        context: ConnectorContext,
        limits: Limits,
        *,
        classify: Callable[[requests.Response], Failure | None],
        quota: Callable[[requests.Response], Quota | None] | None = None,
        attempts: int = _ATTEMPTS,
    ) -> None:
        self._context = context
        self._limits = limits
        self._classify = classify
        self._quota = quota
        self._attempts = attempts
        self._timeout = context.timeout
        self._calls = _limiter(limits.windows, context.recent, _OTHERS if limits.search_windows else None)
        self._searches = _limiter(limits.search_windows, context.recent, _SEARCHES)
        self._in_flight = threading.BoundedSemaphore(limits.concurrent)
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._cost = 0
        self._throttled = self._retried = 0
        self._waited = 0.0
        self._daily: Quota | None = None
        self._session = _Session()
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=limits.concurrent)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def call(
        self,
        kind: str,
        method: str,
        url: str,
        *,
        authorizer: Authorizer | None = None,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
        form: Mapping[str, str] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        cost: int = 1,
        classify: Callable[[requests.Response], Failure | None] | None = None,
    ) -> requests.Response:
        """Return the answer to one call, its content read.

        `kind` is `read`, `write`, `search`, `auth` or `setup` and is what `usage` counts by. `body` is sent
        as JSON, `form` as a form, `data` as it is. `cost` is what the call takes of the daily quota.
        `classify` stands in for the client's own. Calls are repeated after failures of the kind RETRY, and
        once after credentials were renewed: every call of a connector may be repeated.

        Raises ConnectorError for what remains.
        """
        sent = dict(headers or {})
        content: bytes | str | None = data
        if body is not None:
            content = _encoded(body)
            sent["Content-Type"] = "application/json"
        judge = classify or self._classify
        renewed = False

        def attempt() -> requests.Response:
            nonlocal renewed
            while True:
                granted = dict(_authorized(authorizer.headers)) if authorizer is not None else {}
                response = self._send(kind, method, url, params, form, content, {**sent, **granted}, cost)
                failure = judge(response)
                if failure is None:
                    return response
                if response.status_code == 429:
                    with self._lock:
                        self._throttled += 1
                if failure.kind is FailureKind.REFRESH:
                    if not renewed and authorizer is not None:
                        renewed = True
                        if _authorized(authorizer.renew, granted):
                            continue
                    remedy = failure.remedy or "renew the credentials, and check what they allow"
                    failure = Failure(FailureKind.STOP, failure.code, failure.message, remedy=remedy)
                raise ConnectorError(failure)

        retrying = Retrying(
            stop=stop_after_attempt(self._attempts),
            wait=_Wait(),
            retry=retry_if_exception(_is_passing),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(attempt)

    def call_json(self, kind: str, method: str, url: str, **options: Any) -> Any:
        """Return what a call answers, read as JSON: numbers with a fraction as decimals; None for no content.

        An answer that is not JSON, such as a proxy's error page, is repeated like an overload.
        Raises ConnectorError; takes the options of `call`.
        """
        judge = options.pop("classify", None) or self._classify
        parsed: Any = None

        def parsing(response: requests.Response) -> Failure | None:
            nonlocal parsed
            failure: Failure | None = judge(response)
            if failure is not None or not response.content:
                return failure
            try:
                parsed = json.loads(response.content, parse_float=Decimal, parse_constant=_no_number)
            except (ValueError, RecursionError):
                return Failure(
                    FailureKind.RETRY,
                    "not-json",
                    f"the answer of {_place(response.url)} is not JSON",
                    remedy="look at what stands between this machine and the CRM: a proxy, a login page",
                )
            return None

        self.call(kind, method, url, classify=parsing, **options)
        return parsed

    def usage(self) -> Usage:
        """Return what was used so far."""
        with self._lock:
            daily = self._daily
            return Usage(
                calls=dict(self._counts),
                throttled=self._throttled,
                retried=self._retried,
                waited=self._waited,
                daily_used=daily.used if daily else None,
                daily_limit=daily.limit if daily else self._limits.daily,
            )

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(
        self,
        kind: str,
        method: str,
        url: str,
        params: Mapping[str, str | int] | None,
        form: Mapping[str, str] | None,
        content: bytes | str | None,
        headers: Mapping[str, str],
        cost: int,
    ) -> requests.Response:
        self._check_quota(cost, kind)
        with ExitStack() as held:
            began = time.monotonic()
            held.enter_context(self._in_flight)
            limiter = self._searches if kind == "search" and self._searches else self._calls
            if limiter is not None:
                limiter.try_acquire("calls")
            with self._lock:
                self._waited += time.monotonic() - began
                self._counts[kind] += 1
            self._context.recent.note(kind)
            try:
                response = self._session.request(
                    method,
                    url,
                    params=params,
                    data=form if form is not None else content,
                    headers=dict(headers),
                    timeout=self._timeout,
                    auth=_NoOtherAuth(),
                    # a redirect would carry the token to another host
                    allow_redirects=False,
                    stream=True,
                )
                _read(response)
            except requests.RequestException as error:
                raise ConnectorError(_no_answer(error, url)) from None
            except UnicodeError:
                message = "a token or address has letters that cannot be sent"
                raise ConnectorError(
                    Failure(FailureKind.STOP, "bad-request", message, remedy="copy the secrets again")
                ) from None
        daily = self._quota(response) if self._quota is not None else None
        if daily is not None:
            with self._lock:
                self._daily = daily
        return response

    def _check_quota(self, cost: int, kind: str) -> None:
        """Take a call's cost of the quota; several threads may do so at once."""
        with self._lock:
            limit = self._daily.limit if self._daily else self._limits.daily
            ours = self._context.used_today + self._cost
            used = self._daily.used if self._daily else 0
            share = int((limit or 0) * self._context.daily_share)
            if limit is None or kind == "auth" or (ours + cost <= share and used + cost <= limit):
                self._cost += cost
                return
        raise ConnectorError(
            Failure(
                FailureKind.LIMIT,
                "daily-share-used",
                f"{ours:,} of the {share:,} calls a day that this project may make are used "
                f"(the CRM counts {used:,} of {limit:,} by all integrations)",
                remedy="the next run goes on from here; raise `daily_share` to use more of the quota",
            )
        )

    def _sleep(self, seconds: float) -> None:
        with self._lock:
            self._retried += 1
        self._context.sleep(seconds)


def _limiter(
    windows: tuple[RateWindow, ...], recent: RecentCalls, kinds: Collection[str] | None
) -> Limiter | None:
    """Return what keeps calls to some windows; what earlier processes made in them counts."""
    if not windows:
        return None
    bucket = InMemoryBucket(
        [Rate(window.calls, round(window.seconds * Duration.SECOND)) for window in windows]
    )
    now = MonotonicClock().now()
    bucket.items = [
        RateItem("calls", now - round(age * Duration.SECOND))
        for age in recent.ages(max(window.seconds for window in windows), kinds)
    ]
    return Limiter(bucket, buffer_ms=_LIMITER_SLACK)


class _Wait:
    """Waits what the CRM asks for, else a random time that grows with each attempt."""

    _random = wait_random_exponential(multiplier=0.5, max=_LONGEST_WAIT)

    def __call__(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ConnectorError) and error.failure.retry_after is not None:
            return max(0.0, min(error.failure.retry_after, _LONGEST_WAIT))
        return self._random(state)


class _NotAuthorized(ConnectorError):
    """Logging in failed after retries of its own: the call that needed it is not repeated for that."""


def _authorized(get: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    try:
        return get(*arguments, **named)
    except ConnectorError as error:
        raise _NotAuthorized(error.failure) from None


def _is_passing(error: BaseException) -> bool:
    return (
        isinstance(error, ConnectorError)
        and not isinstance(error, _NotAuthorized)
        and error.failure.kind is FailureKind.RETRY
        and (error.failure.retry_after or 0) <= _LONGEST_WAIT
    )


def _read(response: requests.Response) -> None:
    """Read the answer up to the limit; requests itself reads without one."""
    pieces, size = [], 0
    for piece in response.iter_content(256 * 1024):
        size += len(piece)
        if size > _MAX_ANSWER:
            response.close()
            raise ConnectorError(
                Failure(
                    FailureKind.STOP,
                    "answer-too-large",
                    f"the answer of {_place(response.url)} is larger than {_MAX_ANSWER // 2**20} MiB",
                )
            )
        pieces.append(piece)
    response._content = b"".join(pieces)  # noqa: SLF001 - where requests keeps what it has read itself


def _no_number(constant: str) -> object:
    raise ValueError(f"`{constant}` is no JSON")


def _encoded(body: object) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, default=_plain).encode("utf-8")
    except UnicodeEncodeError:
        message = "a text holds half of a surrogate pair"
        raise ConnectorError(Failure(FailureKind.REJECT, "invalid-text", message)) from None


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        whole = value.to_integral_value()
        plain = int(whole) if value == whole else float(value)
        if Decimal(repr(plain)) == value:
            return plain
        message = "a number has more digits than a CRM keeps"
        raise ConnectorError(Failure(FailureKind.REJECT, "too-many-digits", message))
    raise TypeError(f"a connector passes {type(value).__name__} as JSON")


def _no_answer(error: requests.RequestException, url: str) -> Failure:
    """Return the failure of a call without an answer; the error's own text may hold parameters."""
    place = _place(url)
    match error:
        case requests.Timeout():
            return Failure(FailureKind.RETRY, "timeout", f"{place} did not answer in time")
        case requests.exceptions.SSLError():
            remedy = "look at the certificate, the clock of this machine, and proxies in between"
            return Failure(FailureKind.STOP, "tls", f"no secure connection to {place}", remedy=remedy)
        case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return Failure(FailureKind.RETRY, "no-connection", f"no connection to {place}, or it was cut")
        case requests.exceptions.ContentDecodingError():
            return Failure(FailureKind.RETRY, "broken-answer", f"the answer of {place} is damaged")
    return Failure(FailureKind.STOP, "bad-request", f"a call to {place} cannot be made")


def _place(url: str) -> str:
    """Return the address without parameters, which may hold tokens or personal data."""
    return url.partition("?")[0]
