ALTER TABLE outbox DROP COLUMN delivered_by;
ALTER TABLE reservation DROP COLUMN hold_seconds;
