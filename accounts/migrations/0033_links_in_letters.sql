-- A link with which whoever did not sign in ends everything, and sign-ups that wait for their letter to be read.

-- Neither database changes a check in the same words: the table is made anew.
create table mail_links_anew (
    token_hash text not null primary key check (length(token_hash) = 64),
    user_id text references users (id),
    purpose text not null check (purpose in ('reset_password', 'change_email', 'not_me')),
    epoch bigint not null,
    -- The address that a change of address leads to.
    email text,
    -- The sign-in that a letter about a new device tells of.
    session_id text,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

insert into mail_links_anew (token_hash, user_id, purpose, epoch, email, created_at, expires_at, used_at)
select token_hash, user_id, purpose, epoch, email, created_at, expires_at, used_at from mail_links;

drop table mail_links;

alter table mail_links_anew rename to mail_links;

create index mail_links_user on mail_links (user_id);

-- Somebody who has signed up and has not shown yet that the mailbox is theirs. For an address that somebody
-- has already, a row whose link nobody gets: signing up takes the same steps for everybody.
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

-- A link that is over is not worth a letter any more.
alter table letters add column good_until bigint;
