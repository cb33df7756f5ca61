DROP TABLE queue_state;
