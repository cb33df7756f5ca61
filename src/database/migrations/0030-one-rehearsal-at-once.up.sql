-- The list of an operator's acts read the whole audit.
ALTER TABLE audit ADD KEY audit_by_actor (actor, id);

-- Two operators who asked for a rehearsal in the same moment each got one. One that runs stays, or the oldest.
UPDATE rehearsal r,
       (SELECT id FROM rehearsal WHERE ended_at IS NULL ORDER BY started_at IS NULL, id LIMIT 1) staying
   SET r.ended_at = NOW(3), r.failure = IF(r.started_at IS NULL, NULL, 'Another one was under way.')
 WHERE r.ended_at IS NULL AND r.id <> staying.id;
ALTER TABLE rehearsal
  ADD COLUMN under_way TINYINT AS (IF(ended_at IS NULL, 1, NULL)) PERSISTENT,
  ADD UNIQUE KEY one_rehearsal_at_once (under_way);
