-- The picture of a person: its id, by which media has it. Null: none.
ALTER TABLE accounts ADD COLUMN avatar text COLLATE "C";
