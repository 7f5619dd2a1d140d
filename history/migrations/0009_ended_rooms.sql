-- Rooms that have ended, whose files media is still to be told of.
CREATE TABLE ended_rooms (room text COLLATE "C" PRIMARY KEY);
-- Those that ended before media was told of any.
INSERT INTO ended_rooms SELECT id FROM rooms WHERE deleted_ms IS NOT NULL;
