"""Sealing, key ring, data keys. It knows no connection."""
