-- A rehearsal sells the seats of a shadow concert to test users. Its row stays as the record of what was found.
CREATE TABLE rehearsal (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  queue_id      VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  concert_id    BIGINT UNSIGNED NULL COMMENT 'the shadow concert, which no list shows, NULL: it is removed',
  first_user_id BIGINT UNSIGNED NOT NULL COMMENT 'the test users are user_count ids from here on, which no other user ever has',
  user_count    INT UNSIGNED    NOT NULL,
  last_outbox_id BIGINT UNSIGNED NOT NULL COMMENT 'before it began',
  started_at    DATETIME(3)     NOT NULL DEFAULT NOW(3),
  removed_at    DATETIME(3)     NULL COMMENT 'when all that it had made was removed',
  capacity      INT UNSIGNED    NULL COMMENT 'active users at once who were served within the objective, NULL: none were',
  is_limit      BOOLEAN         NULL COMMENT 'users waited for the limit meanwhile, else more may be possible',
  UNIQUE KEY rehearsal_of_concert (concert_id),
  KEY rehearsal_by_users (first_user_id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
