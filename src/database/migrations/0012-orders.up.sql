-- An order is one or more seats of one schedule, held and paid together; its reservations are its items. Like the
-- reservations it carries the session that made it, NULL for rows of versions that did not store one.
CREATE TABLE orders (
  id               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id          BIGINT UNSIGNED NOT NULL,
  schedule_id      BIGINT UNSIGNED NOT NULL,
  status           ENUM('HELD', 'PAID', 'CANCELED', 'EXPIRED') NOT NULL DEFAULT 'HELD',
  total            BIGINT          NOT NULL COMMENT 'won',
  held_until       DATETIME(3)     NOT NULL,
  extended         BOOLEAN         NOT NULL DEFAULT FALSE COMMENT 'the hold was prolonged, which happens once',
  queue_id         VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NULL,
  queue_generation BIGINT UNSIGNED NULL,
  queue_seq        BIGINT UNSIGNED NULL,
  created_at       DATETIME(3)     NOT NULL DEFAULT NOW(3),
  paid_at          DATETIME(3)     NULL,
  ended_at         DATETIME(3)     NULL COMMENT 'when it was canceled, or had expired',
  KEY order_by_user (user_id, status, held_until),
  KEY order_by_hold_end (status, held_until),
  KEY order_by_schedule (schedule_id, status),
  CONSTRAINT order_total_not_negative CHECK (total >= 0)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Until now each reservation was bought by itself, so it becomes an order of one seat, with its own id. Nothing but the
-- end of a hold has canceled one.
INSERT INTO orders (id, user_id, schedule_id, status, total, held_until, queue_id, queue_generation, queue_seq,
                    created_at, paid_at, ended_at)
SELECT r.id, r.user_id, r.schedule_id,
       CASE r.status WHEN 'TEMP_RESERVED' THEN 'HELD' WHEN 'RESERVED' THEN 'PAID' ELSE 'EXPIRED' END,
       r.amount, r.held_until, r.queue_id, r.queue_generation, r.queue_seq, r.reserved_at, p.created_at,
       IF(r.status = 'CANCELED', r.held_until, NULL)
  FROM reservation r
  LEFT JOIN payment p ON p.reservation_id = r.id;

-- NULL: made by a process of an older version while the update rolls out; the worker makes its order.
ALTER TABLE reservation
  ADD COLUMN order_id BIGINT UNSIGNED NULL,
  ADD KEY reservation_by_order (order_id);

UPDATE reservation SET order_id = id;

-- A payment is of an order; reservation_id is its first item.
ALTER TABLE payment
  ADD COLUMN order_id BIGINT UNSIGNED NULL,
  ADD UNIQUE KEY one_payment_per_order (order_id);

UPDATE payment SET order_id = reservation_id;
