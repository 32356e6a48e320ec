"""``make bench``: run every comparison and print its ratio."""

import os

os.environ.setdefault("WORKFLOWS_ENV", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workflows_console.settings.test")


def main() -> None:
    import django

    django.setup()
    from bench import transport, vault
    from bench.comparison import compare

    vault.run(compare)
    transport.run(compare)


if __name__ == "__main__":
    main()
