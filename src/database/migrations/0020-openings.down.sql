DROP TABLE queue_registrant;
DROP TABLE queue_draw;
DROP TABLE queue_commitment;
DROP TABLE queue_opening;
