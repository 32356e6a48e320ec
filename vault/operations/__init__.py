"""What others may ask of the vault, one thing to a module."""
