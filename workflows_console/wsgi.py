"""The console as WSGI application, for the server that runs it."""

import os

from django.core.wsgi import get_wsgi_application

from workflows_console.settings.env import settings_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())

application = get_wsgi_application()
