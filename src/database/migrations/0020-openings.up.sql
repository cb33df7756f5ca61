-- When a queue opens, and in which order it admits those who came before. `number` counts its openings: what was
-- committed and drawn belongs to one of them.
CREATE TABLE queue_opening (
  queue_id     VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  number       INT UNSIGNED    NOT NULL,
  opens_at     DATETIME(3)     NULL COMMENT 'NULL: it is open',
  mode         ENUM('fifo', 'draw') NOT NULL,
  drand_chain  CHAR(64)        CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'the beacon: a round of this chain, NULL where operators commit and reveal',
  drand_round  BIGINT UNSIGNED NULL,
  version      INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'counts edits: ETag and If-Match',
  CONSTRAINT queue_opening_beacon CHECK ((drand_chain IS NULL) = (drand_round IS NULL))
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What operators have committed to before the registration closed, and revealed after it.
CREATE TABLE queue_commitment (
  queue_id   VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  number     INT UNSIGNED NOT NULL,
  operator   VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  hash       CHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256 of secret, hex',
  secret     VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at DATETIME(3)  NOT NULL DEFAULT NOW(3),
  PRIMARY KEY (queue_id, number, operator)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A draw: made when the registration has closed, complete when `seed` is there. Entries of (first_seq, last_seq] take
-- part; the one at index i of them gets the number last_seq + 1 + shuffled(i). It is never changed after that.
CREATE TABLE queue_draw (
  queue_id   VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  number     INT UNSIGNED    NOT NULL,
  first_seq  BIGINT UNSIGNED NOT NULL,
  last_seq   BIGINT UNSIGNED NOT NULL,
  opens_at   DATETIME(3)     NOT NULL,
  registered INT UNSIGNED    NOT NULL COMMENT 'rows of queue_registrant that root is over',
  root       CHAR(64)        CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Merkle tree hash (RFC 9162), hex',
  beacon     VARCHAR(2000)   CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'the text that was hashed',
  seed       CHAR(64)        CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'SHA-256, hex',
  closed_at  DATETIME(3)     NOT NULL DEFAULT NOW(3),
  drawn_at   DATETIME(3)     NULL,
  PRIMARY KEY (queue_id, number)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Who is registered for a draw: the number of the entry and the SHA-256 of its token, which says nothing of the user.
CREATE TABLE queue_registrant (
  queue_id   VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  number     INT UNSIGNED    NOT NULL,
  seq        BIGINT UNSIGNED NOT NULL,
  token_hash BINARY(32)      NOT NULL,
  PRIMARY KEY (queue_id, number, seq)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
