-- What clients ask, from the moment it is stored: found by its id, listed by client. A conversation has one.
CREATE TABLE client_requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    client TEXT NOT NULL,
    conversation INTEGER NOT NULL UNIQUE,
    seq INTEGER NOT NULL
);
CREATE INDEX client_requests_client ON client_requests (client, number);
