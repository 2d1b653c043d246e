-- Up to which event a conversation's log has lost its texts because of their age.
ALTER TABLE conversations ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
