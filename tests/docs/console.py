"""Blocks of commands with their output: run as a reader would run them, and compared with what the page shows.

A line of dots (`…`) stands for any lines, dots inside a line for any text. JSON is compared by its values.
Pages run in a folder of their own that holds copies of what the project ships.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("policies", "examples")
PLUGIN = "dunning_engine.testing.plugin"
SERVED = "http://127.0.0.1:8000"


@dataclass
class Page:
    """The folder in which a page's commands run, the variables it exports, and the server that it starts."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    server: subprocess.Popen[str] | None = None
    address: str = SERVED

    def __post_init__(self) -> None:
        for name in COPIED:
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__", "out"))

    def close(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait(10)

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self.env,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "PYTHONWARNINGS": "ignore",
        }

    # What a block asks for ------------------------------------------------------------------------------------------------

    def play(self, block: str) -> None:
        """Run a console block command by command."""
        for command, expected in commands(block):
            shown = self.output(command)
            assert alike(shown, expected), f"$ {command}\nshows\n{shown}\nand the page says\n{expected}"

    def output(self, command: str) -> str:
        if command.startswith("curl "):
            return self._curl(shlex.split(command)[1:])
        if command.startswith("make "):
            return self._make(command.split()[1])
        if "pytest" in command and not _plugin_installed():
            command += f" -p {PLUGIN}"  # an environment that was made before the plugin was
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout

    def serve(self, block: str) -> None:
        """Take over what a shell block exports, and start the server that it names."""
        for line in block.splitlines():
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").partition("=")
                self.env[name] = value
            elif "uvicorn" in line:
                self._start([*shlex.split(line), "--port", "0"])

    def _start(self, command: list[str]) -> None:
        log = self.folder / "server.log"
        command[0] = sys.executable
        with log.open("w") as stream:
            self.server = subprocess.Popen(
                command, cwd=self.folder, env=self.environment(), stdout=stream, stderr=stream, text=True
            )
        for _ in range(300):
            found = re.search(r"running on (http://\S+)", log.read_text())
            if found:
                self.address = found[1]
                return
            assert self.server.poll() is None, log.read_text()
            time.sleep(0.1)
        raise AssertionError(log.read_text())

    def _curl(self, words: list[str]) -> str:
        data = words[words.index("--json") + 1].encode() if "--json" in words else None
        url = words[-1].replace(SERVED, self.address)
        request = urllib.request.Request(url, data=data, headers={"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.read().decode()

    def _make(self, target: str) -> str:
        """The targets run for minutes and are tested elsewhere: here they have to exist."""
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), f"make has no target {target}"
        return ""


def _plugin_installed() -> bool:
    """Whether pytest finds the plugin from any folder; what lies about in the root of the project does not count."""
    installed = distributions(path=[sysconfig.get_path("purelib")])
    return any(entry.value == PLUGIN for found in installed for entry in found.entry_points)


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Commands with the output that the page shows for each."""
    command, lines = "", []
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, "\n".join(lines)
            command, lines = line[2:], []
        elif command.endswith("\\") and not lines:
            command = command[:-1] + line.strip()
        else:
            lines.append(line)
    if command:
        yield command, "\n".join(lines)


def alike(shown: str, expected: str) -> bool:
    """Whether some output is what a page says, dots aside."""
    if not expected.strip():
        return True
    try:
        return bool(json.loads(shown) == json.loads(expected))
    except ValueError:
        pass
    lines = [
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line.rstrip()).replace("…", ".*") + r"\n"
        for line in expected.strip("\n").splitlines()
    ]
    text = "".join(line.rstrip() + "\n" for line in shown.strip("\n").splitlines())
    return re.fullmatch("".join(lines), text) is not None
