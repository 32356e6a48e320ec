"""``python -m workflows_console.free_ports PORT …``: say in plain words which port is taken, before anything starts."""

import errno
import os
import socket
import sys


def taken(host: str, port: int) -> bool:
    """Whether another program listens there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def main(arguments: list[str]) -> int:
    """0 when all ports are free, 1 and a message when one isn't."""
    host = os.environ.get("HOST") or "127.0.0.1"
    busy = [port for port in map(int, arguments) if taken(host, port)]
    for port in busy:
        sys.stderr.write(
            f"Port {port} on {host} is in use by another program. Stop it, or choose other ports: "
            "make run PORT=8001 SANDBOX_PORT=8101\n"
        )
    return 1 if busy else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
