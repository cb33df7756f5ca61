ALTER TABLE reservation DROP COLUMN queue_id, DROP COLUMN queue_generation, DROP COLUMN queue_seq;
ALTER TABLE payment
  DROP KEY payment_by_queue_and_time,
  DROP KEY one_payment_per_session,
  DROP COLUMN queue_id,
  DROP COLUMN queue_generation,
  DROP COLUMN queue_seq;
