"""The worker: runs of flows and housekeeping on DBOS, beside the web. Only modules of this package import DBOS."""
