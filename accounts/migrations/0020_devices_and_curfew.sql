-- A name of one's own for a device.
alter table sessions add column label text;
alter table remembered_devices add column label text;

-- The daily time at which sessions end by themselves: minutes after midnight, in a time zone of the
-- IANA database. Times before it was set do not count.
alter table users add column curfew_at bigint check (curfew_at between 0 and 1439);
alter table users add column curfew_zone text;
alter table users add column curfew_since bigint;
alter table accounts add column curfew_at bigint check (curfew_at between 0 and 1439);
alter table accounts add column curfew_zone text;
alter table accounts add column curfew_since bigint;
