-- A concert may have a line of its own: only its visitors may reserve. NULL: the main queue.
ALTER TABLE concert ADD COLUMN queue_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL;
