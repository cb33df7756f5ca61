DROP TABLE transparency_checkpoint;
DROP TABLE transparency_tile;
DROP TABLE transparency_entries;
