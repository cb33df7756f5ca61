-- A hall's plan, for any number of schedules. It never changes: its key is the hash of what it says.
CREATE TABLE layout (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  hash       CHAR(43)        CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256 of document, base64url',
  name       VARCHAR(200)    NOT NULL,
  seat_count INT UNSIGNED    NOT NULL,
  document   LONGTEXT        NOT NULL CHECK (JSON_VALID(document)),
  created_at DATETIME(3)     NOT NULL DEFAULT NOW(3),
  UNIQUE KEY layout_once (hash)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Times are NULL where nothing limits the sale: it opens at once, closes at the start, and takes no ticket back.
-- A schedule that is inserted without a state is on sale, as before this migration.
ALTER TABLE concert_schedule
  ADD COLUMN state ENUM('DRAFT', 'PUBLISHED', 'CANCELED') NOT NULL DEFAULT 'PUBLISHED',
  ADD COLUMN opens_at DATETIME(3) NULL,
  ADD COLUMN closes_at DATETIME(3) NULL,
  ADD COLUMN refundable_until DATETIME(3) NULL,
  ADD COLUMN seats_per_user SMALLINT UNSIGNED NULL COMMENT 'NULL: MAX_SEATS_PER_USER',
  ADD COLUMN layout_id BIGINT UNSIGNED NULL,
  ADD COLUMN version INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'counts edits: ETag and If-Match',
  ADD CONSTRAINT schedule_of_layout FOREIGN KEY (layout_id) REFERENCES layout (id),
  ADD CONSTRAINT schedule_closes_after_opening CHECK (closes_at > opens_at);

ALTER TABLE concert ADD COLUMN version INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'counts edits: ETag and If-Match';

-- What a seat of a class costs is written in each seat as well, where the sale reads it.
CREATE TABLE price_class (
  schedule_id BIGINT UNSIGNED NOT NULL,
  name        VARCHAR(40)     NOT NULL,
  amount      BIGINT          NOT NULL,
  PRIMARY KEY (schedule_id, name),
  CONSTRAINT price_class_of_schedule FOREIGN KEY (schedule_id) REFERENCES concert_schedule (id),
  CONSTRAINT price_class_amount_not_negative CHECK (amount >= 0)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Where a seat is, NULL in schedules without a layout. A seat that is not for sale is BLOCKED: the sale, which asks for
-- AVAILABLE, needs no other guard. price_class has no foreign key: it would copy a table of millions of seats.
ALTER TABLE concert_seat
  MODIFY status ENUM('AVAILABLE', 'TEMP_RESERVED', 'RESERVED', 'BLOCKED') NOT NULL DEFAULT 'AVAILABLE',
  ADD COLUMN section VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN row_label VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN seat_number VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN price_class VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN is_accessible BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN x INT NULL COMMENT 'in the layout''s own unit, from the left',
  ADD COLUMN y INT NULL COMMENT 'from the stage';
