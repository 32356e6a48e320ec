"""How a step runs: its claims on the row, the once-only runner, and what is sealed."""
