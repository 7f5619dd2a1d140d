-- The index of words: what history.words makes of each text. It is kept behind the writer, by notes
-- that the writer leaves, so that storing a message does not wait for it.

-- Lets an index begin with the room and go on with the words.
CREATE EXTENSION IF NOT EXISTS btree_gin;

CREATE TABLE search (
    room text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    ts bigint NOT NULL,
    sender text COLLATE "C" NOT NULL,
    words tsvector NOT NULL,
    PRIMARY KEY (room, seq)
) PARTITION BY HASH (room);

DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF search FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
            'search_' || part, part
        );
    END LOOP;
END
$$;
CREATE INDEX search_words ON search USING gin (room, words);

-- Messages whose text is new, other or gone, by the place in the log where that happened.
CREATE TABLE unindexed (
    seq bigint NOT NULL,
    room text COLLATE "C" NOT NULL,
    message bigint NOT NULL
);
CREATE INDEX unindexed_seq ON unindexed (seq);
INSERT INTO unindexed SELECT seq, room, seq FROM messages WHERE NOT deleted;
