-- Nothing looks for seats by the end of their hold but within a schedule (seat_by_status): reservations are looked for.
-- Each hold and each sale of a seat wrote this index twice.
ALTER TABLE concert_seat DROP KEY seat_by_hold_end;
