-- The picture of a room: a file at media, which keeps it by the key, as a message of `picture_by`.
ALTER TABLE rooms
    ADD COLUMN picture text COLLATE "C",
    ADD COLUMN picture_key uuid,
    ADD COLUMN picture_by text COLLATE "C";

-- Former pictures that media is still to let go of.
CREATE TABLE picture_releases (
    key uuid PRIMARY KEY,
    room text COLLATE "C" NOT NULL,
    sender text COLLATE "C" NOT NULL
);
