DELETE FROM rehearsal WHERE first_user_id IS NULL;
ALTER TABLE rehearsal
  DROP COLUMN seat_count,
  DROP COLUMN wait_minutes,
  DROP COLUMN real_seats,
  DROP COLUMN real_buyers,
  DROP COLUMN requested_by,
  DROP COLUMN requested_at,
  DROP COLUMN ended_at,
  DROP COLUMN outcome,
  DROP COLUMN failure,
  MODIFY first_user_id  BIGINT UNSIGNED NOT NULL COMMENT 'the test users are user_count ids from here on, which no other user ever has',
  MODIFY last_outbox_id BIGINT UNSIGNED NOT NULL COMMENT 'before it began',
  MODIFY started_at     DATETIME(3)     NOT NULL DEFAULT NOW(3);
