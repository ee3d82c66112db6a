"""A server of the app as a person starts it, on a free port, with a workspace of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 60.0

# What must never be said on the server's stderr, and why it would be.
BAD_WORDS = {
    "Traceback (most recent call last)": "an exception nobody caught",
    "deprecated": "a call that the next Streamlit will not have",
    "missing ScriptRunContext": "a worker thread that called Streamlit",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it answers and what it has said on stderr."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def complaints(self) -> list[str]:
        """Lines of stderr that hold one of `BAD_WORDS`, each with the reason it is bad."""
        return [
            f"{line.strip()}  <- {reason}"
            for line in self.log.read_text(errors="replace").splitlines()
            for word, reason in BAD_WORDS.items()
            if word.lower() in line.lower()
        ]

    @property
    def is_up(self) -> bool:
        """Whether the health page's body is `ok` (unknown paths answer 200 too)."""
        try:
            with urlopen(f"{self.url}/_stcore/health", timeout=5) as answer:
                return bool(answer.read() == b"ok")
        except (URLError, TimeoutError, ConnectionError):
            return False


@contextmanager
def run_server(folder: Path) -> Iterator[Server]:
    """Start a server, wait until it answers, and stop it when the block ends.

    Parameters
    ----------
    folder : Path
        Its workspace and its log lie in here.

    Raises
    ------
    RuntimeError
        If it stops or does not answer within a minute; the log is in the message.
    """
    log = folder / "stderr.txt"
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += [f"--server.port={port}", "--server.fileWatcherType=none"]
    environment = {**os.environ, "WCL_WORKSPACE": str(folder / "workspace")}
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=errors
        ) as process,
    ):
        server = Server(f"http://localhost:{port}", log, process)
        try:
            _wait_until_up(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_up(server: Server) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not server.is_up:
        if server.process.poll() is not None or time.monotonic() > deadline:
            msg = f"the server did not come up:\n{server.log.read_text(errors='replace')}"
            raise RuntimeError(msg)
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port
