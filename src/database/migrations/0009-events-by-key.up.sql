-- An event waits for the earlier ones of its key, which the relay looks up at each turn.
ALTER TABLE outbox ADD KEY outbox_by_key (partition_key);
