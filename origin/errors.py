"""Every error that a client can meet, in one table: whose fault, which words, which HTTP status.

`code` is stable and may be matched by clients; sentences may be reworded. RFC 9457 gives the HTTP form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: the HTTP status and a title that does not vary from case to case."""

    status: int
    title: str


PROBLEMS: Final[dict[str, Kind]] = {
    "bad_request": Kind(400, "The request cannot be understood"),
    "invalid_body": Kind(400, "The body does not have the expected form"),
    "bad_reload": Kind(400, "The blocking reload asks for something that cannot come"),
    "unauthorized": Kind(401, "Credentials are missing or unknown"),
    "token_invalid": Kind(403, "The token does not open this"),
    "token_expired": Kind(403, "The token has expired"),
    "token_revoked": Kind(403, "The token was revoked"),
    "forbidden": Kind(403, "These credentials may not do this"),
    "not_found": Kind(404, "There is nothing here"),
    "stream_offline": Kind(404, "The stream is off the air"),
    "method_not_allowed": Kind(405, "The method does not apply here"),
    "request_timeout": Kind(408, "The request took too long to arrive"),
    "conflict": Kind(409, "The request conflicts with the present state"),
    "idempotency_mismatch": Kind(409, "The Idempotency-Key was used for another request"),
    "offset_mismatch": Kind(409, "The upload is at another offset"),
    "upload_superseded": Kind(409, "Another request goes on with the upload"),
    "download_unfit": Kind(409, "The recording does not fit into one file"),
    "upload_gone": Kind(410, "The upload is over"),
    "tus_version": Kind(412, "The version of the upload protocol is not spoken here"),
    "revision_mismatch": Kind(412, "The resource has changed in the meantime"),
    "body_too_large": Kind(413, "The body is too large"),
    "unsupported_media": Kind(415, "The media type is not supported"),
    "range_not_satisfiable": Kind(416, "The range lies outside the content"),
    "picture_refused": Kind(422, "The picture is not taken"),
    "rate_limited": Kind(429, "Too many requests"),
    "internal": Kind(500, "The server failed"),
    "recording_damaged": Kind(502, "The recording is not what was stored"),
    "manifest_tampered": Kind(502, "A stored manifest is not the one that was signed"),
    "download_preparing": Kind(503, "The file is being prepared"),
    "catalog_failed": Kind(503, "The catalog does not answer"),
    "catalog_busy": Kind(503, "The catalog has too much to do"),
    "store_failed": Kind(503, "The object store does not answer"),
    "not_ready": Kind(503, "The server is not ready"),
    "bus_failed": Kind(503, "The event bus does not answer"),
    "worker_failed": Kind(503, "A worker process could not do its work"),
    "draining": Kind(503, "The server is shutting down"),
    "upload_elsewhere": Kind(503, "Another node has the upload"),
    "too_many_waiting": Kind(503, "Too many requests are being held"),
    "storage_full": Kind(507, "There is too little room on the disk"),
}


class Problem(Exception):  # noqa: N818 - named after RFC 9457, whose document it becomes
    """An answer that is an error: a row of `PROBLEMS` and a sentence that says what to do.

    `headers` go out with the HTTP answer (`Retry-After`, `Allow`, …). The detail must never hold a secret.
    """

    def __init__(self, code: str, detail: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.headers = headers

    @property
    def status(self) -> int:
        """HTTP status code."""
        return PROBLEMS[self.code].status

    @property
    def title(self) -> str:
        """The row's fixed title."""
        return PROBLEMS[self.code].title
