-- People join an account by invitation, and may be removed from it.

alter table users add column removed_at bigint;

-- Set when the last person of an account deletes it.
alter table accounts add column closed_at bigint;

-- One link each, for one person. The store holds its hash only.
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
    revoked_at bigint
);

create index invitations_open on invitations (account_id) where used_at is null and revoked_at is null;
