-- Of everybody who was asked in turn the number of their last turn.
CREATE TABLE turns (
    person TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) WITHOUT ROWID;
