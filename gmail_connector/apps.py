from django.apps import AppConfig


class GmailConnectorConfig(AppConfig):
    name = "gmail_connector"

    def ready(self) -> None:
        from connections.extensions import register_connector  # noqa: PLC0415  (cards need models: not before)
        from flows.catalog import register_cards  # noqa: PLC0415
        from gmail_connector.connector import CARD_SET, CONNECTOR  # noqa: PLC0415

        register_connector(CONNECTOR)
        register_cards(CARD_SET)
