-- How many days an account keeps its events; null: for ever.
alter table accounts add column audit_keep_days bigint;

-- The log's page filters by these.
create index audit_events_action on audit_events (chain, action, seq);
create index audit_events_severity on audit_events (chain, severity, seq);
