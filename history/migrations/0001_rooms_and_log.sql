-- Rooms, members, and what was said. Every key of a table that grows begins with the room, and
-- those tables are partitioned by its hash: vacuum, indexes and cache stay small, a room's rows lie
-- together, and the same key can distribute them over machines later. Sixteen partitions cost a
-- query that names its room nothing (the others are pruned) and one that names a user sixteen index
-- probes.
--
-- Ids are compared as bytes (COLLATE "C"): faster, and the same order in every database.

-- The names of people as auth last told them; a cache, so that no page asks auth.
CREATE TABLE people (
    id text COLLATE "C" PRIMARY KEY,
    username text NOT NULL,
    display_name text NOT NULL,
    avatar text,
    refreshed_ms bigint NOT NULL
);

CREATE TABLE rooms (
    id text COLLATE "C" PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('public', 'private', 'direct')),
    name text,
    topic text NOT NULL DEFAULT '',
    -- The sorted ids of the people of a direct room: there is one room for each set.
    people text COLLATE "C" UNIQUE,
    -- Kept in the transaction that changes the members, which holds this row's lock.
    members integer NOT NULL DEFAULT 0 CHECK (members >= 0),
    created_ms bigint NOT NULL,
    -- A deleted room keeps its row, so that its id is never taken again and repeating is harmless.
    deleted_ms bigint,
    deleted_by text COLLATE "C",
    CHECK ((kind = 'direct') = (people IS NOT NULL)),
    CHECK ((kind = 'direct') = (name IS NULL))
);
CREATE INDEX rooms_public ON rooms (lower(name) COLLATE "C", id)
    WHERE kind = 'public' AND deleted_ms IS NULL;

-- The number says who came first, also of those who came in the same millisecond.
CREATE SEQUENCE member_numbers;
CREATE TABLE members (
    room text COLLATE "C" NOT NULL,
    "user" text COLLATE "C" NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'moderator', 'member')),
    joined_ms bigint NOT NULL,
    number bigint NOT NULL DEFAULT nextval('member_numbers'),
    PRIMARY KEY (room, "user")
) PARTITION BY HASH (room);
CREATE INDEX members_user ON members ("user", room);
CREATE INDEX members_number ON members (room, number);

-- Who left a room at least once: leaving twice is answered alike, though a private room is not
-- there for those who are not in it.
CREATE TABLE departures (
    room text COLLATE "C" NOT NULL,
    "user" text COLLATE "C" NOT NULL,
    left_ms bigint NOT NULL,
    PRIMARY KEY (room, "user")
) PARTITION BY HASH (room);

-- How far a member has read. Apart from `members`, so that the writer, which moves the mark of who
-- speaks, never waits for a change of membership nor holds one up.
-- Until the log has said where the member joined, read_seq is null and nothing is unread.
CREATE TABLE marks (
    room text COLLATE "C" NOT NULL,
    "user" text COLLATE "C" NOT NULL,
    read_seq bigint,
    -- The outbox row of the member.joined that this membership began with.
    joined_row uuid NOT NULL,
    PRIMARY KEY (room, "user")
) PARTITION BY HASH (room);

-- Every event of the log: what sync gives back, with the very bytes that were live.
CREATE TABLE events (
    room text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    -- The place of the room's event before it, 0 for the first.
    prev bigint NOT NULL,
    ts bigint NOT NULL,
    type text NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (room, seq)
) PARTITION BY HASH (room);

-- What the events add up to. The words are in the event of the same place, not twice.
CREATE TABLE messages (
    room text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    sender text COLLATE "C" NOT NULL,
    key uuid NOT NULL,
    ts bigint NOT NULL,
    -- The message whose thread this one is in.
    thread bigint,
    everyone boolean NOT NULL,
    mentions text[] COLLATE "C" NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (room, seq),
    -- The same key of the same sender in the same room is one message, for ever.
    UNIQUE (room, sender, key)
) PARTITION BY HASH (room);

DO $$
DECLARE
    parent text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['members', 'departures', 'marks', 'events', 'messages'] LOOP
        FOR part IN 0..15 LOOP
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 16, REMAINDER %s)%s',
                parent || '_' || part, parent, part,
                -- Read marks are updated all the time: room on the page keeps them off the index.
                CASE WHEN parent = 'marks' THEN ' WITH (fillfactor = 80)' ELSE '' END
            );
        END LOOP;
    END LOOP;
END
$$;

-- The last stored event of each room; written by the writer alone.
CREATE TABLE heads (
    room text COLLATE "C" PRIMARY KEY,
    last_seq bigint NOT NULL
) WITH (fillfactor = 80);

-- Up to where a stream is stored. It moves in the transaction that stores, from where that
-- transaction began: two writers cannot both succeed, and nothing is skipped.
CREATE TABLE position (
    stream text PRIMARY KEY,
    seq bigint NOT NULL
) WITH (fillfactor = 50);

-- What was decided here and has to get into the log, in the order decided.
CREATE TABLE outbox (
    number bigint GENERATED ALWAYS AS IDENTITY,
    room text COLLATE "C" NOT NULL,
    id uuid NOT NULL UNIQUE,
    body bytea NOT NULL,
    created_ms bigint NOT NULL,
    -- Its place in the log, once that was acknowledged and those concerned were told.
    seq bigint,
    PRIMARY KEY (room, number)
);
CREATE INDEX outbox_unsent ON outbox (number) WHERE seq IS NULL;

-- Outbox rows that came out of the log: how one tells, after the log's own memory of ids has run
-- out, that a row is in it. The writer inserts and never waits for a relay that holds the row.
CREATE TABLE relayed (
    id uuid PRIMARY KEY,
    seq bigint NOT NULL
);

-- What was in the log and could not be understood; the oldest are removed beyond 10,000.
CREATE TABLE set_aside (
    seq bigint PRIMARY KEY,
    subject text NOT NULL,
    message_id text NOT NULL,
    data bytea NOT NULL,
    reason text NOT NULL
);

-- What a repeated POST is answered with, kept for a day.
CREATE TABLE idempotency (
    "user" text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    -- A digest of what was asked: the same key with something else is refused.
    request bytea NOT NULL,
    room text COLLATE "C" NOT NULL,
    status smallint NOT NULL,
    created_ms bigint NOT NULL,
    PRIMARY KEY ("user", key)
);
CREATE INDEX idempotency_created ON idempotency (created_ms);
