"""One module for each environment; ``WORKFLOWS_ENV`` chooses (see env.py)."""
