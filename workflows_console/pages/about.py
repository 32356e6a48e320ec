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
LONGEST_LICENSE = 60
"""Some packages put the whole text where its name belongs."""


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
            name=about_it["Name"], version=about_it["Version"], license=_license(about_it), url=_home(about_it)
        )


def _license(about_it: metadata.PackageMetadata) -> str:
    """By its SPDX name where the package gives one, else by classifier, else as it calls it."""
    named = _field(about_it, "License-Expression")
    if named:
        return named
    classified = [
        text.rsplit(" :: ", 1)[-1]
        for text in about_it.get_all("Classifier") or ()
        if text.startswith(_CLASSIFIER) and not text.endswith("OSI Approved")
    ]
    told = _field(about_it, "License").strip()
    return ", ".join(classified) or (told if told and len(told) <= LONGEST_LICENSE else "See its page")


def _field(about_it: metadata.PackageMetadata, name: str) -> str:
    return str((about_it.get_all(name) or [""])[0])


def _home(about_it: metadata.PackageMetadata) -> str:
    return f"https://pypi.org/project/{about_it['Name']}/{about_it['Version']}/"
