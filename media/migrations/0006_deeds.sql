-- What was done to custom emoji, until auth has it in its audit log; a row is there if and only if it was done.
CREATE TABLE deeds (
    -- Made at random: auth takes each once, however often it is told.
    id     text COLLATE "C" PRIMARY KEY,
    at_ms  bigint NOT NULL,
    actor  text COLLATE "C" NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    detail text NOT NULL
);
CREATE INDEX deeds_time ON deeds (at_ms, id);
