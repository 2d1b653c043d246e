-- Accounts that an administrator or a one-time code made somebody's, besides those in the settings.
CREATE TABLE links (
    identity TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    at REAL NOT NULL,
    by TEXT NOT NULL
) WITHOUT ROWID;

-- One-time codes, by their digest.
CREATE TABLE link_codes (
    digest TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    expires REAL NOT NULL
) WITHOUT ROWID;
