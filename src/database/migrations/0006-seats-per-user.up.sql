-- MAX_SEATS_PER_USER counts a user's live reservations of a schedule at each hold.
ALTER TABLE reservation
  ADD KEY reservation_by_user_and_schedule (user_id, schedule_id, status),
  DROP KEY reservation_by_user;
