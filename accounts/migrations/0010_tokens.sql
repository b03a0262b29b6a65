-- What a token may do, space-separated, and when it ends by itself; none: never.
alter table tokens add column scopes text not null default 'read';
alter table tokens add column expires_at bigint;

create index tokens_ended on tokens (revoked_at) where revoked_at is not null;
create index tokens_expiring on tokens (expires_at) where expires_at is not null;

-- The newest first of what a person did or what was done to them.
create index audit_events_chain_subject on audit_events (chain, subject, seq);
