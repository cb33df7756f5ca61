-- Which session a payment has ended and which one has made a hold: by it a session's end outlives Redis. Rows of
-- versions before this one have none. The unique key: a session buys once, whatever Redis says of it.
ALTER TABLE payment
  ADD COLUMN queue_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN queue_generation BIGINT UNSIGNED NULL,
  ADD COLUMN queue_seq BIGINT UNSIGNED NULL,
  ADD UNIQUE KEY one_payment_per_session (queue_id, queue_seq, queue_generation),
  ADD KEY payment_by_queue_and_time (queue_id, created_at);

ALTER TABLE reservation
  ADD COLUMN queue_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN queue_generation BIGINT UNSIGNED NULL,
  ADD COLUMN queue_seq BIGINT UNSIGNED NULL;
