ALTER TABLE member
  DROP CONSTRAINT member_subject_of_issuer,
  DROP KEY user_of_subject,
  DROP COLUMN subject,
  DROP COLUMN issuer,
  ALTER COLUMN name DROP DEFAULT;
