"""Tables of the mailboxes. A message's bytes stand once, however many mailboxes hold it."""

SCHEMA = """
CREATE TABLE mailboxes (
    sub TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    history_id INTEGER NOT NULL,
    history_floor INTEGER NOT NULL,
    next_label INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE contents (
    id INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    thread_subject TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    snippet TEXT NOT NULL,
    has_attachment INTEGER NOT NULL,
    sender_words TEXT NOT NULL,
    to_words TEXT NOT NULL,
    cc_words TEXT NOT NULL,
    bcc_words TEXT NOT NULL,
    subject_words TEXT NOT NULL,
    filename_words TEXT NOT NULL,
    words TEXT NOT NULL,
    size INTEGER NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX contents_message_id ON contents (message_id);
CREATE TABLE messages (
    sub TEXT NOT NULL,
    id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    internal_date INTEGER NOT NULL,
    history_id INTEGER NOT NULL,
    labels TEXT NOT NULL,
    trace BLOB NOT NULL,
    content_id INTEGER NOT NULL REFERENCES contents (id),
    PRIMARY KEY (sub, id)
);
CREATE INDEX messages_date ON messages (sub, internal_date, id);
CREATE INDEX messages_thread ON messages (sub, thread_id);
CREATE INDEX messages_content ON messages (content_id);
CREATE TABLE drafts (
    sub TEXT NOT NULL,
    id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (sub, id)
);
CREATE TABLE labels (
    sub TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    message_list_visibility TEXT NOT NULL,
    label_list_visibility TEXT NOT NULL,
    color TEXT,
    PRIMARY KEY (sub, id)
);
CREATE TABLE history (
    sub TEXT NOT NULL,
    id INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    message_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    labels TEXT NOT NULL,
    changed TEXT NOT NULL,
    PRIMARY KEY (sub, id)
);
CREATE TABLE send_as (
    sub TEXT NOT NULL,
    email TEXT NOT NULL,
    display_name TEXT NOT NULL,
    is_primary INTEGER NOT NULL,
    is_default INTEGER NOT NULL,
    verification_status TEXT,
    reply_to TEXT NOT NULL DEFAULT '',
    signature TEXT NOT NULL DEFAULT '',
    treat_as_alias INTEGER NOT NULL DEFAULT 1,
    smtp_msa TEXT,
    PRIMARY KEY (sub, email)
);
CREATE TABLE settings (
    sub TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (sub, name)
);
CREATE TABLE forwarding_addresses (
    sub TEXT NOT NULL,
    email TEXT NOT NULL,
    verification_status TEXT NOT NULL,
    PRIMARY KEY (sub, email)
);
CREATE TABLE delegates (
    sub TEXT NOT NULL,
    email TEXT NOT NULL,
    verification_status TEXT NOT NULL,
    PRIMARY KEY (sub, email)
);
CREATE TABLE vacation_answers (
    sub TEXT NOT NULL,
    sender TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (sub, sender)
);
CREATE TABLE watches (
    sub TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    labels TEXT NOT NULL,
    behavior TEXT NOT NULL,
    expires_at REAL NOT NULL
);
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    method TEXT NOT NULL,
    access_token TEXT NOT NULL,
    path TEXT NOT NULL,
    body TEXT NOT NULL,
    received INTEGER NOT NULL DEFAULT 0,
    answer TEXT
);
CREATE TABLE upload_chunks (
    upload_id TEXT NOT NULL,
    start INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (upload_id, start)
);
"""
