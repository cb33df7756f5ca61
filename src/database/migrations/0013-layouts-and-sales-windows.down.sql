-- A seat that was not for sale has never been sold: it goes with its status.
DELETE FROM concert_seat WHERE status = 'BLOCKED';
ALTER TABLE concert_seat
  DROP COLUMN section, DROP COLUMN row_label, DROP COLUMN seat_number, DROP COLUMN price_class,
  DROP COLUMN is_accessible, DROP COLUMN x, DROP COLUMN y,
  MODIFY status ENUM('AVAILABLE', 'TEMP_RESERVED', 'RESERVED') NOT NULL DEFAULT 'AVAILABLE';
DROP TABLE price_class;
ALTER TABLE concert DROP COLUMN version;
-- Constraints first: a column in use by one cannot be dropped.
ALTER TABLE concert_schedule
  DROP FOREIGN KEY schedule_of_layout,
  DROP CONSTRAINT schedule_closes_after_opening;
ALTER TABLE concert_schedule
  DROP KEY schedule_of_layout,
  DROP COLUMN state, DROP COLUMN opens_at, DROP COLUMN closes_at, DROP COLUMN refundable_until,
  DROP COLUMN seats_per_user, DROP COLUMN layout_id, DROP COLUMN version;
DROP TABLE layout;
