-- Where an account's events are sent as they happen, and what is on its way there.

create table webhooks (
    account_id text not null primary key references accounts (id),
    url text not null,
    -- Which events: `,sign_in,members,`; empty for every category. From which severity on: 0 info to 3 alert.
    categories text not null,
    min_severity bigint not null check (min_severity between 0 and 3),
    -- What deliveries are signed with, sealed.
    key_id text not null,
    secret text not null,
    created_at bigint not null,
    changed_at bigint not null,
    -- A removed one is kept until its receiver has been told, and gets nothing after that.
    removed_at bigint
);

-- One row for each event that is to be sent, written in the event's own transaction. No foreign keys on
-- purpose: they would lock the account's row behind the audit chain, and accounts are locked before chains.
create table webhook_deliveries (
    event_id text not null primary key,
    account_id text not null,
    action text not null,
    created_at bigint not null,
    next_try_at bigint not null,
    -- Until then it is leased to one node.
    leased_until bigint not null,
    tries bigint not null,
    -- The result of the last try: the receiver's status, or why there was none.
    last_status bigint,
    last_error text,
    delivered_at bigint,
    given_up_at bigint
);

create index webhook_deliveries_due on webhook_deliveries (next_try_at)
    where delivered_at is null and given_up_at is null;
create index webhook_deliveries_leased on webhook_deliveries (account_id) where leased_until > 0;
create index webhook_deliveries_account on webhook_deliveries (account_id, created_at);
