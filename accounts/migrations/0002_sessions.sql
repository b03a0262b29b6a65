-- Sessions, remembered devices and what guards signing in. Rows end, a sweep deletes them later.

-- One browser that ticked "Remember me".
create table remembered_devices (
    id text not null primary key,
    user_id text not null references users (id),
    epoch bigint not null,
    user_agent text not null,
    created_at bigint not null,
    last_used_at bigint not null,
    expires_at bigint not null,
    ended_at bigint,
    ended_because text,
    ended_by text
);

create index remembered_devices_open on remembered_devices (user_id) where ended_at is null;

-- Every cookie value a remembered device was ever given. Only the one that was
-- not exchanged yet is good; an exchanged one that comes back means theft.
create table remember_tokens (
    token_hash text not null primary key check (length(token_hash) = 64),
    device_id text not null references remembered_devices (id),
    created_at bigint not null,
    exchanged_at bigint
);

create index remember_tokens_device on remember_tokens (device_id);

create table sessions (
    id text not null primary key,
    user_id text not null references users (id),
    token_hash text not null unique check (length(token_hash) = 64),
    epoch bigint not null,
    started_how text not null check (started_how in ('password', 'remembered')),
    remembered_device_id text references remembered_devices (id),
    ip text not null,
    user_agent text not null,
    started_at bigint not null,
    last_active_at bigint not null,
    expires_at bigint not null,
    ended_at bigint,
    ended_because text,
    -- The audit event of the deed that ended it, where there is one.
    ended_by text
);

create index sessions_open on sessions (user_id) where ended_at is null;
create index sessions_device on sessions (remembered_device_id) where remembered_device_id is not null;
create index sessions_ended on sessions (ended_at) where ended_at is not null;

-- Failed attempts, counted in the store so that restarts and other nodes count along.
create table attempts (
    subject text not null primary key,
    failures bigint not null,
    window_ends_at bigint not null
);

-- Browsers a person has signed in on before: their failures are counted apart, so that
-- a stranger's failures cannot lock the person out (OWASP device cookies).
create table known_devices (
    token_hash text not null check (length(token_hash) = 64),
    user_id text not null references users (id),
    last_used_at bigint not null,
    primary key (token_hash, user_id)
);
