-- The comment said that the whole envelope is kept; it is made again at each replay.
ALTER TABLE idempotency_key
  MODIFY answer TEXT NOT NULL COMMENT 'JSON: data of a success, or code and message of a refusal';
