ALTER TABLE idempotency_key MODIFY answer TEXT NOT NULL COMMENT 'the envelope as it was sent';
