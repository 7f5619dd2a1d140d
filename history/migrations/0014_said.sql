-- How much was said in a room, and when somebody had read it: the difference of two numbers that
-- stand in rows which are read anyway, where so far the unread messages themselves were counted.
--
-- Nothing here is believed that does not say up to where it holds. An older process that knows
-- nothing of these columns moves `last_seq` or `read_seq` alone; then it is counted as before.

ALTER TABLE heads
    -- Messages outside threads, deleted ones too, since the counting of this room began.
    ADD COLUMN said bigint,
    -- The event that `said` is as of; of any other than the last one it says nothing.
    ADD COLUMN said_seq bigint,
    -- Who has read less far has to have it counted: something up to there was deleted, mentions
    -- somebody, or was said before the counting began.
    ADD COLUMN plain_seq bigint NOT NULL DEFAULT 0;

ALTER TABLE marks
    -- The room's `said` as of the mark.
    ADD COLUMN said bigint,
    -- The mark that `said` is as of.
    ADD COLUMN said_seq bigint;
