"""Every metric that Headwater exports, in one list; `/metrics` on the operators' listener shows them."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY: Final = CollectorRegistry()

ingest_connections = Gauge(
    "headwater_ingest_connections", "Open publisher connections", ["protocol"], registry=REGISTRY
)
ingest_rejected = Counter(
    "headwater_ingest_rejected_total", "Publishers turned away or cut off", ["protocol", "reason"], registry=REGISTRY
)
ingest_bytes = Counter("headwater_ingest_bytes_total", "Bytes read from publishers", ["protocol"], registry=REGISTRY)
live_streams = Gauge("headwater_live_streams", "Streams on the air", registry=REGISTRY)
timeline_mended = Counter(
    "headwater_timeline_mended_total", "Bad timestamps that were mended", ["fault"], registry=REGISTRY
)
live_warnings = Counter("headwater_live_warnings_total", "Remarks on a stream's health", ["code"], registry=REGISTRY)
segments_stored = Counter("headwater_segments_stored_total", "Segments made durable", registry=REGISTRY)
store_puts = Counter(
    "headwater_store_puts_total", "Objects sent to the store, tries included", ["kind"], registry=REGISTRY
)
manifests_refused = Counter(
    "headwater_manifests_refused_total", "Stored manifests not used for their signature", ["reason"], registry=REGISTRY
)
audit_failures = Counter(
    "headwater_audit_failures_total", "Findings that the audit log did not take", registry=REGISTRY
)
store_failures = Counter("headwater_store_failures_total", "Store calls that failed", ["operation"], registry=REGISTRY)
catalog_failures = Counter(
    "headwater_catalog_failures_total", "Catalog calls for streams on the air that failed", ["work"], registry=REGISTRY
)
jobs = Counter(
    "headwater_jobs_total", "Jobs that a worker took, by how they ended", ["kind", "outcome"], registry=REGISTRY
)
journal_failures = Counter(
    "headwater_journal_failures_total", "Entries that the journal did not take in time", registry=REGISTRY
)
store_requests = Counter(
    "headwater_store_requests_total",
    "Requests to the object store; to a remote one, each try counts",
    ["operation"],
    registry=REGISTRY,
)
store_seconds = Histogram("headwater_store_seconds", "Time that a store call took", ["operation"], registry=REGISTRY)
store_backlog_bytes = Gauge("headwater_store_backlog_bytes", "Bytes waiting to be made durable", registry=REGISTRY)
playback_requests = Counter(
    "headwater_playback_requests_total", "Requests below /play", ["kind", "status"], registry=REGISTRY
)
playback_bytes = Counter("headwater_playback_bytes_total", "Bytes sent below /play", registry=REGISTRY)
upload_bytes = Counter("headwater_upload_bytes_total", "Bytes received of uploads", registry=REGISTRY)
download_requests = Counter("headwater_download_requests_total", "Requests below /dl", ["status"], registry=REGISTRY)
download_bytes = Counter("headwater_download_bytes_total", "Bytes of objects sent", registry=REGISTRY)
playback_waiting = Gauge("headwater_playback_waiting", "Requests held until media comes", registry=REGISTRY)
http_requests = Counter(
    "headwater_http_requests_total", "Requests to the API and pages", ["method", "status"], registry=REGISTRY
)
http_refused = Counter("headwater_http_refused_total", "HTTP requests refused early", ["reason"], registry=REGISTRY)
tokens_refused = Counter("headwater_tokens_refused_total", "Delivery tokens refused", ["code"], registry=REGISTRY)
