"""The Gmail connector: its scopes, its cards, and the one way to talk to Gmail."""
