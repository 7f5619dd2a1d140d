-- What moderators may do with a room and its people, and a record of who did what.
--
-- These tables have few rows for each room and are not partitioned; their keys begin with the room
-- like all others.

ALTER TABLE rooms
    ADD COLUMN archived boolean NOT NULL DEFAULT false,
    ADD COLUMN slow_mode_seconds integer NOT NULL DEFAULT 0
        CHECK (slow_mode_seconds BETWEEN 0 AND 21600);

-- Who may not come in, and who may not write, until a time; one without an end is in 275760. They
-- outlast the membership: who leaves and comes again is as before.
CREATE TABLE bans (
    room text COLLATE "C" NOT NULL,
    "user" text COLLATE "C" NOT NULL,
    by text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    until_ms bigint NOT NULL,
    created_ms bigint NOT NULL,
    PRIMARY KEY (room, "user")
);
CREATE TABLE mutes (LIKE bans INCLUDING ALL);

-- The last message of each person in a room in slow mode: there its turn is taken before it is said.
CREATE TABLE turns (
    room text COLLATE "C" NOT NULL,
    "user" text COLLATE "C" NOT NULL,
    -- The message that took it, which may be tried again.
    key uuid NOT NULL,
    taken_ms bigint NOT NULL,
    PRIMARY KEY (room, "user")
) WITH (fillfactor = 80);
CREATE INDEX turns_taken ON turns (taken_ms);

CREATE TABLE audit (
    room text COLLATE "C" NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    ts bigint NOT NULL,
    by text COLLATE "C" NOT NULL,
    action text NOT NULL,
    "user" text COLLATE "C",
    detail json NOT NULL,
    PRIMARY KEY (room, number)
);
CREATE INDEX audit_ts ON audit (ts);
