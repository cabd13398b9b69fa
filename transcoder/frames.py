"""What is done to single frames by libav, for slates and stills alike."""

from __future__ import annotations

from fractions import Fraction

import av
from av.filter import Graph


def filtered(frame: av.VideoFrame, *filters: str) -> av.VideoFrame:
    """A frame that has gone through filters, each `name` or `name=arguments`."""
    graph = Graph()
    frame.pts, frame.time_base = 0, Fraction(1)
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    nodes = [graph.add(*each.split("=", 1)) for each in filters]
    graph.link_nodes(source, *nodes, graph.add("buffersink")).configure()
    graph.push(frame)
    out = graph.pull()
    assert isinstance(out, av.VideoFrame)  # noqa: S101 - for the type checker: a graph of pictures gives pictures
    return out


def as_jpeg(frame: av.VideoFrame, quality: int) -> bytes:
    """A frame of yuvj420p as a JPEG; `quality` as libav counts, from 2, the best that is of use, to 31."""
    encoder = av.VideoCodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base, encoder.thread_count = Fraction(1), 1
    encoder.options = {"qmin": str(quality), "qmax": str(quality)}
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
