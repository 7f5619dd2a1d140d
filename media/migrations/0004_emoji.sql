-- The emoji that people added. Their pictures are in the store, each for itself: they are few and
-- small, and no blob has to be counted for them.
CREATE TABLE emoji (
    name text COLLATE "C" PRIMARY KEY,
    -- The picture's name in its URL and in the store. It is made at random: who does not know it
    -- does not find the picture, and another picture of the same name has another URL.
    object text COLLATE "C" NOT NULL UNIQUE,
    size integer NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    added_by text COLLATE "C" NOT NULL,
    added_ms bigint NOT NULL
);
