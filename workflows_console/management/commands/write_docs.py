"""``manage.py write_docs``: docs/cards.md and docs/errors.md, made from the code."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workflows_console.written_docs import written_docs


class Command(BaseCommand):
    help = "Write the pages under docs/ that are made from the code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is stale")

    def handle(self, *_args: Any, **options: Any) -> None:
        stale = [
            (path, text)
            for path, text in written_docs()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        if options["check"] and stale:
            names = ", ".join(path.name for path, _text in stale)
            raise CommandError(f"Stale under docs/: {names}. Write them anew: manage.py write_docs")
        for path, text in stale:
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"docs/{path.name} written")
