"""Every test gets a home of its own: no git config, cache, network or clock of the machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.small import Ran, run_here

HERE = Path(__file__).parent
ON_THEIR_OWN = ("kernel", "vm", "benchmarks")
"""Folders whose tests keep real trees in the user's cache and set their own environment."""


@pytest.fixture(autouse=True)
def isolated(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    if request.path.relative_to(HERE).parts[0] in ON_THEIR_OWN:
        return
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("GIT_", "XDG_", "TRACECFG_")) and name != "TRACECFG_UPDATE_GOLDENS":
            monkeypatch.delenv(name)
    for name in ("SOURCE_DATE_EPOCH", "EMAIL", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    settings = {
        "HOME": home,
        "XDG_CACHE_HOME": home / "cache",
        "XDG_CONFIG_HOME": home / "config",
        "XDG_STATE_HOME": home / "state",
        "GIT_CONFIG_GLOBAL": home / "gitconfig",
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C.UTF-8",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(socket.socket, "connect", _only_local(socket.socket.connect))


def _only_local(connect: Callable[..., None]) -> Callable[..., None]:
    def refuse(self: socket.socket, address: object) -> None:
        assert self.family == socket.AF_UNIX, f"a test went to the network: {address}"
        connect(self, address)

    return refuse


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """cli("scan", tree): the command line, in this process"""

    def run(*arguments: object) -> Ran:
        return run_here(capsys, arguments)

    return run
