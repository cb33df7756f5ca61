-- Who may use /v1/admin. A key is 256 random bits, so its SHA-256 is as good as the key is long. Rows are never deleted.
CREATE TABLE operator (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name       VARCHAR(64)     NOT NULL,
  role       ENUM('viewer', 'operator', 'admin') NOT NULL,
  key_hash   BINARY(32)      NOT NULL COMMENT 'SHA-256 of the key',
  created_at DATETIME(3)     NOT NULL DEFAULT NOW(3),
  revoked_at DATETIME(3)     NULL,
  active_name VARCHAR(64)    AS (IF(revoked_at IS NULL, name, NULL)) PERSISTENT,
  UNIQUE KEY operator_by_key (key_hash),
  UNIQUE KEY one_key_per_name (active_name)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What operators did. Append-only: the application may only insert and read.
CREATE TABLE audit (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  at           DATETIME(3)     NOT NULL DEFAULT NOW(3),
  actor        VARCHAR(64)     NOT NULL,
  role         VARCHAR(20)     NOT NULL,
  act          VARCHAR(60)     NOT NULL COMMENT 'schedule.publish, order.refund, …',
  subject      VARCHAR(100)    NOT NULL COMMENT 'schedule:7, queue:main, …',
  reason       VARCHAR(500)    NULL,
  before_state LONGTEXT        NULL CHECK (JSON_VALID(before_state)),
  after_state  LONGTEXT        NULL CHECK (JSON_VALID(after_state)),
  KEY audit_by_subject (subject, id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The refund of all orders of a canceled schedule, which the worker carries out. How far it is, the orders tell.
CREATE TABLE schedule_cancellation (
  schedule_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  order_count INT UNSIGNED    NOT NULL COMMENT 'held and paid ones when it began',
  failed      INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'that the last pass could not refund, it is tried again',
  started_at  DATETIME(3)     NOT NULL DEFAULT NOW(3),
  finished_at DATETIME(3)     NULL,
  KEY cancellation_under_way (finished_at),
  CONSTRAINT cancellation_of_schedule FOREIGN KEY (schedule_id) REFERENCES concert_schedule (id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
