from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"

    def ready(self) -> None:
        from access import middleware  # noqa: F401, PLC0415  (the sign-in that comes before the first request counts)
