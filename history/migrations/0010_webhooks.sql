-- URLs by which other programs post into a room.

CREATE TABLE webhooks (
    id text COLLATE "C" PRIMARY KEY,
    room text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('incoming', 'outgoing')),
    name text NOT NULL,
    -- What comes by it is said in their name, and with their rights.
    by text COLLATE "C" NOT NULL,
    created_ms bigint NOT NULL,
    -- SHA-256 of the secret of an incoming one; it is 32 random bytes, so that needs no salt.
    digest bytea CHECK (kind <> 'incoming' OR digest IS NOT NULL)
);
CREATE INDEX webhooks_room ON webhooks (room, created_ms);

-- Which message an Idempotency-Key stands for, for a day.
CREATE TABLE webhook_keys (
    webhook text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    message text COLLATE "C" NOT NULL,
    created_ms bigint NOT NULL,
    PRIMARY KEY (webhook, key)
);
CREATE INDEX webhook_keys_created ON webhook_keys (created_ms);
