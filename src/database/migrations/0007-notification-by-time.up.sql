-- What was handled long ago is forgotten, oldest first.
ALTER TABLE notification ADD KEY notification_by_time (sent_at);
