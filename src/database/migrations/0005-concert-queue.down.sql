ALTER TABLE concert DROP COLUMN queue_id;
