"""``manage.py rotate_vault_key``: new root keys, or the end of an old one."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.actor import Actor
from kernel.errors import ConsoleError, NotFound
from vault.operations.rotate_root_keys import Rotated
from vault.queries import RootKey, root_keys
from workflows_console.operations.destroy_vault_key import destroy_vault_key
from workflows_console.operations.rotate_vault_key import rotate_vault_key


def key_id(text: str) -> bytes:
    return bytes.fromhex(text)


class Command(BaseCommand):
    help = (
        "Give the vault a new key of each purpose and move every data key to it. Connections go on working meanwhile. "
        "Cut short, it goes on when it is run again. The keys before only open from then on, until they are destroyed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--destroy", type=key_id, metavar="KEY_ID", help="rotate nothing; take this key out of the ring for good"
        )
        parser.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["destroy"] is not None:
                self._destroy(options["destroy"], as_json=options["json"])
            else:
                self._rotate(as_json=options["json"])
        except NotFound:
            raise CommandError(
                f"The ring has no key {options['destroy'].hex()}. Settings, Vault keys, lists them."
            ) from None
        except ConsoleError as error:
            raise CommandError(f"{error}\n{error.remedy}") from None

    def _destroy(self, key: bytes, *, as_json: bool) -> None:
        is_news = destroy_vault_key(Actor.command(), key)
        if as_json:
            self.stdout.write(json.dumps({"destroyed": key.hex()}))
        else:
            self.stdout.write(f"{key.hex()} {'is' if is_news else 'was already'} destroyed.")

    def _rotate(self, *, as_json: bool) -> None:
        rotated = rotate_vault_key(
            Actor.command(), lambda done, total: self.stderr.write(f"{done} of {total} data keys")
        )
        keys = root_keys()
        if as_json:
            self.stdout.write(json.dumps(_as_json(rotated, keys), indent=2))
        else:
            self._show(rotated, keys)
        if rotated.failed:
            raise CommandError(f"{len(rotated.failed)} data keys don't open: {', '.join(rotated.failed)}")

    def _show(self, rotated: Rotated, keys: list[RootKey]) -> None:
        began = "New keys were made." if rotated.is_new else "Went on with the keys that are active."
        self.stdout.write(f"{began} Moved {rotated.moved} data keys; {rotated.verified} open.")
        for key in keys:
            state = key.state.replace("_", "-")
            self.stdout.write(f"  {key.id.hex()}  {key.purpose:<12}{state:<14}{key.data_keys} data keys")


def _as_json(rotated: Rotated, keys: list[RootKey]) -> dict[str, Any]:
    return {
        "new": rotated.is_new,
        "moved": rotated.moved,
        "verified": rotated.verified,
        "failed": list(rotated.failed),
        "keys": [
            {"id": key.id.hex(), "purpose": key.purpose, "state": key.state.value, "data_keys": key.data_keys}
            for key in keys
        ],
    }
