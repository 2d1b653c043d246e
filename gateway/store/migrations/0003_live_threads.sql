-- Counts of what has not ended are looked up often, and most threads have.
CREATE INDEX threads_live ON threads (status) WHERE status != 'ended';
