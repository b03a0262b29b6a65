-- One chain of events for each account; each event carries the hash of the one before it.

create table instance_keys (
    -- A key that the instance seals and signs with. A start whose key file lacks it is refused.
    key_id text not null primary key,
    -- From 1. Of two nodes that begin at once only one can write the first.
    number bigint not null unique
);

create table audit_chains (
    -- An account's id, or 'instance' for what belongs to no account.
    chain text not null primary key,
    seq bigint not null,
    head text not null,
    -- Which key of the instance has signed the row, and its signature; empty when the row was not ours before.
    key_id text not null,
    signature text not null,
    -- The last head that was gone on from though its key was missing; signed with the others.
    unverified_seq bigint
);

create table audit_events (
    id text not null primary key,
    -- The event that this one follows from, of the same chain.
    parent text,
    chain text not null,
    seq bigint not null,
    at bigint not null,
    action text not null,
    category text not null,
    severity text not null,
    actor text not null,
    subject text,
    ip text,
    user_agent text,
    -- The request's, as the log and the answer have it; none for what no request asked for.
    request_id text,
    details text not null,
    prev_hash text not null check (length(prev_hash) = 64),
    hash text not null check (length(hash) = 64),
    unique (chain, seq)
);

create index audit_events_subject on audit_events (subject, at);
create index audit_events_chain_subject on audit_events (chain, subject, seq);
create index audit_events_action on audit_events (chain, action, seq);
create index audit_events_severity on audit_events (chain, severity, seq);
-- A look into past days begins there.
create index audit_events_day on audit_events (chain, at, seq);

-- Refusals of a user in one minute: beyond the first few of a kind they are counted here, and become one event when
-- the minute is over.
create table denials (
    user_id text not null,
    account_id text not null,
    -- The details that events of this kind have.
    details text not null,
    -- Whole minutes since 1970.
    minute bigint not null,
    -- How many are events of their own.
    recorded bigint not null,
    -- How many are not.
    counted bigint not null,
    -- Of the newest.
    ip text not null,
    user_agent text not null,
    request_id text,
    primary key (user_id, account_id, details, minute)
);

create index denials_minute on denials (minute);
