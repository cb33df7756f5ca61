-- Events leave in the order of id. event_id is what consumers know an event by.
CREATE TABLE outbox (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  event_id     UUID            NOT NULL,
  topic        VARCHAR(100)    NOT NULL,
  partition_key VARCHAR(100)   NOT NULL,
  payload      LONGTEXT        NOT NULL CHECK (JSON_VALID(payload)),
  created_at   DATETIME(3)     NOT NULL DEFAULT NOW(3),
  delivered_at DATETIME(3)     NULL,
  attempts     SMALLINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'in-process handling only: failed tries so far',
  next_try_at  DATETIME(3)     NULL COMMENT 'in-process handling only: not before',
  given_up_at  DATETIME(3)     NULL COMMENT 'in-process handling only: the permanent DLQ',
  last_error   VARCHAR(500)    NULL COMMENT 'in-process handling only: why the last try failed',
  UNIQUE KEY outbox_event (event_id),
  KEY outbox_backlog (delivered_at, given_up_at, next_try_at, id)
);

-- Who may deliver events: one relay of a name at a time, until its lease is over by the database's clock.
CREATE TABLE outbox_lease (
  name       VARCHAR(100) NOT NULL PRIMARY KEY,
  holder     UUID         NULL,
  held_until DATETIME(3)  NOT NULL DEFAULT NOW(3)
);

-- One row per event that has been acted upon: its key makes every consumer idempotent.
CREATE TABLE notification (
  event_id   UUID            NOT NULL PRIMARY KEY,
  topic      VARCHAR(100)    NOT NULL,
  user_id    BIGINT UNSIGNED NOT NULL,
  message    VARCHAR(500)    NOT NULL,
  sent_at    DATETIME(3)     NOT NULL DEFAULT NOW(3),
  KEY notification_by_user (user_id)
);
