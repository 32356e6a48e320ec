"""Which of Gmail's methods the sandbox has."""

from google_sandbox.gmail import drafts, history, labels, messages, profile, threads
from google_sandbox.gmail.call import Implementation
from google_sandbox.gmail.handlers import rules_for

IMPLEMENTATIONS: dict[str, Implementation] = {
    "gmail.users.getProfile": profile.get_profile,
    "gmail.users.messages.list": messages.list_,
    "gmail.users.messages.get": messages.get,
    "gmail.users.messages.send": messages.send,
    "gmail.users.messages.modify": messages.modify,
    "gmail.users.messages.trash": messages.trash,
    "gmail.users.messages.untrash": messages.untrash,
    "gmail.users.messages.delete": messages.delete,
    "gmail.users.messages.batchModify": messages.batch_modify,
    "gmail.users.messages.batchDelete": messages.batch_delete,
    "gmail.users.messages.attachments.get": messages.get_attachment,
    "gmail.users.drafts.list": drafts.list_,
    "gmail.users.drafts.get": drafts.get,
    "gmail.users.drafts.create": drafts.create,
    "gmail.users.drafts.update": drafts.update,
    "gmail.users.drafts.send": drafts.send,
    "gmail.users.drafts.delete": drafts.delete,
    "gmail.users.threads.list": threads.list_,
    "gmail.users.threads.get": threads.get,
    "gmail.users.threads.modify": threads.modify,
    "gmail.users.threads.trash": threads.trash,
    "gmail.users.threads.untrash": threads.untrash,
    "gmail.users.threads.delete": threads.delete,
    "gmail.users.labels.list": labels.list_,
    "gmail.users.labels.get": labels.get,
    "gmail.users.labels.create": labels.create,
    "gmail.users.labels.patch": labels.patch,
    "gmail.users.labels.delete": labels.delete,
    "gmail.users.history.list": history.list_,
    "gmail.users.settings.sendAs.list": profile.list_send_as,
    "gmail.users.settings.sendAs.get": profile.get_send_as,
}

routes = rules_for(IMPLEMENTATIONS)
