-- The second factor, what comes between a right password and a session, and the confirmation that
-- it is still the same person.

-- An authenticator app's secret, sealed under the instance's key that `key_id` names.
create table authenticators (
    user_id text not null primary key references users (id),
    -- Counts of wrong codes belong to this one, so that setting up again begins at zero.
    id text not null unique,
    key_id text not null,
    secret text not null,
    -- The 30-second step of the last accepted code: it and all before it are spent (RFC 6238, 5.2).
    last_step bigint not null,
    created_at bigint not null
);

create table recovery_codes (
    user_id text not null references users (id),
    code_hash text not null check (length(code_hash) = 64),
    created_at bigint not null,
    used_at bigint,
    primary key (user_id, code_hash)
);

-- A set-up, or a new set of recovery codes, that is shown and not in force yet. Sealed; gone when it
-- is in force, abandoned or overtaken by a remote logout. Shown to the session that began it alone: that
-- one has confirmed who it is, and another may be a thief's.
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
create table half_sign_ins (
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

create index half_sign_ins_user on half_sign_ins (user_id);

-- When the person last showed a password or a code in this session; null for a remembered device.
alter table sessions add column confirmed_at bigint;
-- What was shown besides the password: 'code' or 'recovery_code'.
alter table sessions add column second_factor text;

-- The cookie before the last change of it. It opens nothing; whoever sends it within seconds was
-- already on the way when it changed: refused, but the browser keeps its cookies.
alter table sessions add column previous_token_hash text;
alter table sessions add column renewed_at bigint;

create index sessions_previous on sessions (previous_token_hash) where previous_token_hash is not null;

update sessions set confirmed_at = started_at where started_how = 'password';
