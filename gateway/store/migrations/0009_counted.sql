-- Open requests are counted for the metrics; without their status in the index each of them would be looked up.
DROP INDEX requests_open;
CREATE INDEX requests_open ON requests (thread, status) WHERE status = 'open';
