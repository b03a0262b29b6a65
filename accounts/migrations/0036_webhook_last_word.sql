-- A webhook that is removed is kept until its receiver has been told so, and nothing after that.

alter table webhooks add column removed_at bigint;
