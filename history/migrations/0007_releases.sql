-- Deleted messages whose files media is still to be told of.
CREATE TABLE releases (
    room text COLLATE "C" NOT NULL,
    message bigint NOT NULL,
    sender text COLLATE "C" NOT NULL,
    key uuid NOT NULL,
    PRIMARY KEY (room, message)
);
