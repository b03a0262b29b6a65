-- Sessions, remembered devices and what guards signing in. Rows end; the cleanup deletes them later.

-- One browser in which "Remember me" was ticked.
create table remembered_devices (
    id text not null primary key,
    user_id text not null references users (id),
    epoch bigint not null,
    user_agent text not null,
    -- The name that the user has given it.
    label text,
    created_at bigint not null,
    last_used_at bigint not null,
    expires_at bigint not null,
    -- The next curfew of its user or account, worked out when it started and when a curfew was set.
    curfew_ends_at bigint,
    ended_at bigint,
    end_reason text,
    -- The audit event of the operation that ended it, where there is one.
    ended_by text
);

-- All that says whether one is live, so that they are counted in the index alone.
create index remembered_devices_open on remembered_devices (user_id, epoch, expires_at, curfew_ends_at)
    where ended_at is null;
create index remembered_devices_curfew on remembered_devices (curfew_ends_at)
    where ended_at is null and curfew_ends_at is not null;

-- Every cookie value that a remembered device was ever given. A value is exchanged for a session and the next value.
-- What an exchange gave counts from the first later request that presents either: before that the answer may have been
-- lost, so the same value is exchanged again, and what was given before is void.
create table remember_tokens (
    token_hash text not null primary key check (length(token_hash) = 64),
    device_id text not null references remembered_devices (id),
    -- The value that was exchanged for this one; null for the first, which a sign-in gave.
    parent_hash text,
    created_at bigint not null,
    -- The last time it was exchanged.
    exchanged_at bigint,
    -- The first time it, or the session that was given with it, was presented.
    used_at bigint,
    -- When its parent was exchanged again before anything that it gave was used.
    voided_at bigint
);

create index remember_tokens_device on remember_tokens (device_id);

create table sessions (
    id text not null primary key,
    user_id text not null references users (id),
    token_hash text not null unique check (length(token_hash) = 64),
    -- The cookie's value before the last rotation. It opens nothing; a request that sends it within seconds
    -- was already on its way then: refused, but the browser keeps its cookies.
    previous_token_hash text,
    rotated_at bigint,
    epoch bigint not null,
    auth_method text not null check (auth_method in ('password', 'remembered')),
    -- What was shown besides the password: 'code' or 'recovery_code'.
    second_factor text,
    -- When the user last showed a password or a code in this session; null for a remembered device.
    confirmed_at bigint,
    remembered_device_id text references remembered_devices (id),
    -- The remember-me value that the same exchange gave, until a later request has presented this session.
    given_with text,
    ip text not null,
    user_agent text not null,
    label text,
    started_at bigint not null,
    last_active_at bigint not null,
    expires_at bigint not null,
    -- The next curfew of its user or account, worked out when it started and when a curfew was set.
    curfew_ends_at bigint,
    ended_at bigint,
    end_reason text,
    -- The audit event of the operation that ended it, where there is one.
    ended_by text,
    check (last_active_at >= started_at)
);

-- One row for each time that a user's epoch was raised: what ended with it, by which event, and whether the rows are
-- marked yet. Raising it is all that ends them, so the answer's cost does not grow with their number; the rest is a job.
create table epoch_raises (
    user_id text not null references users (id),
    -- The epoch that ended.
    epoch bigint not null,
    event_id text not null,
    reason text not null,
    at bigint not null,
    sessions bigint not null,
    remembered_devices bigint not null,
    invitations bigint not null,
    -- When every row was marked and every session that ended had its event; null while the job is to be done.
    expanded_at bigint,
    primary key (user_id, epoch)
);

create index epoch_raises_due on epoch_raises (at) where expanded_at is null;

-- For when a member was last active, and the picture of the last 30 days: ended sessions count there.
create index sessions_user on sessions (user_id);
-- All that says whether one that started lately is live, so that they are counted in the index alone. When one was last
-- active changes too often to be in it.
create index sessions_open on sessions (user_id, epoch, expires_at, started_at, curfew_ends_at) where ended_at is null;
create index sessions_curfew on sessions (curfew_ends_at) where ended_at is null and curfew_ends_at is not null;
create index sessions_device on sessions (remembered_device_id) where remembered_device_id is not null;
create index sessions_ended on sessions (ended_at) where ended_at is not null;
create index sessions_previous on sessions (previous_token_hash) where previous_token_hash is not null;

-- How often something was tried, counted here so that restarts and other nodes count along.
create table rate_limits (
    subject text not null primary key,
    failures bigint not null,
    window_ends_at bigint not null
);

-- Browsers on which a user has signed in before: their failures are counted apart, so that
-- a stranger's failures cannot lock the user out (OWASP device cookies).
create table known_devices (
    token_hash text not null check (length(token_hash) = 64),
    user_id text not null references users (id),
    last_used_at bigint not null,
    -- The user's epoch at the last sign-in on it. Once that has risen, the device is forgotten: its next sign-in is
    -- announced as that of a new one, and until then it has a smaller rate limit of its own. 0 is forgotten from the
    -- start: a browser that has set a new password, or a value that a newer one has replaced.
    epoch bigint not null,
    -- The value that this one has replaced, kept until the browser has shown that this one has arrived.
    follows text,
    primary key (token_hash, user_id)
);
