"""What is done with the console as a whole, one thing to a module."""
