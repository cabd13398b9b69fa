"""One RTMP connection: reads, feeds the session, sends its answers, acts on its events.

What the peer does wrong ends here: a bad message, a failing pipeline or a silent line closes this connection and counts
a metric, and no other connection notices. Reading goes through one buffer shared by all (each read is parsed before the
next begins) and pauses while the desk is asked, or while this peer has used up its share of bytes or of processor time;
peers that do not publish have one share together (`strangers`). Each stage of a connection has a `deadline`, in which
the time does not count during which it is held for such a reason.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar, cast

import structlog

from media.sample import Frame
from media.track import Track
from origin.errors import Problem
from origin.ingest.allowance import Allowance
from origin.ingest.deadline import Deadline
from origin.ingest.limits import COUNT_BYTES, EARLY_BYTES, LOOKS
from origin.ingest.statuses import FULL, OTHER_STATUS, STATUS_CODES
from origin.observe import metrics
from origin.wire.flv import FlvReader, Remark
from origin.wire.reader import ProtocolError
from origin.wire.rtmp.events import Connected, Event, Media, PublishEnded, PublishRequested, Refused
from origin.wire.rtmp.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.ingest.desk import Publication
    from origin.ingest.rtmp import House
    from origin.ingest.strangers import Strangers
    from origin.live.farewell import Farewell

_log = structlog.get_logger(__name__)

_Input = TypeVar("_Input")


class RtmpConnection(asyncio.BufferedProtocol):
    """See the module's docstring."""

    def __init__(self, house: House, seed: bytes) -> None:
        self._house = house
        self._limits = house.limits
        self._loop = asyncio.get_running_loop()
        self._session = Session(seed, house.limits.chunks)
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._publication: Publication | None = None
        self._flv = FlvReader()
        self._holds: set[str] = set()
        self._leaving = False
        self._strange: tuple[Strangers, ...] = ()
        self._pending = self._uncounted = 0
        self._early = b""
        self._stage = ""
        self._timer: asyncio.TimerHandle | None = None
        self._seconds = 0.0
        self._heard = False
        self._meter = time.thread_time
        now = time.perf_counter()
        self._deadline = Deadline(0, 0, now)
        self._bytes = Allowance(self._limits.bytes_per_s, self._limits.burst_bytes, now)
        self._cpu = Allowance(self._limits.cpu_share, self._limits.cpu_share * self._limits.cpu_burst_s, now)

    # The four calls of asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the newcomer in, or show it the door."""
        self._transport = cast("asyncio.Transport", transport)
        name = transport.get_extra_info("peername")
        self._peer = str(name[0]) if name else ""
        refusal = self._house.admit(self, self._peer)
        if refusal:
            self._count(refusal, "")
            self._leaving = True
            transport.close()
        else:
            self._join_strangers()
            self._enter("handshake", self._limits.handshake_s)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the interface's name; the size is ours to choose
        """Where the next read goes."""
        return self._house.buffer[:EARLY_BYTES] if self._holds else self._house.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take a read."""
        self._uncounted += nbytes
        if self._uncounted >= COUNT_BYTES:
            self._count_bytes()
        data = bytes(self._house.buffer[:nbytes])
        if self._holds and self._transport:
            # uvloop begins to read after `connection_made`, even where that was told to wait.
            self._early += data
            self._transport.pause_reading()
        else:
            self._take(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The line is gone, by whoever's doing."""
        self._leaving = True
        self._count_bytes()
        self._leave_strangers()
        self._account(0)
        if self._timer:
            self._timer.cancel()
        self._house.dismissed(self, self._peer)
        self._end_publication("connection closed" if exc is None else "connection lost")

    # What the server does with a connection.

    def dismiss(self, code: str, sentence: str) -> None:
        """Tell the peer that it must go, and hang up once it has heard."""
        if self._leaving:
            return
        self._session.dismiss(STATUS_CODES.get(code, OTHER_STATUS), sentence)
        self._leave(code)

    def give_way(self) -> None:
        """Hang up now, for somebody else needs the place."""
        if not self._leaving:
            self._count("displaced", "")
            self._leaving = True
        self.abort()

    def abort(self) -> None:
        """Hang up now."""
        if self._transport:
            self._transport.abort()

    @property
    def publishing(self) -> bool:
        """Whether somebody is on the air through this connection."""
        return self._publication is not None

    # Events.

    def _take(self, data: bytes) -> None:
        if self._leaving:
            self._throttle(len(data), 0.0, ())  # it may send for `linger_s` more, yet no faster than before
            return
        meter, strange = self._meter, self._strange
        began = meter()
        self._run(self._session.receive_data, data)
        self._account(self._session.pending)
        self._throttle(len(data), meter() - began, strange)

    def _run(self, step: Callable[[_Input], list[Event]], given: _Input) -> None:
        """Take one step of the session, act on what comes of it, and contain what goes wrong."""
        try:
            for event in step(given):
                if isinstance(event, Media):
                    self._media(event)
                else:
                    self._act(event)
        except ProtocolError as fault:
            self._expel(fault.reason, str(fault))
        except Exception:  # noqa: BLE001 - a fault of ours ends this connection, and must not reach the loop
            self._log_failure()
            self._expel("internal", "The server failed on this stream.")
        self._flush()

    def _act(self, event: Event) -> None:
        match event:
            case Connected():
                self._house.progress(self)
            case PublishRequested() if self._house.full:
                self._reject(event, *FULL)
            case PublishRequested():
                self._house.progress(self)
                self.hold("asking")
                self._house.spawn(self._ask(event))
            case PublishEnded():
                self._end_publication("unpublished")
                self._join_strangers()
                self._enter("publish", self._limits.publish_s)
            case Refused():
                self._count(event.reason, event.sentence)
                self._leave(event.reason)

    def _media(self, event: Media) -> None:
        publication = self._publication
        if publication is None:
            return
        for thing in self._flv.receive(event.tag_type, event.timestamp_ms, event.payload):
            if isinstance(thing, Frame):
                self._heard = True
                publication.push(thing)
            elif isinstance(thing, Track):
                publication.set_track(thing)
            elif isinstance(thing, Remark):
                publication.remark(thing.code, thing.sentence)

    async def _ask(self, request: PublishRequested) -> None:
        """Have the desk decide. The peer may be gone when it has."""
        try:
            publication = await self._house.desk.open(request.key, self._house.protocol, self._peer)
        except Problem as problem:
            self._reject(request, problem.code, problem.detail)
        except Exception:  # noqa: BLE001 - as in _run
            self._log_failure()
            self._reject(request, "internal", "The server failed; try again.")
        else:
            if self._house.full:  # since it was asked
                self._reject(request, *FULL)
            if self._leaving:
                publication.close("connection closed")
            else:
                self._admit(request, publication)

    def _reject(self, request: PublishRequested, code: str, sentence: str) -> None:
        if self._leaving:
            return
        self._count(code, sentence)
        self._session.reject(request, sentence, STATUS_CODES.get(code, OTHER_STATUS))
        self._leave(code)

    def _admit(self, request: PublishRequested, publication: Publication) -> None:
        self._publication, self._flv = publication, FlvReader()
        self._house.publishes(self)
        self._leave_strangers()
        self._enter("idle", self._limits.idle_s)
        publication.farewell.add_done_callback(self._on_farewell)
        self._run(self._session.accept, request)
        self.release("asking")

    def _on_farewell(self, farewell: asyncio.Future[Farewell]) -> None:
        if farewell.cancelled() or self._publication is None or self._publication.farewell is not farewell:
            return
        word = farewell.result()
        self._count(word.code, word.sentence)
        self.dismiss(word.code, word.sentence)

    def _end_publication(self, reason: str) -> None:
        publication, self._publication = self._publication, None
        if publication is None:
            return
        self._house.publishes_no_more(self, self._peer)
        try:
            publication.close(reason)
        except Exception:  # noqa: BLE001 - as in _run; whatever it was, the connection must still end
            self._log_failure()

    def _log_failure(self) -> None:
        _log.exception("ingest_failed", protocol=self._house.protocol, peer=self._peer)

    # Stages and their deadlines.

    def _enter(self, stage: str, seconds: float) -> None:
        most = seconds * self._limits.forgiven
        self._deadline = Deadline(seconds, most, time.perf_counter(), held=bool(self._holds))
        self._stage, self._seconds, self._heard = stage, seconds, False
        self._look_later()

    def _look_later(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_later(self._seconds / LOOKS, self._look)

    def _look(self) -> None:
        """Cut off who is late; go on to what is waited for next where that has come."""
        if self._stage == "handshake" and self._session.greeted:
            self._enter("publish", self._limits.publish_s)
        elif self._stage == "idle" and self._heard:
            self._enter("idle", self._limits.idle_s)
        elif self._deadline.left(time.perf_counter()) > 0:
            self._look_later()
        else:
            what = "No picture and no sound" if self._stage == "idle" else f"Nothing more in the stage {self._stage}"
            self._expel(f"{self._stage}_timeout", f"{what} came for {self._seconds:g} s.")
            self._flush()

    # Flow.

    def _throttle(self, nbytes: int, worked_s: float, strange: tuple[Strangers, ...]) -> None:
        now = time.perf_counter()  # uvloop's own clock stands still while it calls us
        for group in strange:
            group.spend(worked_s, now)
        wait = max(self._bytes.spend(nbytes, now), self._cpu.spend(worked_s, now))
        if wait:
            self.hold("share")
            self._loop.call_later(wait, self.release, "share")

    def _account(self, pending: int) -> None:
        """Keep the sum of what all connections have unfinished."""
        if self._leaving:
            pending = 0
        if pending == self._pending:
            return
        self._house.pending_bytes += pending - self._pending
        grown, self._pending = pending > self._pending, pending
        if grown and self._house.pending_bytes > self._limits.pending_bytes:
            self._expel("pending_bytes", "The server has too many unfinished messages; try again later.")

    def _join_strangers(self) -> None:
        # While the processor is somebody else's the peer does nothing. It is dearer to ask for than the time of day,
        # and a publisher's own share is eighty times what it needs.
        self._meter = time.thread_time
        self._strange = self._house.strangers(self._peer)
        for group in self._strange:
            group.join(self)

    def _leave_strangers(self) -> None:
        self._meter = time.perf_counter
        strange, self._strange = self._strange, ()
        for group in strange:
            group.leave(self)

    def hold(self, reason: str) -> None:
        """Read nothing until each reason to wait is released."""
        if not self._holds and self._transport and not self._transport.is_closing():
            self._transport.pause_reading()
            self._deadline.hold(time.perf_counter())
        self._holds.add(reason)

    def release(self, reason: str) -> bool:
        """That reason to wait is gone; gives whether that was the last."""
        if reason in self._holds:
            self._holds.discard(reason)
            if not self._holds:
                self._go_on()
        return not self._holds

    def _go_on(self) -> None:
        self._deadline.release(time.perf_counter())
        if self._early:  # not within this call: whoever lets go of us has not noted it yet
            self._loop.call_soon(self._take_early)
        elif self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    def _take_early(self) -> None:
        if self._holds:
            return
        early, self._early = self._early, b""
        self._take(early)
        if not self._holds:
            self._go_on()

    def _flush(self) -> None:
        data = self._session.data_to_send()
        if not data or not self._transport or self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > self._limits.unsent_bytes:
            self._blame("slow_reader", "The peer does not read its answers.")
            self.abort()

    # Partings.

    def _expel(self, reason: str, sentence: str) -> None:
        """Cut off a peer that did something wrong; one that published is told what."""
        if self._leaving:
            return
        self._blame(reason, sentence)
        self._session.dismiss(OTHER_STATUS, sentence)
        self._leave(reason)

    def _leave(self, reason: str) -> None:
        """Send what there is to say, read nothing more into anything, and close when the peer has had time to read."""
        self._end_publication(reason)
        self._flush()
        self._leaving = True
        self._leave_strangers()
        self._account(0)
        for hold in tuple(self._holds):
            self.release(hold)
        self._stage = "leaving"
        if self._timer:
            self._timer.cancel()
        hears = self._session.greeted and self._say_no_more()
        self._timer = self._loop.call_later(self._limits.linger_s if hears else 0, self.abort)

    def _say_no_more(self) -> bool:
        """End our side of the line, where it can be ended alone; False if there is no line any more."""
        try:
            if self._transport and self._transport.can_write_eof():
                self._transport.write_eof()
        except OSError:  # the peer has reset it, and nobody has read that yet
            return False
        return True

    def _count_bytes(self) -> None:
        self._house.bytes_read.inc(self._uncounted)
        self._uncounted = 0

    def _blame(self, reason: str, sentence: str) -> None:
        """Count it, and let the broadcaster find it in the stream's health."""
        self._count(reason, sentence)
        if self._publication is not None:
            self._publication.remark(reason, sentence)

    def _count(self, reason: str, sentence: str) -> None:
        metrics.ingest_rejected.labels(self._house.protocol, reason).inc()
        _log.info("publisher_parted", protocol=self._house.protocol, peer=self._peer, reason=reason, sentence=sentence)
