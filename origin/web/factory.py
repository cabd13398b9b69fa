"""The two applications of the web room: the API with its pages, and the operators' one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Quart

from origin.web import access, cors, health, openapi, pages, problems, services, sessions
from origin.web.api import assets, audit, jobs, objects, slates, streams, tokens
from origin.web.guard import MAX_PICTURE_BYTES, Guard

if TYPE_CHECKING:
    from quart import Blueprint

    from origin.web.services import Services

API: tuple[Blueprint, ...] = (
    streams.blueprint,
    slates.blueprint,
    assets.blueprint,
    jobs.blueprint,
    objects.blueprint,
    audit.blueprint,
    tokens.blueprint,
    tokens.open_blueprint,
    openapi.blueprint,
    health.blueprint,
    sessions.blueprint,
    pages.blueprint,
)
OPERATORS: tuple[Blueprint, ...] = (health.blueprint, health.metrics_blueprint)


def make_api(given: Services) -> Quart:
    """Make the application for clients and browsers. It is complete without a server: an ASGI callable."""
    app = _make(given, API)
    app.extensions[access.EXTENSION] = access.Access(given)
    app.extensions[pages.EXTENSION] = pages.load()
    cors.install(app)
    return app


def make_ops(given: Services) -> Quart:
    """Make the application for the operators' listener."""
    return _make(given, OPERATORS)


def _make(given: Services, blueprints: tuple[Blueprint, ...]) -> Quart:
    app = Quart("headwater", static_folder=None)
    # The guard has taken the body in already; these are for whoever serves the application without it.
    app.config["MAX_CONTENT_LENGTH"] = MAX_PICTURE_BYTES
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = True
    app.url_map.strict_slashes = True
    app.extensions[services.EXTENSION] = given
    problems.install(app)
    openapi.install(app)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.asgi_app = Guard(app.asgi_app, given.random)  # type: ignore[assignment, method-assign]  # ASGI in fewer words
    return app
