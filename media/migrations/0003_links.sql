-- What was found out about links, so that a page that many speak of is asked once in a while.
CREATE TABLE links (
    -- Of the URL, which is nobody's business any more once its time is over.
    sha256 bytea PRIMARY KEY,
    -- A LinkPreview as JSON; null: it has none.
    preview bytea,
    until_ms bigint NOT NULL
);
CREATE INDEX links_until ON links (until_ms);
