"""`/v1/streams/<id>/slate`: what viewers see while a broadcast waits for its publisher.

A picture is decoded by a worker process and kept as a JPEG of ours: what strangers sent is looked at once, and never
again. A change is seen when the broadcast waits the next time.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from quart import Blueprint, request
from quart_schema import document_request, tag, validate_response

from origin.catalog import slates, streams
from origin.catalog.slates import Slate
from origin.errors import Problem
from origin.web.access import principal, require_principal
from origin.web.api import models
from origin.web.api.bodies import read_body
from origin.web.api.preconditions import wanted_revision
from origin.web.api.streams import answer_with
from origin.web.services import services
from transcoder.slate.limits import MEDIA_TYPES

if TYPE_CHECKING:
    from origin.web.api.streams import Answer
    from origin.web.services import Services

blueprint = Blueprint("slates", __name__, url_prefix="/v1/streams")
blueprint.before_request(require_principal)


@blueprint.put("/<stream_id>/slate")
@tag(["streams"])
@document_request(models.SlateCard)
@validate_response(models.Stream)
async def set_slate(stream_id: str) -> Answer:
    """Give the stream a slate: a picture of at most 4 MiB and 40 megapixels, or a card that is drawn for it."""
    given, tenant_id = services(), principal().tenant_id
    if await given.catalog.read(lambda conn: streams.get(conn, tenant_id, stream_id)) is None:
        raise Problem("not_found", "There is no stream with this id.")
    slate, wanted = Slate(stream_id, await _picture(given), tenant_id), wanted_revision()
    row = await given.catalog.write(partial(slates.put, slate=slate, wanted=wanted, now=given.clock()))
    return await answer_with(given, row)


@blueprint.delete("/<stream_id>/slate")
@tag(["streams"])
async def remove_slate(stream_id: str) -> tuple[str, int]:
    """Show no slate: the last picture stays until the publisher is back."""
    given, tenant_id, wanted = services(), principal().tenant_id, wanted_revision()
    await given.catalog.write(lambda conn: slates.remove(conn, tenant_id, stream_id, wanted, given.clock()))
    return "", 204


async def _picture(given: Services) -> bytes | None:
    """The picture that was sent, made ours; None for the card."""
    if request.is_json:
        await read_body(models.SlateCard)
        return None
    if request.mimetype not in MEDIA_TYPES:
        raise Problem("unsupported_media", 'Send a picture (image/png or image/jpeg), or JSON: {"kind": "card"}.')
    data = cast("bytes", await request.get_data(as_text=False))
    return await given.director.normalised_picture(request.mimetype, data)
