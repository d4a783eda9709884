-- Remote servers. `server` is the server's id in the configuration; null: this computer.
ALTER TABLE chat ADD COLUMN server TEXT;
CREATE INDEX chat_server ON chat (server) WHERE server IS NOT NULL;

-- What is known of a server: who we are to it, its journal's epoch, and its lists as they were told
-- last, as JSON.
CREATE TABLE server (
    id TEXT PRIMARY KEY NOT NULL,
    client_id TEXT NOT NULL,
    epoch TEXT,
    models TEXT,
    bots TEXT
) STRICT;

-- As a gateway: who may come in. Only the hash of a token is kept.
CREATE TABLE token (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    access TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    last_used INTEGER,
    revoked INTEGER
) STRICT;

-- Whose a chat is: the id of a guest's token; null: the owner's.
ALTER TABLE chat ADD COLUMN owner TEXT;

-- The outbox of a remote chat is its queue. `reply_to` is the id of the message that one follows;
-- null: the end of the visible path. `sent` is set before it is sent for the first time: from then
-- on the server may have it.
ALTER TABLE queued_message ADD COLUMN reply_to BLOB;
ALTER TABLE queued_message ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;

-- As a gateway: whether the journal of a run that has ended is still there, and the last event that
-- stayed when the run was taken up after a crash: later ones were told twice, in other pieces.
ALTER TABLE run ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN cut INTEGER;
CREATE INDEX run_kept ON run (ended) WHERE kept = 1;
