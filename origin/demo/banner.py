"""What the demo says when it is ready: its last lines, so that they stand right above the prompt."""

from __future__ import annotations


def banner(link: str, rtmp_url: str, stream_key: str) -> str:
    """The one-time link to the page, and the two fields of OBS's stream settings."""
    return "\n".join(
        (
            "",
            "Headwater is running; Ctrl-C stops it. The test card is on the air.",
            "",
            f"  Open (once)     {link}",
            f"  OBS server      {rtmp_url}",
            f"  OBS stream key  {stream_key}",
        )
    )
