-- What a browser that lost an answer needs: the token that was traded last, and what it was given.
-- The version before knows current_hash alone and changes it alone; successor_hash tells: where the
-- two differ, that version was here since, and the other three columns mean nothing any more.

ALTER TABLE sessions
    -- Tokens that were given for the same one as current_hash and are good as well, newest first.
    ADD COLUMN sibling_hashes  bytea[],
    -- The token that all of them were given for, if it may be shown again for a moment.
    ADD COLUMN previous_hash   bytea,
    ADD COLUMN traded_ms       bigint,
    -- current_hash as it was when the three above were written.
    ADD COLUMN successor_hash  bytea;
