-- API and MCP tokens: a remote logout leaves them alone.

create table tokens (
    id text not null primary key,
    user_id text not null references users (id),
    kind text not null check (kind in ('api', 'mcp')),
    name text not null,
    token_hash text not null unique check (length(token_hash) = 64),
    -- What it may do, space-separated.
    scopes text not null default 'read',
    created_at bigint not null,
    last_used_at bigint,
    -- When it expires by itself; null: never.
    expires_at bigint,
    revoked_at bigint
);

create index tokens_user on tokens (user_id);
create index tokens_ended on tokens (revoked_at) where revoked_at is not null;
create index tokens_expiring on tokens (expires_at) where expires_at is not null;
