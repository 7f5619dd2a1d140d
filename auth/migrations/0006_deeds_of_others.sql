-- Lines of the audit log that another service told of: each by an id of its own, so that it is taken once.
ALTER TABLE audit ADD COLUMN origin text COLLATE "C" UNIQUE;
