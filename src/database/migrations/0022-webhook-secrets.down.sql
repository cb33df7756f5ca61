-- Fails, and loses nothing, while a secret is encrypted: `npm run db -- webhook encrypt` with its key as
-- WEBHOOK_ENCRYPTION_KEY_SECONDARY and without WEBHOOK_ENCRYPTION_KEY stores all as they are.
ALTER TABLE webhook_endpoint
  MODIFY secret          VARCHAR(100) NOT NULL,
  MODIFY previous_secret VARCHAR(100) NULL COMMENT 'signs as well until previous_until';
