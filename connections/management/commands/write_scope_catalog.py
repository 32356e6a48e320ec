"""Generates connections/scopes.json from the discovery documents of google-api-python-client."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from connections.scope_catalog import CATALOG_FILE, read_discovery_documents


class Command(BaseCommand):
    help = "Generate the catalog of Google's scopes. Run it after google-api-python-client was raised."

    def handle(self, *_args: Any, **_options: Any) -> None:
        scopes = read_discovery_documents()
        CATALOG_FILE.write_text(json.dumps(scopes, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        self.stdout.write(f"{len(scopes)} scopes written to {CATALOG_FILE}")
