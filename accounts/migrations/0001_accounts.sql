-- Accounts and their users. Ids and hashes are text, times are Unix milliseconds, so that one text serves
-- SQLite and PostgreSQL alike.

create table accounts (
    id text not null primary key,
    name text not null,
    plan text not null check (plan in ('free', 'plus', 'pro', 'enterprise')),
    created_at bigint not null,
    -- When it went to a plan without remote logout: what is signed in since before can still be ended at once.
    remote_logout_lost_at bigint,
    -- Set when its last member deletes it.
    closed_at bigint,
    -- How many days the account keeps its events; null: for ever.
    audit_keep_days bigint,
    -- Since when its members must have a second factor. Not in force on a plan without two-factor authentication.
    second_factor_required_since bigint,
    -- The daily time at which sessions end by themselves: minutes after midnight, in a time zone of the
    -- IANA database.
    curfew_at bigint check (curfew_at between 0 and 1439),
    curfew_zone text
);

create table users (
    id text not null primary key,
    account_id text not null references accounts (id),
    role text not null check (role in ('owner', 'admin', 'editor', 'member', 'watch_only')),
    name text not null,
    username text unique,
    -- Lower case; what the user signs in with.
    email text not null unique,
    -- When a link that was sent to the address was used; null: it is what the user has typed.
    email_verified_at bigint,
    password_hash text not null,
    password_changed_at bigint not null,
    -- Raised by a remote logout and by a change of password. What was issued under an older one is dead.
    epoch bigint not null,
    two_factor_since bigint,
    disabled_at bigint,
    removed_at bigint,
    created_at bigint not null,
    curfew_at bigint check (curfew_at between 0 and 1439),
    curfew_zone text
);

create index users_account on users (account_id);

-- One link each, for one new member. The hash of its token only.
create table invitations (
    id text not null primary key,
    account_id text not null references accounts (id),
    role text not null check (role in ('owner', 'admin', 'editor', 'member', 'watch_only')),
    -- Whom it is for, where that was said.
    email text,
    token_hash text not null unique check (length(token_hash) = 64),
    created_by text not null references users (id),
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    used_by text references users (id),
    revoked_at bigint,
    -- Set by whatever ends everything of the user who created it: it opens nothing until it is confirmed.
    waits_since bigint
);

create index invitations_open on invitations (account_id) where used_at is null and revoked_at is null;
create index invitations_created on invitations (created_by) where used_at is null and revoked_at is null;
