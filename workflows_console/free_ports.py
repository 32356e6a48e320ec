"""``python -m workflows_console.free_ports PORT …``: say in plain words which port is taken, before anything starts.

The arguments are names of variables, so that the message can say how to choose others.
"""

import errno
import os
import socket
import sys
from collections.abc import Collection

from django.core.exceptions import ImproperlyConfigured

from workflows_console.settings import env

HIGHEST_PORT = 65535


def obstacle(host: str, port: int) -> str:
    """Why nothing of ours can listen there, in words; empty when it can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "is in use by another program"
            return f"can't be used ({error.strerror})"
    return ""


def _free_above(host: str, port: int, taken: Collection[int]) -> int:
    above = range(port + 1, HIGHEST_PORT + 1)
    return next((each for each in above if each not in taken and not obstacle(host, each)), port)


def main(names: list[str]) -> int:
    """0 when all ports are free, 1 and a message when one isn't."""
    host = os.environ.get("HOST") or "127.0.0.1"
    try:
        ports = {name: env.port(name, 0) for name in names}
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    obstacles = {port: obstacle(host, port) for port in ports.values()}
    if not any(obstacles.values()):
        return 0
    for port, problem in obstacles.items():
        if problem:
            sys.stderr.write(f"Port {port} on {host} {problem}.\n")
    for name, port in ports.items():
        if obstacles[port]:
            ports[name] = _free_above(host, port, ports.values())
    instead = " ".join(f"{name}={port}" for name, port in ports.items())
    sys.stderr.write(f"Stop that program, or choose other ports: make run {instead}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
