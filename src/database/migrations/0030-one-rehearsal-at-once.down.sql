ALTER TABLE rehearsal
  DROP KEY one_rehearsal_at_once,
  DROP COLUMN under_way;
ALTER TABLE audit DROP KEY audit_by_actor;
