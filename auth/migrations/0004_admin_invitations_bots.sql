-- Admins and what they do: roles, invitations, one-time links for a new password, bots, the audit log.

ALTER TABLE accounts
    ADD COLUMN role      text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
    ADD COLUMN kind      text NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'bot')),
    -- Where a link for a new password may be sent, in lower case; nobody else is shown it.
    ADD COLUMN email     text COLLATE "C",
    -- The username as it looks (auth.username.skeleton): no two accounts may look alike. Null for
    -- those that did before there was such a rule.
    ADD COLUMN skeleton  text COLLATE "C";

-- An empty password_hash is that of an account without a password: a bot, or one whose owner has yet
-- to use the link that an admin gave them.

UPDATE accounts a SET skeleton = s.skeleton FROM (
    SELECT id, skeleton, row_number() OVER (PARTITION BY skeleton ORDER BY created_ms, id) AS n
    FROM (SELECT id, created_ms,
                 replace(translate(username, '01_.', 'ol--'), 'm', 'rn') AS skeleton
          FROM accounts) AS looks) AS s
WHERE s.id = a.id AND s.n = 1;

CREATE UNIQUE INDEX accounts_skeleton ON accounts (skeleton);
CREATE INDEX accounts_email ON accounts (email) WHERE email IS NOT NULL;

CREATE TABLE invitations (
    id           text COLLATE "C" PRIMARY KEY,
    -- SHA-256 of the secret in its link.
    secret_hash  bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    note         text NOT NULL,
    -- Whom it was mailed to: who comes by it has proved that the address is theirs.
    email        text COLLATE "C",
    -- Null: the command line, or whoever asked for it by mail.
    created_by   text COLLATE "C",
    created_ms   bigint NOT NULL,
    expires_ms   bigint NOT NULL,
    uses_left    int NOT NULL CHECK (uses_left >= 0),
    CONSTRAINT invitations_secret UNIQUE (secret_hash)
);

CREATE INDEX invitations_expiry ON invitations (expires_ms);

CREATE TABLE resets (
    -- SHA-256 of the secret in its link.
    secret_hash  bytea PRIMARY KEY CHECK (octet_length(secret_hash) = 32),
    user_id      text COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_ms   bigint NOT NULL,
    expires_ms   bigint NOT NULL
);

CREATE INDEX resets_user ON resets (user_id);
CREATE INDEX resets_expiry ON resets (expires_ms);

CREATE TABLE api_tokens (
    -- Also the session of every access token it is traded for: so it is revoked as one.
    id            text COLLATE "C" PRIMARY KEY,
    user_id       text COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    secret_hash   bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    name          text NOT NULL,
    scopes        text[] NOT NULL,
    created_by    text COLLATE "C",
    created_ms    bigint NOT NULL,
    last_used_ms  bigint,
    revoked_ms    bigint,
    CONSTRAINT api_tokens_secret UNIQUE (secret_hash)
);

CREATE INDEX api_tokens_user ON api_tokens (user_id, created_ms);

-- What admins did, and what was done with the links they gave. Rows are never changed.
CREATE TABLE audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_ms   bigint NOT NULL,
    -- Null: the command line, or nobody who was signed in.
    actor   text COLLATE "C",
    -- Such as account.disabled.
    action  text NOT NULL,
    -- The id of what it was done to.
    target  text,
    -- In words, without a secret.
    detail  text NOT NULL DEFAULT ''
);
