-- Threads are listed by when something last happened in them, and those of the last hour are read at every start.
CREATE INDEX threads_updated ON threads (updated_at);
-- Work under way is looked for whenever a conversation is loaded; a channel may hold many threads that wait.
CREATE INDEX threads_working ON threads (conversation) WHERE status IN ('running', 'stranded');
-- What outlives its retention is looked for every hour.
CREATE INDEX blobs_expires ON blobs (expires) WHERE expires IS NOT NULL;
