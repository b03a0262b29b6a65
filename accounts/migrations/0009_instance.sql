-- The install as a whole.

-- One row.
create table instance (
    one bigint not null primary key check (one = 1),
    -- Raised when nothing that was issued before may count any more. The epoch of every user rises with it.
    epoch bigint not null,
    -- PostgreSQL: the server, its timeline, and this very table. Another one is a promoted standby, or a copy that was
    -- restored. Empty before the first start, and on SQLite.
    lineage text not null,
    -- When the first user signed up: deleting the last one does not open the install to strangers again.
    claimed_at bigint,
    -- Where `curfew copy-to` has moved the install: this database knows of nothing that ended there, and is not served.
    moved_to text,
    -- A program whose newest migration is below this does not work with the schema, and refuses it. A migration after which an
    -- older program cannot go on raises it to its own number; any other leaves it.
    oldest_migration bigint not null
);

insert into instance (one, epoch, lineage, claimed_at, oldest_migration)
select 1, 1, '', min(created_at), 9 from users;

-- One row for each time that the epoch of the instance was raised.
create table instance_raises (
    -- The epoch that ended.
    epoch bigint not null primary key,
    -- The id of its event. Where it was raised before there was a key to sign with, a job records that afterwards.
    event_id text not null,
    why text not null,
    at bigint not null,
    users bigint not null,
    sessions bigint not null,
    remembered_devices bigint not null,
    recorded_at bigint
);
