-- People and what they own. Ids and hashes are text, times are Unix milliseconds,
-- so that one text serves SQLite and PostgreSQL alike.

create table accounts (
    id text not null primary key,
    name text not null,
    plan text not null check (plan in ('free', 'plus', 'pro', 'enterprise')),
    created_at bigint not null
);

create table users (
    id text not null primary key,
    account_id text not null references accounts (id),
    role text not null check (role in ('owner', 'admin', 'editor', 'member', 'watch_only')),
    name text not null,
    username text unique,
    -- Lower case; what a person signs in with.
    email text not null unique,
    password_hash text not null,
    password_changed_at bigint not null,
    -- Raised by a remote logout and by a change of password. What was made under an older one is dead.
    epoch bigint not null,
    two_factor_since bigint,
    disabled_at bigint,
    created_at bigint not null
);

create index users_account on users (account_id);

-- API and MCP tokens: a remote logout leaves them alone.
create table tokens (
    id text not null primary key,
    user_id text not null references users (id),
    kind text not null check (kind in ('api', 'mcp')),
    name text not null,
    token_hash text not null unique check (length(token_hash) = 64),
    created_at bigint not null,
    last_used_at bigint,
    revoked_at bigint
);

create index tokens_user on tokens (user_id);
