-- The second factor, and what comes between a right password and a session.

-- An authenticator app's secret, sealed under the instance's key that `key_id` names.
create table authenticators (
    user_id text not null primary key references users (id),
    -- Counts of wrong codes belong to this one, so that setting up again begins at zero.
    id text not null unique,
    key_id text not null,
    secret text not null,
    -- The 30-second step of the last accepted code: it and all before it are consumed (RFC 6238, 5.2).
    last_step bigint not null,
    -- The step of a code that was refused as minutes off: void, because it was told to be one.
    void_step bigint,
    created_at bigint not null
);

create table recovery_codes (
    user_id text not null references users (id),
    code_hash text not null check (length(code_hash) = 64),
    created_at bigint not null,
    used_at bigint,
    primary key (user_id, code_hash)
);

-- A set-up, or a new set of recovery codes, that is shown and not in force yet. Sealed; deleted when it
-- is in force, abandoned or overtaken by a remote logout. Shown only to the session that began it, because
-- that one has passed step-up and another may be a thief's.
create table two_factor_drafts (
    user_id text not null primary key references users (id),
    session_id text not null,
    epoch bigint not null,
    key_id text not null,
    -- JSON, sealed: the codes, and the secret when an authenticator is being set up.
    sealed text not null,
    created_at bigint not null,
    expires_at bigint not null
);

-- Password accepted, second factor still owed. No session.
create table pending_sign_ins (
    token_hash text not null primary key check (length(token_hash) = 64),
    user_id text not null references users (id),
    epoch bigint not null,
    remember_me boolean not null,
    -- The page to go on to.
    next text not null,
    created_at bigint not null,
    expires_at bigint not null,
    ended_at bigint
);

create index pending_sign_ins_user on pending_sign_ins (user_id);
