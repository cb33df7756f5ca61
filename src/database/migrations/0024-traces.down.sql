ALTER TABLE webhook_delivery DROP COLUMN traceparent;
ALTER TABLE outbox DROP COLUMN traceparent;
