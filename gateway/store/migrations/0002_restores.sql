-- When this store was put back from a backup: from then on the world may be ahead of it.
CREATE TABLE restores (
    at REAL NOT NULL
);
