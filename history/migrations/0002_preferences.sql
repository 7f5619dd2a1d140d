-- How a member wants to have a room. Of the membership, so that whoever shows a member's room has it
-- in the same row, and gone with it.
ALTER TABLE members
    ADD COLUMN muted boolean NOT NULL DEFAULT false,
    ADD COLUMN notify text NOT NULL DEFAULT 'all' CHECK (notify IN ('all', 'mentions', 'none')),
    ADD COLUMN favourite boolean NOT NULL DEFAULT false;
