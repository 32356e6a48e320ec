"""The Google sandbox: a stand-in for Google, on its own site, that speaks HTTP only and shares no code with the console."""
