-- Accounts, their sessions, what was revoked, and the keys that sign tokens.
-- Texts that are looked up by prefix compare by code point ("C"), so a range scan answers them.

CREATE TABLE accounts (
    id             text COLLATE "C" PRIMARY KEY,
    username       text COLLATE "C" NOT NULL,
    display_name   text NOT NULL,
    -- The display name as search compares it: auth.username.fold.
    folded_name    text COLLATE "C" NOT NULL,
    -- The encoded argon2id hash with its parameters (PHC string), never the password.
    password_hash  text NOT NULL,
    created_ms     bigint NOT NULL,
    updated_ms     bigint NOT NULL,
    CONSTRAINT accounts_username UNIQUE (username)
);

CREATE INDEX accounts_folded_name ON accounts (folded_name, username);

CREATE TABLE sessions (
    id            text COLLATE "C" PRIMARY KEY,
    user_id       text COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- SHA-256 of the secret that all refresh tokens of the session share.
    family_hash   bytea NOT NULL CHECK (octet_length(family_hash) = 32),
    -- SHA-256 of the secret of the one refresh token that is good now.
    current_hash  bytea NOT NULL CHECK (octet_length(current_hash) = 32),
    client        text NOT NULL,
    address       text NOT NULL,
    created_ms    bigint NOT NULL,
    last_used_ms  bigint NOT NULL,
    expires_ms    bigint NOT NULL,
    ended_ms      bigint,
    CONSTRAINT sessions_family UNIQUE (family_hash)
);

CREATE INDEX sessions_user ON sessions (user_id, last_used_ms);
CREATE INDEX sessions_expiry ON sessions (expires_ms);
CREATE INDEX sessions_ended ON sessions (ended_ms) WHERE ended_ms IS NOT NULL;

-- What is void before its time. A row is written in the transaction that ends the session and is
-- announced on NATS afterwards: `announced` is the outbox mark.
CREATE TABLE revocations (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    text NOT NULL,
    -- Null: all sessions of the user.
    sid        text,
    at_ms      bigint NOT NULL,
    announced  boolean NOT NULL DEFAULT false
);

CREATE INDEX revocations_at ON revocations (at_ms, id);
CREATE INDEX revocations_waiting ON revocations (id) WHERE NOT announced;

CREATE TABLE signing_keys (
    kid          text PRIMARY KEY,
    -- The 32-byte Ed25519 seed (RFC 8032). It leaves this table for the memory of auth alone.
    private_key  bytea NOT NULL CHECK (octet_length(private_key) = 32),
    created_ms   bigint NOT NULL,
    retired_ms   bigint
);
