"""Saved, named authorizations to Google accounts: consent, tokens, facts, readiness."""
