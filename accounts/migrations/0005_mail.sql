-- Letters, written in the transaction of the deed they tell of and sent afterwards, and the links in them.

-- A link that was mailed, good once. For an address that nobody has, a row that nobody can use, so
-- that asking takes the same steps for everybody.
create table mail_links (
    token_hash text not null primary key check (length(token_hash) = 64),
    user_id text references users (id),
    purpose text not null check (purpose in ('reset_password', 'change_email')),
    epoch bigint not null,
    -- The address that a change of address leads to.
    email text,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

create index mail_links_user on mail_links (user_id);

create table letters (
    id text not null primary key,
    -- Empty for a letter to nobody, which is never sent.
    recipient text not null,
    -- JSON.
    details text not null,
    -- The token of the link inside, sealed; taken away once the letter is sent.
    key_id text,
    sealed text,
    created_at bigint not null,
    next_try_at bigint not null,
    tries bigint not null,
    sent_at bigint,
    given_up_at bigint
);

create index letters_due on letters (next_try_at) where sent_at is null and given_up_at is null;
