"""The labels every mailbox has, and which of them a caller may put on a message or take off."""

CATEGORIES = ("CATEGORY_FORUMS", "CATEGORY_UPDATES", "CATEGORY_PERSONAL", "CATEGORY_PROMOTIONS", "CATEGORY_SOCIAL")
HIDDEN_IN_LISTS = frozenset({"CHAT", *CATEGORIES})
SYSTEM_LABELS = ("CHAT", "SENT", "INBOX", "IMPORTANT", "TRASH", "DRAFT", "SPAM", *CATEGORIES, "STARRED", "UNREAD")
FIXED = frozenset({"SENT", "DRAFT", "CHAT"})
