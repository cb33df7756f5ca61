-- A reservation keeps the window in which its seat was sold, as it was then: that nothing is sold outside of it can be
-- judged from the rows, whatever becomes of the schedule afterwards. NULL: no limit, or sold by an older version.
ALTER TABLE reservation
  ADD COLUMN sale_opens_at  DATETIME(3) NULL,
  ADD COLUMN sale_closes_at DATETIME(3) NULL;
