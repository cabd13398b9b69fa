"""The contestants: each takes RTMP and keeps HLS on disk, started afresh for every run in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

START_S = 30
STOP_S = 20
WINDOW_S = 60

NGINX = """
{modules}
daemon off; worker_processes 1; user root; pid {folder}/nginx.pid; error_log {folder}/error.log error;
events {{ worker_connections 1024; }}
{body}
"""
RTMP = """
rtmp {{ server {{
    listen 127.0.0.1:{port}; chunk_size 4096; ping 0; access_log off;
    application live {{ live on; hls on; hls_path {folder}/hls; hls_fragment 2s;
        hls_playlist_length {window}s; hls_nested on; }}
}} }}
"""
STATIC = """
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
    server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}
"""
MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
FFMPEG = (
    "-c copy -f hls -hls_segment_type fmp4 -hls_time 2 -hls_list_size {count} -hls_flags delete_segments+temp_file "
    "-hls_fmp4_init_filename init.mp4 {folder}/index.m3u8"
)


def free_port() -> int:
    """Find a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_port(port: int) -> None:
    """Wait until somebody listens, without connecting: ffmpeg would take that for its publisher."""
    wanted = f"{port:04X}"
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        if any(row[1].endswith(f":{wanted}") and row[3] == "0A" for row in rows):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


class Processes:
    """What the contestants have in common: a folder and children."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def pids(self) -> list[int]:
        """Those of the children."""
        return [child.pid for child in self._children]

    def spawn(self, *command: str | Path, environ: dict[str, str] | None = None) -> None:
        """Start a child, its output in a file of the folder."""
        with (self.folder / "output.log").open("ab") as output:
            child = subprocess.Popen(
                command, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        self._children.append(child)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if kind is None:
            shutil.rmtree(self.folder)

    def stop(self) -> None:
        """End the children."""
        for child in self._children:
            child.send_signal(signal.SIGTERM)
        for child in self._children:
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


class NginxRtmp(Processes):
    """Debian's nginx with its RTMP module, one worker, HLS in MPEG-TS (it has no fMP4)."""

    name = "nginx-rtmp"

    def urls(self, count: int) -> list[str]:
        """One server for all."""
        port = free_port()
        body = RTMP.format(port=port, folder=self.folder, window=WINDOW_S)
        config = self.folder / "nginx.conf"
        config.write_text(NGINX.format(modules=f"load_module {MODULE};", folder=self.folder, body=body))
        self.spawn(nginx(), "-p", self.folder, "-c", config)
        await_port(port)
        return [f"rtmp://127.0.0.1:{port}/live/s{index}" for index in range(count)]


class Ffmpeg(Processes):
    """One ffmpeg a stream, which listens itself and copies into HLS with fMP4 segments."""

    name = "ffmpeg"

    def urls(self, count: int) -> list[str]:
        """A process and a port each."""
        found = []
        for index in range(count):
            port = free_port()
            folder = self.folder / str(index)
            folder.mkdir()
            url = f"rtmp://127.0.0.1:{port}/live/s{index}"
            options = FFMPEG.format(count=WINDOW_S // 2, folder=folder).split()
            self.spawn("ffmpeg", "-v", "error", "-listen", "1", "-i", url, *options)
            await_port(port)
            found.append(url)
        return found


@dataclass(frozen=True, slots=True)
class Stream:
    """What the API tells of a new stream."""

    id: str
    publish_url: str
    playback_id: str


class Headwater(Processes):
    """Our own server, as `headwater serve` starts it, storing every segment with fsync."""

    name = "headwater"

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(folder)
        self.settings = settings or {}
        self._http = f"127.0.0.1:{free_port()}"
        self._rtmp = f"127.0.0.1:{free_port()}"
        self._ops = f"127.0.0.1:{free_port()}"

    def __enter__(self) -> Self:
        super().__enter__()
        settings = {"DATA_DIR": str(self.folder / "data"), "HTTP_BIND": self._http, "RTMP_BIND": self._rtmp}
        settings |= {"OPS_BIND": self._ops, **self.settings}
        environ = {**os.environ, **{f"HEADWATER_{name}": value for name, value in settings.items()}}
        self.spawn(Path(sys.executable).with_name("headwater"), "serve", environ=environ)
        try:
            self._await_ready()
        except TimeoutError:
            self.stop()
            raise
        self._api_key = (self.folder / "data" / "admin.key").read_text().strip()
        return self

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://{self._http}"

    @property
    def key(self) -> str:
        """An API key that may do everything."""
        return self._api_key

    def urls(self, count: int) -> list[str]:
        """Make so many streams."""
        return [self.stream(f"bench {index}").publish_url for index in range(count)]

    def stream(self, name: str) -> Stream:
        """Make a stream whose window is as long as the peers'."""
        made = self._call("POST", "/v1/streams", {"name": name, "dvr_window_s": WINDOW_S})
        url = f"rtmp://{self._rtmp}/live/{made['stream_key']}"
        return Stream(str(made["id"]), url, str(made["playback_id"]))

    def playlist_url(self, stream: Stream) -> str:
        """Get a token and give the address of the multivariant playlist."""
        body = {"scope": "play", "playback_id": stream.playback_id}
        urls = self._call("POST", "/v1/tokens", body)["urls"]
        return str(urls["hls"])

    def metric(self, name: str) -> float:
        """The sum of a metric's samples; `name` may go on with labels."""
        text = httpx.get(f"http://{self._ops}/metrics", timeout=START_S).text
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))

    def _call(self, method: str, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._api_key}"}
        answer = httpx.request(method, f"http://{self._http}{path}", json=body, headers=headers, timeout=START_S)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"http://{self._http}/readyz", timeout=1).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
            if self._children[0].poll() is not None:
                break
        said = (self.folder / "output.log").read_text()
        raise TimeoutError(f"headwater did not get ready: {said[-2000:]}")


class NginxStatic(Processes):
    """nginx sending files: the most that HTTP delivery can be compared with."""

    name = "nginx, static files"

    def serve(self, files: dict[str, bytes]) -> str:
        """Serve these files and give the address of their folder."""
        port = free_port()
        for name, body in files.items():
            path = self.folder / "www" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        config = self.folder / "nginx.conf"
        http = STATIC.format(port=port, folder=self.folder)
        config.write_text(NGINX.format(modules="", folder=self.folder, body=http))
        self.spawn(nginx(), "-p", self.folder, "-c", config)
        await_port(port)
        return f"http://127.0.0.1:{port}"


def nginx() -> str:
    """Find nginx, which Debian keeps where users do not look."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        raise FileNotFoundError("nginx is not installed")
    return found
