"""What the demo says when it is ready: its last lines, so that they stand right above the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from origin.wire import tus

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Example:
    """What the lines for curl are about: our address, the key's file, a file to upload, and a link to download it."""

    base: str
    key_file: Path
    file: Path
    download: str


def banner(link: str, rtmp_url: str, stream_key: str, example: Example | None, *, playable: bool = False) -> str:
    """The one-time link to the page, the two fields of OBS's stream settings, and what `commands` says."""
    return "\n".join(
        (
            "",
            "Headwater is running; Ctrl-C stops it. The test card is on the air"
            + (", and a film of it is in the library." if playable else "."),
            "",
            f"  Open (once)     {link}",
            f"  OBS server      {rtmp_url}",
            f"  OBS stream key  {stream_key}",
            *(commands(example) if example else ()),
        )
    )


def commands(example: Example) -> tuple[str, str]:
    """A line of shell each for upload and download, that work as they are, from any folder of this machine."""
    file, key = (quote(str(path.absolute())) for path in (example.file, example.key_file))
    # The key is read by the shell when the line runs, so neither the screen nor the shell's history holds it.
    headers = (
        f"Authorization: Bearer $(cat {key})",
        f"Tus-Resumable: {tus.VERSION.decode()}",
        f"Upload-Length: $(wc -c <{file})",
        f"Upload-Metadata: {tus.write_metadata({'filename': 'my-film.mp4', 'package': '1'})}",
        f"Content-Type: {tus.CONTENT_TYPE.decode()}",
    )
    said = " ".join(f'-H "{header}"' for header in headers)
    return (
        f"  Upload          curl -i {said} --data-binary @{file} {example.base}/v1/uploads",
        f"  Download (6 h)  curl -O {example.download}",
    )
