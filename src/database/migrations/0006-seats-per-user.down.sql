ALTER TABLE reservation
  ADD KEY reservation_by_user (user_id),
  DROP KEY reservation_by_user_and_schedule;
