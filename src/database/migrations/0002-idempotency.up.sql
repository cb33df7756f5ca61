CREATE TABLE idempotency_key (
  user_id     BIGINT UNSIGNED NOT NULL,
  id          VARCHAR(255)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fingerprint BINARY(32)      NOT NULL COMMENT 'SHA-256 of method, path and body',
  status      SMALLINT UNSIGNED NOT NULL,
  answer      TEXT            NOT NULL COMMENT 'the envelope as it was sent',
  created_at  DATETIME(3)     NOT NULL DEFAULT NOW(3),
  PRIMARY KEY (user_id, id),
  KEY key_by_age (created_at)
);
