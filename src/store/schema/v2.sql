-- How the messages of a chat are answered: `ChatOptions` as JSON.
ALTER TABLE chat ADD COLUMN options TEXT;

ALTER TABLE message ADD COLUMN cached_tokens INTEGER;
ALTER TABLE message ADD COLUMN cache_write_tokens INTEGER;
ALTER TABLE message ADD COLUMN context_used INTEGER;
ALTER TABLE message ADD COLUMN context_limit INTEGER;
ALTER TABLE message ADD COLUMN context_estimated INTEGER;
-- The column of an answer among several that were asked for at once. Named so because COLUMN is
-- a word of SQL.
ALTER TABLE message ADD COLUMN compare_column INTEGER;

-- Where the provider's stream stands with this row, where it can be resumed.
ALTER TABLE event ADD COLUMN resume TEXT;

-- All else that was chosen for the message: `Draft` without its text and model, and
-- `QueuedMessage` likewise, as JSON.
ALTER TABLE draft ADD COLUMN more TEXT;
ALTER TABLE queued_message ADD COLUMN more TEXT;

-- When the list was fetched.
ALTER TABLE provider_models ADD COLUMN listed INTEGER;

-- What was used, summed as answers end, so that no report reads messages. Days are those of the
-- local calendar. `chat` is the chat's id: it stays when the chat goes.
CREATE TABLE usage (
    day TEXT NOT NULL,
    model TEXT NOT NULL,
    chat BLOB NOT NULL,
    answers INTEGER NOT NULL DEFAULT 0,
    unpriced INTEGER NOT NULL DEFAULT 0,
    prompt_tokens INTEGER NOT NULL DEFAULT 0,
    completion_tokens INTEGER NOT NULL DEFAULT 0,
    cached_tokens INTEGER NOT NULL DEFAULT 0,
    cost REAL NOT NULL DEFAULT 0,
    last INTEGER NOT NULL,
    PRIMARY KEY (day, model, chat)
) STRICT, WITHOUT ROWID;
-- For the models used last.
CREATE INDEX usage_last ON usage (last, model, answers);

-- What was used before this version. Figures are kept within bounds, so that no sum of them fails.
INSERT INTO usage
    (day, model, chat, answers, unpriced, prompt_tokens, completion_tokens, cost, last)
SELECT
    date(message.created / 1000, 'unixepoch', 'localtime'),
    message.model,
    chat.id,
    count(*),
    sum((prompt_tokens IS NOT NULL OR completion_tokens IS NOT NULL) AND cost IS NULL),
    sum(min(max(coalesce(prompt_tokens, 0), 0), 1000000000000)),
    sum(min(max(coalesce(completion_tokens, 0), 0), 1000000000000)),
    sum(CASE WHEN cost BETWEEN 0 AND 1000000 THEN cost ELSE 0.0 END),
    max(message.created)
FROM message JOIN chat ON chat.n = message.chat
WHERE message.model IS NOT NULL AND status <> 'open'
    AND date(message.created / 1000, 'unixepoch', 'localtime') IS NOT NULL
    AND (status <> 'failed' OR prompt_tokens IS NOT NULL OR completion_tokens IS NOT NULL
        OR cost IS NOT NULL)
GROUP BY 1, 2, 3;
