-- The pictures of people. Which one somebody has is auth's to say; their bytes are in the store, each
-- picture for itself: they are small, and no blob has to be counted for them.
CREATE TABLE avatars (
    -- The picture's id on the wire, and its name in the store. It is made at random, anew each time.
    object text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL,
    size integer NOT NULL,
    -- Since when it is not known whether they have it, or no more. Null: they had it when asked for.
    doubted_ms bigint
);
CREATE INDEX avatars_user ON avatars (user_id);
CREATE INDEX avatars_doubts ON avatars (doubted_ms) WHERE doubted_ms IS NOT NULL;
