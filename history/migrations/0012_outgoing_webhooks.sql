-- Webhooks that are told what happens to messages of a room.

ALTER TABLE webhooks
    ADD COLUMN url text,
    -- It signs, so it is kept as it is.
    ADD COLUMN secret text,
    -- Since when it is told; when it was disabled and is enabled again, from then on.
    ADD COLUMN since_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN failing_since_ms bigint,
    ADD COLUMN reason text,
    ADD COLUMN disabled_ms bigint,
    ADD CHECK (kind <> 'outgoing' OR url IS NOT NULL AND secret IS NOT NULL);

-- What was not delivered within a day: a place of the log, and nothing of what was said there.
CREATE TABLE dead_letters (
    webhook text COLLATE "C" NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    seq bigint NOT NULL,
    reason text NOT NULL,
    failed_ms bigint NOT NULL,
    PRIMARY KEY (webhook, seq)
);
