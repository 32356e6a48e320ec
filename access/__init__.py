"""People, roles, keys and the audit trail: who may, and who did what."""
