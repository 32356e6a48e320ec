"""The mail server's address: read once, and a bad one stops the start without showing the password."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from workflows_console.settings import env


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", ("localhost", 25, "", "", False, False)),
        ("smtp://mail.acme.example", ("mail.acme.example", 587, "", "", True, False)),
        ("smtps://mail.acme.example", ("mail.acme.example", 465, "", "", False, True)),
        (
            "smtp://console:p%40ss%2Fword@mail.acme.example:2525",
            ("mail.acme.example", 2525, "console", "p@ss/word", True, False),
        ),
    ],
)
def test_an_address_becomes_djangos_settings(
    monkeypatch: pytest.MonkeyPatch, address: str, expected: tuple[str, int, str, str, bool, bool]
) -> None:
    monkeypatch.setenv("EMAIL_URL", address)
    assert env.mail_server("EMAIL_URL") == expected


@pytest.mark.parametrize(
    "address", ["mail.example", "http://mail.example", "smtp://", "smtp://u:hush-hush@h:99999", "smtp://[x"]
)
def test_a_bad_address_stops_the_start(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("EMAIL_URL", address)
    with pytest.raises(ImproperlyConfigured, match=r"EMAIL_URL .* Example: EMAIL_URL=smtp://") as refused:
        env.mail_server("EMAIL_URL")
    assert "hush-hush" not in str(refused.value)
