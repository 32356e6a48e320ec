"""The sandbox's own page and API: look into the world, stage failures, start over."""
