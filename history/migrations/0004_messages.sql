-- What happens to a message after it was said. All of it is written by the writer alone, from the
-- log and in its order: so a page is exactly the log up to where it says.

-- The event of a message as it was before an edit, by the place of that edit.
CREATE TABLE edits (
    room text COLLATE "C" NOT NULL,
    message bigint NOT NULL,
    seq bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (room, message, seq)
) PARTITION BY HASH (room);

CREATE TABLE reactions (
    room text COLLATE "C" NOT NULL,
    message bigint NOT NULL,
    "user" text COLLATE "C" NOT NULL,
    emoji text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (room, message, "user", emoji)
) PARTITION BY HASH (room);
CREATE INDEX reactions_emoji ON reactions (room, message, emoji, seq);

-- The reactions summed, so that no page counts those of fifty thousand people.
CREATE TABLE reaction_kinds (
    room text COLLATE "C" NOT NULL,
    message bigint NOT NULL,
    emoji text COLLATE "C" NOT NULL,
    count integer NOT NULL,
    -- Where the first of them came: the order of kinds.
    since bigint NOT NULL,
    PRIMARY KEY (room, message, emoji)
) PARTITION BY HASH (room);

CREATE TABLE pins (
    room text COLLATE "C" NOT NULL,
    message bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (room, message)
) PARTITION BY HASH (room);

DO $$
DECLARE
    parent text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['edits', 'reactions', 'reaction_kinds', 'pins'] LOOP
        FOR part IN 0..15 LOOP
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                parent || '_' || part, parent, part
            );
        END LOOP;
    END LOOP;
END
$$;

-- Places of the log whose text has to be erased there: of a deleted message, and of its edits.
CREATE TABLE erasures (
    room text COLLATE "C" NOT NULL,
    message bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (room, message, seq)
);

-- What was decided about a room and is not stored yet: a decision has to know of it.
CREATE INDEX outbox_place ON outbox (room, seq);

-- The few events among messages that a page shows as lines.
CREATE INDEX events_lines ON events (room, seq) WHERE type NOT IN
    ('message', 'message.edited', 'message.deleted', 'reaction.added', 'reaction.removed');

CREATE INDEX people_username ON people (lower(username));
