-- The picture of the last 30 days reads a user's latest sessions, which were found before by reading all of them. A program that
-- does not know the index works with it.
drop index sessions_user;
create index sessions_user on sessions (user_id, started_at, id);
