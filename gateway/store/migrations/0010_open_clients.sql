-- Whether what a client asked is open, settled (0), or not asked at all (null): told without a look at what it asked before.
ALTER TABLE client_requests ADD COLUMN is_open INTEGER;
UPDATE client_requests SET is_open = r.open FROM (
    SELECT conversation, MAX(status = 'open') AS open FROM requests GROUP BY conversation
) r WHERE r.conversation = client_requests.conversation;
CREATE INDEX client_requests_open ON client_requests (client, is_open, number);
CREATE INDEX client_requests_all_open ON client_requests (is_open, number);
