"""Where the requests to a URL go: read, judged by the settings and written once, kept for the next one."""

from weakref import WeakValueDictionary

from hub.delivery.resolve import Pinned
from hub.delivery.transport.direct_line import Line
from hub.delivery.transport.direct_request import start_of
from hub.subscriptions.addresses import AddressGuard
from hub.subscriptions.callback import Target, target_of

MOST = 8192
"""How many routes are remembered; the one that was made first is forgotten first."""


class Pool:
    """The connections that rest between two requests to one origin at one set of addresses, the last used last."""

    __slots__ = ("__weakref__", "idle")

    def __init__(self) -> None:
        self.idle: list[Line] = []


class Route:
    """`objection` is why the settings refuse the URL whatever its address; `start` are the bytes all requests share."""

    __slots__ = ("objection", "pinned", "pool", "secure", "start", "target")

    def __init__(self, target: Target, objection: str | None) -> None:
        self.target = target
        self.objection = objection
        self.secure = target.scheme == "https"
        self.start = start_of(target)
        self.pinned: Pinned | None = None
        self.pool = Pool()


class Routes:
    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._known: dict[str, Route] = {}
        self._pools: WeakValueDictionary[tuple[object, ...], Pool] = WeakValueDictionary()

    def of(self, url: str) -> Route:
        """Raises BadCallback."""
        return self._known.get(url) or self._made(url)

    def pin(self, route: Route, pinned: Pinned) -> None:
        """From now on the route leads to these addresses, and has the connections that lead there."""
        route.pinned = pinned
        target = route.target
        key = (target.scheme, target.host, target.port, frozenset(pinned.addresses))
        route.pool = self._pools.setdefault(key, Pool())

    def _made(self, url: str) -> Route:
        target = target_of(url)
        objections = self._guard.objections(target.scheme, target.port)
        if len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        route = self._known[url] = Route(target, objections[0] if objections else None)
        return route
