-- What is known of each waiting room, saved every few seconds: with it places survive the loss of Redis.
CREATE TABLE queue_state (
  queue_id VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  issued   BIGINT UNSIGNED NOT NULL,
  serving  BIGINT UNSIGNED NOT NULL,
  gen      BIGINT UNSIGNED NOT NULL,
  saved_at DATETIME(3)     NOT NULL DEFAULT NOW(3) ON UPDATE NOW(3)
);
