"""The runner of flows, without a worker."""
