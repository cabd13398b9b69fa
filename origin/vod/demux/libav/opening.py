"""Opens libav's readers so that they read one file and nothing else, and puts what they say into our words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import av
from av.error import FFmpegError
from av.stream import Discard

from origin.vod.demux.film import MediaError
from origin.vod.demux.libav.naming import DECODERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer

    from origin.vod.demux.libav.source import Source

MOST_STREAMS: Final = 256
"""In one file. Films have some tens (languages, subtitles, fonts); each costs libav some 10 KB, and every stream that
is read is looked for among all."""
BUFFER_BYTES: Final = 64 << 10
"""Read at a time: two of libav's own default, for each read is a call into Python."""
MOST_PIXELS: Final = 1 << 26
"""Of a picture that libav decodes to look at it: 8192 by 8192."""
_OPTIONS: Final = {
    "protocol_whitelist": "",  # opens no address, and no path either
    "codec_whitelist": ",".join(sorted(DECODERS)),  # hundreds of old decoders are of no use here
    "max_streams": str(MOST_STREAMS),
    "enable_drefs": "0",  # QuickTime movies can keep their samples in other files
    "use_absolute_path": "0",
}
"""Those of one format alone mean nothing to the others."""
_TOO_MUCH: Final = f"The file has more than {MOST_STREAMS} tracks, or asks for more memory than there is."


def _refuse(*_: object) -> object:
    """Answer to a reader that wants to open something: the last of three doors, behind names and protocols."""
    raise MediaError("The file points to other files or addresses, which are not opened. Send one that is whole.")


@contextmanager
def opened(source: Source, reader: str) -> Iterator[InputContainer]:
    """An open container, closed at the end: one that is only forgotten keeps its memory (PyAV#1117)."""
    with translated():
        container = av.open(
            source,
            "r",
            format=reader,
            options={"max_pixels": str(MOST_PIXELS)},
            container_options=_OPTIONS,
            metadata_errors="replace",
            buffer_size=BUFFER_BYTES,
            io_open=_refuse,
        )
    try:
        if len(container.streams) > MOST_STREAMS:
            raise MediaError(_TOO_MUCH)
        yield container
    finally:
        container.close()


def keep_only(container: InputContainer, index: int) -> None:
    """Pass over the packets of all other streams, where possible without reading them."""
    for stream in container.streams:
        stream.discard = Discard.default if stream.index == index else Discard.all


@contextmanager
def translated() -> Iterator[None]:
    """Libav's errors as sentences for who brought the file."""
    try:
        yield
    except MemoryError as error:
        raise MediaError(_TOO_MUCH) from error
    except (FFmpegError, OSError, ValueError) as error:
        raise MediaError("The file is damaged, or ends too early.") from error
