-- Where events are posted to, beside the notifier. The secrets are kept as they are: each call is signed with them.
CREATE TABLE webhook_endpoint (
  id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  url             VARCHAR(2000)   NOT NULL,
  description     VARCHAR(200)    NOT NULL DEFAULT '',
  topics          VARCHAR(1000)   NULL COMMENT 'with commas between them, NULL: all',
  secret          VARCHAR(100)    NOT NULL,
  previous_secret VARCHAR(100)    NULL COMMENT 'signs as well until previous_until',
  previous_until  DATETIME(3)     NULL,
  created_at      DATETIME(3)     NOT NULL DEFAULT NOW(3),
  failures        INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'failed calls since the last one that succeeded',
  failing_since   DATETIME(3)     NULL,
  retry_at        DATETIME(3)     NULL COMMENT 'no call before',
  disabled_at     DATETIME(3)     NULL,
  disabled_reason VARCHAR(200)    NULL
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One event for one endpoint. It keeps what is sent: the outbox forgets its rows earlier.
CREATE TABLE webhook_delivery (
  id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  endpoint_id     BIGINT UNSIGNED NOT NULL,
  outbox_id       BIGINT UNSIGNED NOT NULL COMMENT 'the order of events of a key',
  event_id        UUID            NOT NULL,
  topic           VARCHAR(100)    NOT NULL,
  partition_key   VARCHAR(100)    NOT NULL,
  payload         LONGTEXT        NOT NULL,
  occurred_at     DATETIME(3)     NOT NULL,
  status          ENUM('PENDING', 'DELIVERED', 'FAILED') NOT NULL DEFAULT 'PENDING',
  attempts        SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  next_attempt_at DATETIME(3)     NOT NULL DEFAULT NOW(3),
  created_at      DATETIME(3)     NOT NULL DEFAULT NOW(3),
  UNIQUE KEY delivery_once (endpoint_id, event_id),
  KEY delivery_due (endpoint_id, status, next_attempt_at),
  KEY delivery_order (endpoint_id, partition_key, status, outbox_id),
  KEY delivery_by_age (status, created_at),
  CONSTRAINT delivery_to_endpoint FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoint (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What came of each call.
CREATE TABLE webhook_attempt (
  id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  delivery_id BIGINT UNSIGNED NOT NULL,
  at          DATETIME(3)     NOT NULL DEFAULT NOW(3),
  http_status SMALLINT UNSIGNED NULL COMMENT 'NULL: there was no answer',
  duration_ms INT UNSIGNED    NOT NULL,
  error       VARCHAR(500)    NULL COMMENT 'NULL: it was delivered',
  CONSTRAINT attempt_of_delivery FOREIGN KEY (delivery_id) REFERENCES webhook_delivery (id) ON DELETE CASCADE
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
