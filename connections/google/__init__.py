"""The wire to Google's OAuth endpoints. Only connections.operations comes here."""
