-- Applications that sign in with Curfew: what is registered, what they hold of a user's sign-in, and what they are told
-- when it ends.

create table applications (
    -- Of an OpenID Connect application, its client id too.
    id text not null primary key,
    account_id text not null references accounts (id),
    kind text not null check (kind in ('open_id', 'gate')),
    name text not null,
    -- Whose ready configuration is shown, where one was picked.
    preset text,
    -- Where a sign-in that starts there begins, and where a gate's application is: https://wiki.example.com
    address text,
    -- OpenID Connect: whether it keeps a secret, and what was switched off or on for it.
    is_confidential boolean not null,
    requires_pkce boolean not null,
    signing_algorithm text not null check (signing_algorithm in ('ES256', 'RS256')),
    claims_in_id_token boolean not null,
    -- Where logout notices are sent; null: it cannot be told.
    logout_address text,
    -- Where a browser lands after signing out there.
    signed_out_address text,
    -- How long the application's own session may live, in milliseconds: so long is it told.
    own_session_lives bigint not null,
    -- Gate: JSON, the paths that are open to all, and whether CORS preflights pass.
    open_paths text not null,
    passes_preflights boolean not null,
    -- 'all' members of the account, or those that application_access names.
    who_may text not null check (who_may in ('all', 'chosen')),
    requires_second_factor boolean not null,
    created_by text references users (id),
    created_at bigint not null,
    changed_at bigint not null,
    -- The key by which the operator's file of applications knows it; null: it was registered otherwise.
    declared_as text,
    -- A removed one is kept until those whose sessions ended with it were told.
    removed_at bigint
);

create index applications_account on applications (account_id);
create unique index applications_declared on applications (account_id, declared_as)
    where declared_as is not null and removed_at is null;

-- The hosts of the applications that are not removed, with the port where that is not the scheme's: a gate's own, and those
-- of redirect addresses by http or https. One host belongs to one application of a kind on the install, and to one account:
-- so a gate may stand in front of an application that signs in by itself.
create table application_hosts (
    host text not null,
    kind text not null check (kind in ('open_id', 'gate')),
    application_id text not null references applications (id),
    primary key (host, kind)
);

create index application_hosts_application on application_hosts (application_id);

create table application_redirects (
    application_id text not null references applications (id),
    address text not null,
    primary key (application_id, address)
);

-- Two at most are good at once: the one in use and its successor.
create table application_secrets (
    secret_hash text not null primary key check (length(secret_hash) = 64),
    application_id text not null references applications (id),
    created_at bigint not null,
    revoked_at bigint
);

create index application_secrets_application on application_secrets (application_id);

-- Who may use an application of which only some may.
create table application_access (
    application_id text not null references applications (id),
    -- A role's key or a user's id.
    kind text not null check (kind in ('role', 'user')),
    subject text not null,
    primary key (application_id, kind, subject)
);

-- One sign-in at an application. It is live while the session that it came from is; one with `offline_access` while the
-- epoch is the user's. Both end with the epoch.
create table application_sessions (
    -- The `sid` of its tokens and notices: random, never derived from the session's.
    id text not null primary key,
    application_id text not null references applications (id),
    user_id text not null references users (id),
    session_id text not null,
    epoch bigint not null,
    -- What was granted: words divided by spaces.
    scope text not null,
    is_offline boolean not null,
    -- When the user last showed a password or a code before it, and what besides the password: `auth_time` and `amr` of
    -- its ID tokens, kept here because it may outlive the session.
    authenticated_at bigint not null,
    second_factor text,
    -- When it was last refreshed, or a gate's check found it; null before.
    last_used_at bigint,
    -- Whether a refresh was seen: then it ends by itself when the next is refused.
    has_refreshed boolean not null,
    created_at bigint not null,
    ended_at bigint,
    end_reason text,
    -- The audit event of the operation that ended it, where there is one.
    ended_by text
);

create index application_sessions_open on application_sessions (user_id) where ended_at is null;
create index application_sessions_session on application_sessions (session_id) where ended_at is null;
create index application_sessions_application on application_sessions (application_id) where ended_at is null;

create table authorization_codes (
    code_hash text not null primary key check (length(code_hash) = 64),
    application_id text not null references applications (id),
    user_id text not null references users (id),
    session_id text not null,
    epoch bigint not null,
    redirect_address text not null,
    scope text not null,
    nonce text,
    challenge text,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    -- What redeeming it gave, to be ended when it is presented again.
    application_session_id text
);

create index authorization_codes_user on authorization_codes (user_id);

create table access_tokens (
    token_hash text not null primary key check (length(token_hash) = 64),
    application_session_id text not null references application_sessions (id),
    scope text not null,
    -- The refresh token of the same answer: the first use of either counts as the first use of both.
    given_with text,
    created_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint
);

create index access_tokens_session on access_tokens (application_session_id);
create index access_tokens_expired on access_tokens (expires_at);

-- The two steps of a remembered device's values: what an exchange gave counts from its first use.
create table refresh_tokens (
    token_hash text not null primary key check (length(token_hash) = 64),
    application_session_id text not null references application_sessions (id),
    -- The value that was exchanged for this one; null for the first, which redeeming a code gave.
    parent_hash text,
    -- Which key of the instance derived it from that value; so it can be given again, though only its hash is stored.
    derived_by text,
    created_at bigint not null,
    exchanged_at bigint,
    -- The first time that it, or an access token given with it, was presented.
    used_at bigint
);

create index refresh_tokens_session on refresh_tokens (application_session_id);
create unique index refresh_tokens_parent on refresh_tokens (parent_hash) where parent_hash is not null;

-- What ID tokens and logout tokens are signed with. Published before it signs, and as long as anything signed by it
-- may be looked at.
create table signing_keys (
    -- The `kid`.
    id text not null primary key,
    algorithm text not null check (algorithm in ('ES256', 'RS256')),
    -- JSON, a public JWK.
    public_key text not null,
    -- The private key, sealed.
    key_id text not null,
    sealed text not null,
    created_at bigint not null,
    signs_from bigint not null,
    -- Set when another signs in its place from then on. It stays published for a while after that.
    signs_until bigint
);

-- One for each application session that ended whose application can be told, written in the transaction that ended it or,
-- after a raised epoch, by the job that this left. Sent at least once, signed anew each time.
create table logout_notices (
    application_session_id text not null primary key,
    application_id text not null,
    account_id text not null,
    user_id text not null,
    -- The event of the operation that ended it, where there is one: the receipt of a remote logout asks by it.
    event_id text,
    reason text not null,
    created_at bigint not null,
    next_try_at bigint not null,
    -- Until then it is leased to one node.
    leased_until bigint not null,
    tries bigint not null,
    -- When the application's own session will have ended: it is not told after that.
    good_until bigint not null,
    last_status bigint,
    last_error text,
    -- 'logged_out', 'had_no_session', 'refused', 'given_up' or 'dropped'; null while it is being told.
    outcome text check (outcome in ('logged_out', 'had_no_session', 'refused', 'given_up', 'dropped')),
    answered_at bigint
);

create index logout_notices_due on logout_notices (next_try_at) where outcome is null;
create index logout_notices_waiting on logout_notices (application_id, leased_until) where outcome is null;
create index logout_notices_failing on logout_notices (application_id) where outcome is null and last_error is not null;
create index logout_notices_event on logout_notices (event_id) where event_id is not null;
create index logout_notices_application on logout_notices (application_id, created_at);

-- Gate: what takes a sign-in to another host, good for a minute and once, and the cookie that it leaves there.
create table gate_hand_overs (
    code_hash text not null primary key check (length(code_hash) = 64),
    application_id text not null references applications (id),
    user_id text not null references users (id),
    session_id text not null,
    epoch bigint not null,
    -- Where on the application's host it goes on to.
    address text not null,
    -- The hash of the value in the browser's cookie on that host that began it: no other browser redeems it.
    begun_by text not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

create table gate_cookies (
    token_hash text not null primary key check (length(token_hash) = 64),
    application_session_id text not null references application_sessions (id),
    created_at bigint not null
);

-- What a browser may look at for an hour after its remote logout, signed in or not: what that has ended, and what
-- applications have answered since.
create table receipts (
    token_hash text not null primary key check (length(token_hash) = 64),
    event_id text not null,
    expires_at bigint not null
);

create index receipts_expired on receipts (expires_at);
create index epoch_raises_event on epoch_raises (event_id);
create index application_sessions_ended_by on application_sessions (ended_by) where ended_by is not null;
