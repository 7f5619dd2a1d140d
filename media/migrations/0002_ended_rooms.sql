-- Rooms that have ended: their files go, and until then nobody and no message gets one. A row goes a
-- day later, when nothing that was under way can come any more.
CREATE TABLE ended_rooms (
    room text COLLATE "C" PRIMARY KEY,
    since_ms bigint NOT NULL
);
CREATE INDEX files_room ON files (room);
