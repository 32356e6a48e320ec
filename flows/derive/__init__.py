"""What follows from a card's declaration: parsing, form, JSON Schema, docs."""
