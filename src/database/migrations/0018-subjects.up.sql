-- Whom the shop means by a subject. A user that was made by other means has neither column.
ALTER TABLE member
  ALTER COLUMN name SET DEFAULT '',
  ADD COLUMN issuer  VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN subject VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD UNIQUE KEY user_of_subject (subject, issuer),
  ADD CONSTRAINT member_subject_of_issuer CHECK ((issuer IS NULL) = (subject IS NULL));
