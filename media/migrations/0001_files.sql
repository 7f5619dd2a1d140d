-- Bytes that are kept, each once however often they came. `object` is their name in the store: made
-- anew at every upload, so that nobody who removes and nobody who adds can be in the other's way.
CREATE TABLE blobs (
    sha256 bytea PRIMARY KEY,
    object text COLLATE "C" NOT NULL UNIQUE,
    size bigint NOT NULL,
    -- How many rows of `parts` there are with it.
    refs integer NOT NULL CHECK (refs > 0)
);

CREATE TABLE files (
    id text COLLATE "C" PRIMARY KEY,
    room text COLLATE "C" NOT NULL,
    uploader text COLLATE "C" NOT NULL,
    name text NOT NULL,
    mime text NOT NULL,
    size bigint NOT NULL,
    width integer,
    height integer,
    preview text,
    created_ms bigint NOT NULL,
    -- No message has it since then; null while one does.
    unused_ms bigint
);
CREATE INDEX files_uploader ON files (uploader, created_ms);
CREATE INDEX files_unused ON files (unused_ms) WHERE unused_ms IS NOT NULL;

-- A file as it is given out (`original`) and its thumbnails.
CREATE TABLE parts (
    file text COLLATE "C" NOT NULL REFERENCES files ON DELETE CASCADE,
    variant text COLLATE "C" NOT NULL,
    sha256 bytea NOT NULL REFERENCES blobs,
    mime text NOT NULL,
    width integer,
    height integer,
    PRIMARY KEY (file, variant)
);
CREATE INDEX parts_blob ON parts (sha256);

-- The messages that have a file, by their keys; room and sender are the file's own.
CREATE TABLE uses (
    file text COLLATE "C" NOT NULL REFERENCES files ON DELETE CASCADE,
    key uuid NOT NULL,
    since_ms bigint NOT NULL,
    -- History has said that the message is there; until then it may never have been sent.
    stored boolean NOT NULL DEFAULT false,
    PRIMARY KEY (file, key)
);
CREATE INDEX uses_key ON uses (key);
CREATE INDEX uses_doubtful ON uses (since_ms) WHERE NOT stored;

-- Objects that the store is to be rid of at a time: what was removed, at once; what is being
-- uploaded, unless it is a blob's by then.
CREATE TABLE leftovers (
    object text COLLATE "C" PRIMARY KEY,
    due_ms bigint NOT NULL
);
CREATE INDEX leftovers_due ON leftovers (due_ms);

-- What URLs are signed with; one row.
CREATE TABLE signing_key (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    secret bytea NOT NULL
);
