-- Room for secrets that are encrypted. Those that are there stay as they are until `npm run db -- webhook encrypt`.
ALTER TABLE webhook_endpoint
  MODIFY secret          VARCHAR(255) NOT NULL COMMENT 'enc1:…: encrypted with WEBHOOK_ENCRYPTION_KEY, else as it is',
  MODIFY previous_secret VARCHAR(255) NULL     COMMENT 'signs as well until previous_until';
