-- Links into rooms; rooms that everybody is let into once; what people settle for themselves.

CREATE TABLE invites (
    code text COLLATE "C" PRIMARY KEY,
    room text COLLATE "C" NOT NULL,
    by text COLLATE "C" NOT NULL,
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL,
    -- Null: as often as anybody likes until it is over.
    uses_left integer CHECK (uses_left >= 0)
);
CREATE INDEX invites_room ON invites (room, created_ms);

-- Into which of the default rooms somebody was let once: who left one is not let in again.
CREATE TABLE welcomed (
    "user" text COLLATE "C" NOT NULL,
    room text COLLATE "C" NOT NULL,
    PRIMARY KEY ("user", room)
);

-- Of people who settled something; all others have it as the columns say.
CREATE TABLE settings (
    "user" text COLLATE "C" PRIMARY KEY,
    receipts boolean NOT NULL DEFAULT true,
    direct text NOT NULL DEFAULT 'all' CHECK (direct IN ('all', 'shared', 'nobody'))
);

CREATE TABLE blocks (
    "user" text COLLATE "C" NOT NULL,
    blocked text COLLATE "C" NOT NULL,
    created_ms bigint NOT NULL,
    PRIMARY KEY ("user", blocked)
);
