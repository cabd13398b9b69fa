"""One publisher on the air: its frames, mended, go to the channel's packager in runs.

A run has fixed tracks and parameters. A new one begins, with a discontinuity, when a publisher comes back, when its
parameters change, and when a track appears late. Decode time goes on across runs.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from media.silence import silence_for
from media.track import Kind
from origin.live.farewell import Farewell
from origin.live.faults import SENTENCES
from origin.live.gathering import Gathering, NoKeyFrameError
from origin.live.publisher_clock import apart
from origin.live.spool import SEGMENT_BYTES
from origin.live.standstill import Standstill
from origin.live.timeline import Timeline
from origin.live.turnover import MOST_RUNS, SPAN_S
from origin.live.wall import WallAnchor
from origin.observe import metrics
from packager.commands import Life, Put
from packager.names import is_init

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from media.sample import Frame, Sample
    from media.track import Track
    from origin.live.health import Health
    from origin.live.production import Production
    from packager.commands import Command

_VIDEO: Final = Kind.VIDEO
PATIENCE_S: Final = 30.0
"""How long a publisher may be on the air with nothing that can be played, by our clock: its own may stand still."""
LONG_GOP_S: Final = 4.5
"""Key frames further apart than this make joining slow and segments long: the usual 2 s to 4 s, and jitter."""
MENDED_GOPS: Final = 8
"""So many short GOPs in a row show that the cause is gone. Encoders put key frames at cuts, too, so a few short ones
stand between long ones in lively material; eight are a quarter of a minute at 2 s, which a broadcaster waits for."""


class Publication:
    """What a publisher's frames pass through, from its first message to its farewell."""

    def __init__(
        self,
        channel: Production,
        health: Health,
        *,
        start_s: float,
        clock: Callable[[], float],
        on_close: Callable[[Publication, str], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.farewell: asyncio.Future[Farewell] = loop.create_future()
        self._patience = loop.call_later(PATIENCE_S, self._give_up)
        self._channel = channel
        self._health = health
        self._clock = clock
        self._on_close = on_close
        self._timeline = Timeline(start_s=start_s)
        self._standstill = Standstill(clock, self._timeline.faults)
        self._tracks: dict[Kind, Track] = {}
        self._gathering: Gathering | None = Gathering()
        self._changing: dict[Kind, Track] = {}
        self._left_out = 0
        self._wall = WallAnchor(0.0)
        self._kept_until: tuple[Frame, float] | None = None
        self._timekeeper = _VIDEO
        self._key_frame: int | None = None
        self._short_gops = 0
        self._unfinished = 0
        self._closed = False
        self.frames = 0
        """How many were pushed."""

    @property
    def end_s(self) -> float:
        """Media time reached, in seconds: where a following publication goes on."""
        return self._timeline.end_s

    @property
    def tracks(self) -> tuple[Track, ...]:
        """What is on the air, video first."""
        return tuple(self._tracks[kind] for kind in Kind if kind in self._tracks)

    def set_track(self, track: Track) -> None:
        """Announce a track or its new parameters; these take effect where a decoder can begin anew."""
        if self._gathering is not None:
            self._gathering.set_track(track)
        elif self._tracks.get(track.kind) == track:
            self._changing.pop(track.kind, None)
            if not self._changing:
                self._patience.cancel()
        else:
            if not self._changing:
                self._await_change()
            self._changing[track.kind] = track

    def push(self, frame: Frame) -> None:
        """Take one frame."""
        self.frames += 1
        if self.farewell.done() or self._closed:
            return
        frame = self._standstill.mend(frame)
        if self._gathering is not None:
            self._gather(self._gathering, frame)
        elif self._changing:
            self._change(frame)
        elif frame.kind in self._tracks:
            self._hand_on(self._timeline.push(frame))

    def expect_burst(self, newest: Frame, age_s: float) -> None:
        """Frames that somebody has kept will be pushed at once now; the `newest` of them came `age_s` ago."""
        self._kept_until = (newest, age_s)

    def remark(self, code: str, sentence: str) -> None:
        """Note something about the stream's health."""
        self._health.remark(code, sentence, self._clock())

    def close(self, reason: str) -> None:
        """The publisher is gone: give viewers what it sent. Later calls do nothing."""
        if self._closed:
            return
        self._closed = True
        self._patience.cancel()
        try:
            if self._gathering is None:
                self._hand_on(self._timeline.flush())
                self._channel.pause()
        finally:  # whatever its last frames are like, a publisher that has gone must not stay on the air
            self._on_close(self, reason)

    def part(self, code: str, sentence: str) -> None:
        """Tell the publisher to go."""
        if not self.farewell.done():
            self.farewell.set_result(Farewell(code, sentence))

    def _refuse(self, code: str, sentence: str) -> None:
        """Part from a publisher whose media cannot be played, and leave the reason with the stream."""
        self.remark(code, sentence)
        self.part(code, sentence)

    def _give_up(self) -> None:
        self._refuse("nothing_playable", "Nothing that can be played came; check the encoder's codecs and key frames.")

    def _gather(self, gathering: Gathering, frame: Frame) -> None:
        try:
            begin = gathering.offer(frame)
        except NoKeyFrameError:
            self._refuse(
                "no_key_frame", "The video has no key frames; set the encoder's key frame interval to 2 seconds."
            )
            return
        if begin:
            self._gathering = None
            self._begin_run(gathering.tracks, gathering.frames)
            if gathering.absent:
                self._miss_pictures()
                self.set_track(gathering.absent)

    def _change(self, frame: Frame) -> None:
        """Begin a run with the new parameters where that can be; frames that need them wait for it in vain."""
        if self._can_change_at(frame):
            self._change_at(frame)
        elif frame.kind in self._changing:
            self._left_out += 1
        elif frame.kind in self._tracks:
            self._hand_on(self._timeline.push(frame))

    def _change_at(self, frame: Frame) -> None:
        if self._channel.turnover.is_spent(self._clock()):
            self._refuse(
                "too_many_changes",
                f"The encoder changed its parameters more than {MOST_RUNS} times within {SPAN_S:.0f} s, "
                "which nobody can play; let it keep its resolution and codecs.",
            )
            return
        self._begin_run({**self._tracks, **self._changing}, [frame])

    def _can_change_at(self, frame: Frame) -> bool:
        """Video parameters change at their own key frame; where there is video, sound's do at one too."""
        if Kind.VIDEO in self._tracks or Kind.VIDEO in self._changing:
            return frame.kind is Kind.VIDEO and frame.key
        return frame.kind in self._changing

    def _await_change(self) -> None:
        self._left_out = 0
        self._patience = asyncio.get_running_loop().call_later(PATIENCE_S, self._miss_change)

    def _miss_change(self) -> None:
        """New parameters could not take effect for long: say so, and part if something on the air is lost meanwhile."""
        if self.farewell.done():
            return
        if self._left_out and self._changing.keys() & self._tracks.keys():
            self._refuse(
                "no_key_frame",
                "The encoder changed its parameters and sent no key frame since; set its key frame interval to 2 s.",
            )
            return
        if self._left_out:
            which = " and ".join(self._changing)
            self.remark(
                "late_track", f"The {which} came late and waits for a key frame; set the encoder's interval to 2 s."
            )
        elif _VIDEO in self._changing:
            self._miss_pictures()
        self._await_change()

    def _miss_pictures(self) -> None:
        self.remark("no_pictures", "The encoder announces video and sends none; the sound plays alone until it does.")

    def _begin_run(self, tracks: dict[Kind, Track], frames: list[Frame]) -> None:
        self._hand_on(self._timeline.flush())
        self._tracks = self._with_sound(tracks)
        self._changing.clear()
        self._patience.cancel()
        self._channel.turnover.note(self._clock())
        for track in self.tracks:
            self._timeline.set_track(track)
        self._wall = self._anchored(frames[0], frames[-1])
        try:
            self._carry_out(self._channel.packager.start(self.tracks, self._wall.at_zero))
        except ValueError as error:
            self._tracks.clear()
            self._refuse("unsupported_parameters", f"The encoder's parameters cannot be packaged: {error}.")
            return
        self._health.withdraw("late_track")
        if _VIDEO in tracks:
            self._health.withdraw("no_pictures")
        self._timekeeper = _VIDEO if _VIDEO in tracks else Kind.AUDIO
        for frame in frames:
            self._hand_on(self._timeline.push(frame))

    def _anchored(self, first: Frame, last: Frame) -> WallAnchor:
        """The newest frame that there is was made when it came, and `first` so long before as their stamps say."""
        newest, age_s = self._kept_until or (last, 0.0)
        self._kept_until = None
        if apart(last.dts_ms, newest.dts_ms) > 0:
            newest, age_s = last, 0.0
        begun_s = age_s + max(apart(newest.dts_ms, first.dts_ms), 0) / 1_000
        return WallAnchor(self._clock() - begun_s - self._timeline.end_s, self._channel.packager.wall_at_zero)

    def _with_sound(self, tracks: Mapping[Kind, Track]) -> dict[Kind, Track]:
        """A broadcast that has had sound goes on to have it, be it silence: a player stops where its sound ends.

        The lane of the sound fills its time, as for a publisher that announces sound and sends none.
        """
        before = next((t for t in self._channel.packager.presentation.tracks.values() if t.kind is Kind.AUDIO), None)
        if before is None or Kind.AUDIO in tracks or silence_for(before) is None:
            return dict(tracks)
        return {**tracks, Kind.AUDIO: replace(before, frame_rate=None)}

    def _hand_on(self, samples: Iterable[Sample]) -> None:
        packager = self._channel.packager
        for sample in samples:
            if sample.kind is self._timekeeper and (sample.key or self._wall.settling):
                self._keep_time(sample)
            self._unfinished += len(sample.data)
            commands = packager.push(sample)
            if commands:
                self._carry_out(commands)
        if self._unfinished > SEGMENT_BYTES and not self.farewell.done():
            self._refuse(
                "too_many_bytes",
                f"More than {SEGMENT_BYTES >> 20} MiB came in one segment; lower the bit rate, "
                "or set the encoder's key frame interval to 2 s.",
            )
        if self._timeline.faults:
            self._note_faults()

    def _carry_out(self, commands: list[Command]) -> None:
        self._channel.carry_out(commands)
        if any(isinstance(each, Put) and each.life is Life.STORED and not is_init(each.name) for each in commands):
            self._unfinished = 0
            self._watch_what_stays_away()

    def _keep_time(self, sample: Sample) -> None:
        if sample.key and sample.kind is _VIDEO:
            self._watch_gop(sample)
        media_s = (sample.dts + sample.duration) / self._tracks[sample.kind].timescale
        if self._wall.observe(self._clock(), media_s):
            self._channel.packager.set_wall(self._wall.at_zero)

    def _note_faults(self) -> None:
        for fault, count in self._timeline.faults.items():
            metrics.timeline_mended.labels(fault).inc(count)
            sentence = SENTENCES.get(fault, f"The publisher's timestamps had to be mended ({fault}).")
            self.remark(f"timestamps_{fault}", sentence)
        self._timeline.faults.clear()

    def _watch_gop(self, sample: Sample) -> None:
        """Measured on the mended timeline, where a jump of the publisher's clock is no long GOP."""
        if self._key_frame is not None:
            self._judge_gop((sample.dts - self._key_frame) / self._tracks[sample.kind].timescale)
        self._key_frame = sample.dts

    def _watch_what_stays_away(self) -> None:
        """A key frame that never comes ends no distance that could be judged: look at each closed segment as well."""
        video = self._tracks.get(_VIDEO)
        if video is None or self._key_frame is None:
            return
        since_s = self._timeline.end_s - self._timeline.pictures_end_s
        if since_s > LONG_GOP_S:
            self.remark("no_pictures", f"No picture has come for {since_s:.1f} s; the sound goes on alone.")
            return
        self._health.withdraw("no_pictures")
        since_s = self._timeline.end_s - self._key_frame / video.timescale
        if since_s > LONG_GOP_S:
            self._short_gops = 0
            self.remark(
                "long_gop",
                f"No key frame has come for {since_s:.1f} s, and until then nobody who joins sees anything; "
                "set the encoder's key frame interval to 2 s.",
            )

    def _judge_gop(self, gop_s: float) -> None:
        if gop_s > LONG_GOP_S:
            self._short_gops = 0
            self.remark(
                "long_gop",
                f"Key frames come every {gop_s:.1f} s; set the encoder's key frame interval to 2 s "
                "so that viewers join at once.",
            )
            return
        self._short_gops += 1
        if self._short_gops == MENDED_GOPS:  # once, though there was none: a publisher before this may have earned it
            self._health.withdraw("long_gop")
