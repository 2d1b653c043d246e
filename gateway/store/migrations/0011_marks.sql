-- How far accounts without acknowledgements have been read, as the channel writes it.
CREATE TABLE marks (
    account TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    at REAL NOT NULL
) WITHOUT ROWID;
