-- The bot or room that a chat began with: `ChatBot` as JSON, for lists.
ALTER TABLE chat ADD COLUMN bot TEXT;
-- A try in the editor: no list shows it.
ALTER TABLE chat ADD COLUMN test INTEGER NOT NULL DEFAULT 0;
-- All of it, `Cast` as JSON; apart, so that lists do not read it.
CREATE TABLE chat_cast (
    chat INTEGER PRIMARY KEY REFERENCES chat (n) ON DELETE CASCADE,
    data TEXT NOT NULL
) STRICT;

-- The bot that speaks, by its id.
ALTER TABLE message ADD COLUMN bot TEXT;

-- The user's own bots. Times are Unix milliseconds.
CREATE TABLE bot (
    id TEXT PRIMARY KEY,
    -- The newest version, `Bot` as JSON.
    data TEXT NOT NULL,
    -- The bot it was made of and its version then.
    base TEXT,
    base_version TEXT,
    -- Names of tools that the user confirmed, as a JSON list.
    granted TEXT NOT NULL DEFAULT '[]',
    archived INTEGER NOT NULL DEFAULT 0,
    saved INTEGER NOT NULL
) STRICT;

-- Versions before the newest one.
CREATE TABLE bot_version (
    bot TEXT NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    data TEXT NOT NULL,
    saved INTEGER NOT NULL,
    PRIMARY KEY (bot, version)
) STRICT, WITHOUT ROWID;

-- What the user did with any bot, whatever its origin.
CREATE TABLE bot_mark (
    bot TEXT PRIMARY KEY,
    favourite INTEGER NOT NULL DEFAULT 0,
    used INTEGER
) STRICT, WITHOUT ROWID;
