-- The bot in the editor with what is not saved of it, `EditedBot` as JSON: row 0. Row 1 is the last
-- one that could not be read.
CREATE TABLE bot_edit (
    n INTEGER PRIMARY KEY CHECK (n IN (0, 1)),
    data TEXT NOT NULL
) STRICT;

-- When the bot was deleted; it can be brought back with its versions for a while.
ALTER TABLE bot ADD COLUMN deleted INTEGER;
