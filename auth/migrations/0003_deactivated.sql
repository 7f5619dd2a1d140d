-- An account may be out of use: nobody signs in to it, and what was said stays. Not yet deleted.

ALTER TABLE accounts
    ADD COLUMN disabled_ms  bigint,
    -- Who did it: the user's own id, an admin's, or null for the command line.
    ADD COLUMN disabled_by  text COLLATE "C";
