-- What the links in messages lead to. The previews themselves are in the events, as texts are.

ALTER TABLE rooms ADD COLUMN previews boolean NOT NULL DEFAULT true;

-- The places in the log that gave a message its previews, which go when it is deleted.
CREATE TABLE previews (
    room text COLLATE "C" NOT NULL,
    message bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (room, message, seq)
) PARTITION BY HASH (room);

DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF previews FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
            'previews_' || part, part
        );
    END LOOP;
END
$$;

-- Messages whose links are to be looked up, by the place in the log where their text has come.
CREATE TABLE unpreviewed (
    seq bigint PRIMARY KEY,
    room text COLLATE "C" NOT NULL,
    message bigint NOT NULL,
    said_ms bigint NOT NULL,
    -- Whoever looks one up puts this off: if it dies, another one does it then.
    due_ms bigint NOT NULL DEFAULT 0
);
CREATE INDEX unpreviewed_due ON unpreviewed (due_ms);
