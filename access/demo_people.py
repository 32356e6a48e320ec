"""People of a local console, one of each role. Only settings.SHOW_DEMO_PEOPLE brings them to life."""

from dataclasses import dataclass

from access.permissions import Role

DEMO_PASSWORD = "rehearsal-only-2026"  # noqa: S105  (shown on the sign-in page of a local console)


@dataclass(frozen=True, kw_only=True)
class DemoPerson:
    email: str
    name: str
    roles: tuple[Role, ...]


DEMO_PEOPLE = (
    DemoPerson(email="ada@console.example", name="Ada Lindqvist", roles=(Role.ADMINISTRATOR,)),
    DemoPerson(email="cleo@console.example", name="Cleo Marchetti", roles=(Role.CONNECTION_MANAGER,)),
    DemoPerson(email="finn@console.example", name="Finn Aalto", roles=(Role.FLOW_BUILDER,)),
    DemoPerson(email="oona@console.example", name="Oona Reyes", roles=(Role.OPERATOR,)),
    DemoPerson(email="theo@console.example", name="Theo Brandt", roles=(Role.AUDITOR,)),
)
