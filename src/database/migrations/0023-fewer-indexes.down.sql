ALTER TABLE concert_seat ADD KEY seat_by_hold_end (status, held_until);
