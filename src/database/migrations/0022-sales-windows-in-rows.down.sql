ALTER TABLE reservation DROP COLUMN sale_opens_at, DROP COLUMN sale_closes_at;
