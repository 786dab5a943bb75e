"""What is served beside the operations: the contracts themselves, and a page that documents them, offline."""

from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from swagger_ui_bundle import swagger_ui_path

from hub.api.metrics import PATH as METRICS
from hub.errors import NotFound, Violation

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>qos-hub: API documentation</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/swagger-ui-standalone-preset.js"></script>
<script>
SwaggerUIBundle({{
  urls: [{urls}],
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: "StandaloneLayout",
}});
</script>
<noscript>The contracts as files: {links}</noscript>
</body>
</html>
"""


def pages(contracts: Path, console: ASGIApp, metrics: ASGIApp) -> Router:
    """A router for `/docs`, `/openapi/…`, `/console` and `/metrics`; anything else is not found.

    `contracts` is the folder of contracts.
    """
    names = sorted(path.name for path in contracts.glob("*.yaml"))
    served = dict.fromkeys(names, "application/yaml")
    served |= {f"examples/{path.name}": "application/json" for path in contracts.glob("examples/*.json")}
    urls = ", ".join(f'{{url: "/openapi/{name}", name: "{name}"}}' for name in _served_first(names))
    links = ", ".join(f'<a href="/openapi/{escape(name)}">{escape(name)}</a>' for name in names)
    html = PAGE.format(urls=urls, links=links)

    def documentation(_: Request) -> Response:
        return HTMLResponse(html)

    def contract(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in served:
            raise _nothing(request.url.path)
        return FileResponse(contracts / name, media_type=served[name])

    return Router(
        routes=[
            Route("/", lambda _: RedirectResponse("/docs")),
            Route("/docs", documentation),
            Route("/openapi/{name:path}", contract),
            Mount("/docs/assets", StaticFiles(directory=swagger_ui_path)),
            Mount("/console", console),
            Route(METRICS, metrics),
        ],
        default=_default,
    )


def _served_first(names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: (not name.startswith("serviceProblem"), name))


def _nothing(path: str) -> NotFound:
    return NotFound(violations=[Violation(field="path", value=path, message=f"there is nothing at {path}")])


async def _default(scope: Scope, receive: Receive, send: Send) -> None:
    raise _nothing(scope["path"])
