-- What a check of the invariants needs is in the rows: the configuration may have been changed since they were written.
ALTER TABLE reservation
  ADD COLUMN hold_seconds INT UNSIGNED NULL COMMENT 'how long the hold was to last; NULL: made by a version before 0010';
ALTER TABLE outbox
  ADD COLUMN delivered_by ENUM('process', 'kafka') NULL COMMENT 'who has it since delivered_at; NULL: a version before 0010';
