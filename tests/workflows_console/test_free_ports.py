"""A port in use is said in plain words, with ports that are free."""

import os
import re
import socket
from collections.abc import Iterator

import pytest

from workflows_console import free_ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


@pytest.fixture
def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_free_ports_need_no_word(
    free: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", str(free))
    assert free_ports.main(["PORT"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_port_in_use_is_named_with_another_that_is_free(
    taken: int, free: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", str(taken))
    monkeypatch.setenv("SANDBOX_PORT", str(free))
    assert free_ports.main(["PORT", "SANDBOX_PORT"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"Port {taken} on 127.0.0.1 is in use by another program."
    found = re.fullmatch(r"Stop that program, or choose other ports: make run PORT=(\d+) SANDBOX_PORT=(\d+)", second)
    assert found
    offered, kept = map(int, found.groups())
    assert kept == free
    assert offered not in {taken, free}
    assert free_ports.obstacle("127.0.0.1", offered) == ""


def test_a_port_in_use_on_every_address_is_seen(free: int) -> None:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("0.0.0.0", free))
        listening.listen()
        assert free_ports.obstacle("127.0.0.1", free) == "is in use by another program"


def test_a_port_that_is_none_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "eighty")
    assert free_ports.main(["PORT"]) == 1
    assert capsys.readouterr().err.startswith("PORT is not valid. Example: PORT=")


def test_an_address_that_is_not_ours_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert free_ports.obstacle("192.0.2.1", 8000).startswith("can't be used (")
    assert os.strerror(99) in free_ports.obstacle("192.0.2.1", 8000)
