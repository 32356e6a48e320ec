"""The Google sandbox: a stand-in for Google on its own site. It speaks HTTP and shares no code with the console."""
