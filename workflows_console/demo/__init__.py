"""Demo data for a local console, made by real consent at the sandbox. Only seed_demo and tests come here."""
