"""What accounts.google.com and oauth2.googleapis.com answer: consent, tokens, identity."""
