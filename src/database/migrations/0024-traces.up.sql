-- With an event goes the trace of the request that has caused it. Empty for requests that are not traced, which are most.
ALTER TABLE outbox
  ADD COLUMN traceparent VARCHAR(55) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'W3C Trace Context';
ALTER TABLE webhook_delivery
  ADD COLUMN traceparent VARCHAR(55) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'W3C Trace Context';
