-- Ids are UUIDs as 16 bytes; `n` is the short key that other tables and the index use.
-- Times are Unix milliseconds.

CREATE TABLE chat (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    title TEXT NOT NULL,
    title_set_by_user INTEGER NOT NULL DEFAULT 0,
    pinned INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    model TEXT,
    last_model TEXT,
    leaf INTEGER,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    deleted_at INTEGER,
    messages INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX chat_recent ON chat (updated) WHERE deleted_at IS NULL;
CREATE INDEX chat_deleted ON chat (deleted_at) WHERE deleted_at IS NOT NULL;

-- A tree. `parent` is no foreign key: checking one would need an index of its own, and the
-- code that writes it has just read it in the same transaction.
CREATE TABLE message (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    chat INTEGER NOT NULL REFERENCES chat (n) ON DELETE CASCADE,
    parent INTEGER,
    depth INTEGER NOT NULL,
    role TEXT NOT NULL,
    created INTEGER NOT NULL,
    model TEXT,
    run BLOB,
    status TEXT,
    one_off INTEGER,
    params TEXT,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    cost REAL,
    first_token_ms INTEGER,
    duration_ms INTEGER,
    error TEXT
) STRICT;
CREATE INDEX message_tree ON message (chat, parent, created);

CREATE TABLE part (
    message INTEGER NOT NULL REFERENCES message (n) ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT,
    data TEXT,
    PRIMARY KEY (message, idx)
) STRICT;

CREATE TABLE run (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    chat INTEGER NOT NULL REFERENCES chat (n) ON DELETE CASCADE,
    question INTEGER,
    answer INTEGER NOT NULL,
    owner TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    status TEXT,
    last_seq INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX run_chat ON run (chat);
CREATE INDEX run_open ON run (owner) WHERE ended IS NULL;

-- The journal of open runs. A row may hold several adjacent deltas: `seq` is the first, `upto` the last.
CREATE TABLE event (
    run INTEGER NOT NULL REFERENCES run (n) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    upto INTEGER NOT NULL,
    at INTEGER NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE queued_message (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    chat INTEGER NOT NULL REFERENCES chat (n) ON DELETE CASCADE,
    text TEXT NOT NULL,
    model TEXT NOT NULL,
    one_off INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX queued_message_chat ON queued_message (chat);

-- `chat` is the chat's id, or empty for the chat that does not exist yet.
CREATE TABLE draft (
    chat BLOB PRIMARY KEY NOT NULL,
    text TEXT NOT NULL,
    model TEXT
) STRICT;

CREATE TABLE kv (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE provider_models (
    provider TEXT PRIMARY KEY NOT NULL,
    models TEXT NOT NULL
) STRICT;

-- What the search finds in a message. The index reads it for snippets and when a message goes.
CREATE VIEW message_body AS
SELECT
    n,
    (
        SELECT group_concat(text, char(10) ORDER BY idx)
        FROM part
        WHERE part.message = message.n AND kind IN ('text', 'tool_result')
    ) AS body
FROM message;

-- No word counts are kept: results are ordered by time, never by rank.
CREATE VIRTUAL TABLE message_fts USING fts5 (
    body,
    content = 'message_body',
    content_rowid = 'n',
    tokenize = 'unicode61 remove_diacritics 2',
    prefix = '2 3',
    columnsize = 0
);
