"""Writes scope_catalog.json from the discovery documents that google-api-python-client ships. Run as a module."""

import json
from importlib.util import find_spec
from pathlib import Path

CATALOG = Path(__file__).with_name("scope_catalog.json")


def read_discovery() -> dict[str, str]:
    """Every scope that a shipped discovery document names, with Google's description of it."""
    spec = find_spec("googleapiclient")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("google-api-python-client is not installed")
    scopes: dict[str, str] = {}
    for path in sorted((Path(spec.origin).parent / "discovery_cache" / "documents").glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        for scope, details in document.get("auth", {}).get("oauth2", {}).get("scopes", {}).items():
            scopes.setdefault(scope, details.get("description", ""))
    return dict(sorted(scopes.items()))


def catalog_text() -> str:
    return json.dumps(read_discovery(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    CATALOG.write_text(catalog_text(), encoding="utf-8")
