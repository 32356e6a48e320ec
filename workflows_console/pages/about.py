"""Settings, About: the version, the privacy disclosure, and the licenses of what the console runs with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections.models import Policy

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", re.MULTILINE)
_CLASSIFIER = "License :: "

_SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause OR Apache-2.0": "BSD-3-Clause OR Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
} | {name: name for name in ("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0")}
"""What packages call a license that SPDX has one name for."""

_READ = {
    "django-csp": "BSD-3-Clause",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "pyasn1_modules": "BSD-2-Clause",
    "pysqlite3": "Zlib",
    "qrcode": "BSD-3-Clause AND MIT",
    "sqlparse": "BSD-3-Clause",
}
"""Of packages that say no more than *BSD*, or nothing: as the license that they bring reads."""


@dataclass(frozen=True, kw_only=True)
class Dependency:
    name: str
    version: str
    license: str
    url: str


@login_required
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    context = {
        "version": _version(),
        "dependencies": dependencies(),
        "privacy_url": Policy.current().privacy_url,
    }
    return render(request, "settings/about.html", context)


def _version() -> str:
    text = (Path(settings.BASE_DIR) / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "([^"]+)"', text, re.MULTILINE)
    return found[1] if found else "unknown"


@cache
def dependencies() -> tuple[Dependency, ...]:
    """Everything that requirements.txt pins and that is installed here, by name."""
    text = (Path(settings.BASE_DIR) / "requirements.txt").read_text(encoding="utf-8")
    return tuple(_installed(sorted(set(_PINNED.findall(text)), key=str.lower)))


def _installed(names: list[str]) -> Iterator[Dependency]:
    for name in names:
        try:
            about_it = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform
        yield Dependency(
            name=about_it["Name"], version=about_it["Version"], license=license_of(about_it), url=_home(about_it)
        )


def license_of(about_it: metadata.PackageMetadata) -> str:
    """Its license by the name that SPDX gives it, or where to look for one that has none here."""
    named = _field(about_it, "License-Expression") or _READ.get(_field(about_it, "Name"), "")
    classified = [
        _SPDX.get(text.rsplit(" :: ", 1)[-1], "")
        for text in about_it.get_all("Classifier") or ()
        if text.startswith(_CLASSIFIER) and not text.endswith("OSI Approved")
    ]
    told = classified[0] if len(classified) == 1 else ""  # several don't say whether all hold, or one of them
    return named or _SPDX.get(_field(about_it, "License"), "") or told or "See its page"


def _field(about_it: metadata.PackageMetadata, name: str) -> str:
    return str((about_it.get_all(name) or [""])[0])


def _home(about_it: metadata.PackageMetadata) -> str:
    return f"https://pypi.org/project/{about_it['Name']}/{about_it['Version']}/"
