-- The transparency log of each queue. All of it is append-only: the application may only insert and read.
-- Entries as bundles have them, in pieces: a piece lies within one bundle of 256.
CREATE TABLE transparency_entries (
  queue_id    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  first_index BIGINT UNSIGNED   NOT NULL,
  entry_count SMALLINT UNSIGNED NOT NULL,
  first_seq   BIGINT UNSIGNED   NULL COMMENT 'the first entry of the queue that the piece says was issued',
  entries     MEDIUMBLOB        NOT NULL COMMENT 'each behind its length, two bytes',
  PRIMARY KEY (queue_id, first_index),
  KEY entries_by_seq (queue_id, first_seq)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Tiles that are full. Others are made of the entries, or of the roots of the tiles below.
CREATE TABLE transparency_tile (
  queue_id   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  tile_level TINYINT UNSIGNED NOT NULL,
  tile_index BIGINT UNSIGNED  NOT NULL,
  hashes     BLOB             NOT NULL COMMENT '256 hashes',
  root_hash  BINARY(32)       NOT NULL COMMENT 'of the subtree: a hash of the tile above',
  PRIMARY KEY (queue_id, tile_level, tile_index)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE transparency_checkpoint (
  queue_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  tree_size BIGINT UNSIGNED NOT NULL,
  root_hash BINARY(32)      NOT NULL,
  note      TEXT            NOT NULL COMMENT 'signed',
  anchor    BLOB            NULL COMMENT 'the last leaf as Redis has it, which stays there',
  made_at   DATETIME(3)     NOT NULL DEFAULT NOW(3),
  PRIMARY KEY (queue_id, tree_size)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
