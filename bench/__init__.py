"""Ratios, measured side by side in one run: absolute times of one machine say little about another."""
