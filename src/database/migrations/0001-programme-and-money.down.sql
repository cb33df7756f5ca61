DROP TABLE payment_history;
DROP TABLE payment;
DROP TABLE reservation;
DROP TABLE concert_seat;
DROP TABLE concert_schedule;
DROP TABLE concert;
DROP TABLE member;
