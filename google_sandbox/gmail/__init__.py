"""The mailboxes: Gmail's REST API over a table of messages, with delivery between the accounts of the sandbox."""
