-- What people settle of how others see them, and what they say beside their status.

ALTER TABLE settings
    ADD COLUMN presence boolean NOT NULL DEFAULT true,
    ADD COLUMN status_text text,
    ADD COLUMN status_emoji text,
    ADD COLUMN status_until_ms bigint,
    -- Rises with each change, in microseconds since the epoch or above: of two the later one counts.
    ADD COLUMN rev bigint NOT NULL DEFAULT 0;
