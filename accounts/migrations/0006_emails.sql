-- Emails, written in the transaction of the operation they tell of and sent afterwards, and the links in them.

-- A one-time link. For an address that no user has, a row that nothing can consume, so that asking takes
-- the same steps for every address.
create table email_links (
    token_hash text not null primary key check (length(token_hash) = 64),
    user_id text references users (id),
    purpose text not null check (purpose in ('reset_password', 'change_email', 'not_me')),
    epoch bigint not null,
    -- The address that a change of address leads to.
    email text,
    -- The sign-in that an email about a new device tells of.
    session_id text,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

create index email_links_user on email_links (user_id);

-- A sign-up whose mailbox was not confirmed yet. For an address that a user has already, a row whose link
-- is sent to no one: signing up takes the same steps for every address.
create table sign_ups (
    token_hash text not null primary key check (length(token_hash) = 64),
    name text not null,
    email text not null,
    password_hash text not null,
    plan text not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

create table emails (
    id text not null primary key,
    -- Empty for an email to no one, which is never sent.
    recipient text not null,
    -- The user it is about, for the log; none for a stranger.
    user_id text,
    -- JSON.
    details text not null,
    -- The token of the link inside, sealed; deleted once the email is sent.
    key_id text,
    sealed text,
    -- When its link expires; the email is not sent after that.
    good_until bigint,
    created_at bigint not null,
    next_try_at bigint not null,
    tries bigint not null,
    sent_at bigint,
    given_up_at bigint
);

create index emails_due on emails (next_try_at) where sent_at is null and given_up_at is null;
