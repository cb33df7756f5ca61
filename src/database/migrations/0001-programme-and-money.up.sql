CREATE TABLE member (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name       VARCHAR(100)    NOT NULL,
  balance    BIGINT          NOT NULL DEFAULT 0,
  created_at DATETIME(3)     NOT NULL DEFAULT NOW(3),
  CONSTRAINT member_balance_not_negative CHECK (balance >= 0)
);

CREATE TABLE concert (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  title      VARCHAR(200)    NOT NULL,
  created_at DATETIME(3)     NOT NULL DEFAULT NOW(3)
);

CREATE TABLE concert_schedule (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  concert_id BIGINT UNSIGNED NOT NULL,
  starts_at  DATETIME(3)     NOT NULL,
  ends_at    DATETIME(3)     NOT NULL,
  KEY schedule_by_start (starts_at),
  CONSTRAINT schedule_of_concert FOREIGN KEY (concert_id) REFERENCES concert (id),
  CONSTRAINT schedule_ends_after_start CHECK (ends_at > starts_at)
);

CREATE TABLE concert_seat (
  id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  schedule_id BIGINT UNSIGNED NOT NULL,
  position    INT UNSIGNED    NOT NULL,
  amount      BIGINT          NOT NULL,
  status      ENUM('AVAILABLE', 'TEMP_RESERVED', 'RESERVED') NOT NULL DEFAULT 'AVAILABLE',
  held_until  DATETIME(3)     NULL,
  UNIQUE KEY seat_once_per_schedule (schedule_id, position),
  KEY seat_by_status (schedule_id, status, held_until),
  KEY seat_by_hold_end (status, held_until),
  CONSTRAINT seat_of_schedule FOREIGN KEY (schedule_id) REFERENCES concert_schedule (id),
  CONSTRAINT seat_amount_not_negative CHECK (amount >= 0),
  CONSTRAINT seat_held_has_end CHECK ((status = 'TEMP_RESERVED') = (held_until IS NOT NULL))
);

-- user_id has no foreign key on purpose: its shared lock on the member's row would make every hold wait for that
-- member's payments. Members are never deleted, and the token proves that this one exists.
CREATE TABLE reservation (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id       BIGINT UNSIGNED NOT NULL,
  schedule_id   BIGINT UNSIGNED NOT NULL,
  seat_id       BIGINT UNSIGNED NOT NULL,
  status        ENUM('TEMP_RESERVED', 'RESERVED', 'CANCELED') NOT NULL DEFAULT 'TEMP_RESERVED',
  concert_title VARCHAR(200)    NOT NULL,
  starts_at     DATETIME(3)     NOT NULL,
  ends_at       DATETIME(3)     NOT NULL,
  seat_position INT UNSIGNED    NOT NULL,
  amount        BIGINT          NOT NULL,
  reserved_at   DATETIME(3)     NOT NULL,
  held_until    DATETIME(3)     NOT NULL,
  live_seat_id  BIGINT UNSIGNED AS (IF(status = 'CANCELED', NULL, seat_id)) PERSISTENT,
  UNIQUE KEY one_live_reservation_per_seat (live_seat_id),
  KEY reservation_by_user (user_id),
  KEY reservation_by_hold_end (status, held_until),
  CONSTRAINT reservation_of_seat FOREIGN KEY (seat_id) REFERENCES concert_seat (id)
);

CREATE TABLE payment (
  id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  reservation_id BIGINT UNSIGNED NOT NULL,
  user_id        BIGINT UNSIGNED NOT NULL,
  amount         BIGINT          NOT NULL,
  status         ENUM('PROGRESS', 'DONE', 'CANCELED') NOT NULL,
  created_at     DATETIME(3)     NOT NULL DEFAULT NOW(3),
  UNIQUE KEY one_payment_per_reservation (reservation_id),
  KEY payment_by_user (user_id),
  CONSTRAINT payment_of_reservation FOREIGN KEY (reservation_id) REFERENCES reservation (id)
);

-- The ledger: append-only (the application may only read and insert). Balance = sum of amounts, always.
CREATE TABLE payment_history (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id       BIGINT UNSIGNED NOT NULL,
  kind          ENUM('CHARGE', 'PAYMENT', 'REFUND') NOT NULL,
  amount        BIGINT          NOT NULL COMMENT 'signed: what it adds to the balance',
  balance_after BIGINT          NOT NULL,
  payment_id    BIGINT UNSIGNED NULL,
  created_at    DATETIME(3)     NOT NULL DEFAULT NOW(3),
  UNIQUE KEY one_entry_per_payment_and_kind (payment_id, kind),
  KEY history_by_user (user_id),
  CONSTRAINT history_of_member FOREIGN KEY (user_id) REFERENCES member (id),
  CONSTRAINT history_sign CHECK ((kind = 'PAYMENT' AND amount <= 0) OR (kind <> 'PAYMENT' AND amount >= 0)),
  CONSTRAINT history_payment CHECK ((kind = 'CHARGE') = (payment_id IS NULL))
);
