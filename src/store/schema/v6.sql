-- The name by which a server calls itself for ever: under another name here it is the same server.
ALTER TABLE server ADD COLUMN lasting TEXT;

-- What was answered to the questions of a server's bot before its chat was ready, as JSON.
ALTER TABLE chat ADD COLUMN bot_answers TEXT;
