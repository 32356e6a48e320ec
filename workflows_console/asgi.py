"""The console as ASGI application, for the server that runs it."""

import os

from django.core.asgi import get_asgi_application

from workflows_console.settings.env import settings_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())

application = get_asgi_application()
