-- Browsers that are told of things while Parley is closed (Web Push, RFC 8030), and the one key pair
-- that push services know this installation by (VAPID, RFC 8292).

-- One row: with another key every browser would have to subscribe anew.
CREATE TABLE vapid (
    id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    -- The private scalar of P-256, 32 bytes.
    private_key bytea NOT NULL,
    created_ms bigint NOT NULL
);

CREATE TABLE subscriptions (
    id uuid PRIMARY KEY,
    "user" text COLLATE "C" NOT NULL,
    -- The session that subscribed: when it ends, so does this.
    sid text COLLATE "C" NOT NULL,
    endpoint text COLLATE "C" NOT NULL,
    -- The browser's public key (P-256, uncompressed) and its secret, to encrypt for it alone.
    p256dh bytea NOT NULL,
    auth bytea NOT NULL,
    label text NOT NULL,
    created_ms bigint NOT NULL,
    -- When the browser last said that it is still there: the one most lately used makes the sound.
    used_ms bigint NOT NULL
);
-- A browser has one endpoint, whoever is signed in there. An endpoint may be longer than what an
-- index takes.
CREATE UNIQUE INDEX subscriptions_endpoint ON subscriptions (sha256(endpoint::bytea));
CREATE INDEX subscriptions_user ON subscriptions ("user", used_ms DESC);
