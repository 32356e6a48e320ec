"""The card framework, the catalog of cards, runs and the once-only runner."""
