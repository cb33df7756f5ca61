ALTER TABLE notification DROP KEY notification_by_time;
