-- A rehearsal may be asked for, by the operator's page or the command line; a runner with the owner's account makes its
-- rows and its load. Then first_user_id, concert_id and started_at are set: the application may not write these.
ALTER TABLE rehearsal
  MODIFY first_user_id  BIGINT UNSIGNED NULL COMMENT 'the test users are user_count ids from here on, which no other user ever has, NULL: it has not begun',
  MODIFY last_outbox_id BIGINT UNSIGNED NULL COMMENT 'before it began',
  MODIFY started_at     DATETIME(3)     NULL DEFAULT NOW(3) COMMENT 'NULL: it waits for a runner, or was canceled before',
  ADD COLUMN seat_count   INT UNSIGNED NULL,
  ADD COLUMN wait_minutes INT UNSIGNED NULL COMMENT 'longest wait of a test user',
  ADD COLUMN real_seats   INT UNSIGNED NULL COMMENT 'of the sale whose end is to be predicted',
  ADD COLUMN real_buyers  INT UNSIGNED NULL,
  ADD COLUMN requested_by VARCHAR(64)  NULL COMMENT 'the operator, NULL: the command line',
  ADD COLUMN requested_at DATETIME(3)  NOT NULL DEFAULT NOW(3),
  ADD COLUMN ended_at     DATETIME(3)  NULL,
  ADD COLUMN outcome      JSON         NULL COMMENT 'what it has shown, NULL: nothing',
  ADD COLUMN failure      VARCHAR(500) NULL COMMENT 'why it has shown nothing';
UPDATE rehearsal SET requested_at = started_at, ended_at = COALESCE(removed_at, started_at);
