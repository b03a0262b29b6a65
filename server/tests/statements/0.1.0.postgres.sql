delete from access_tokens where expires_at < $1
delete from application_access where application_id = $1
delete from application_hosts
delete from application_hosts where application_id = $1
delete from application_redirects where application_id = $1
delete from application_sessions where ended_at < $1 and not exists (select 1 from logout_notices n where n.application_session_id = application_sessions.id) and not exists (select 1 from access_tokens t where t.application_session_id = application_sessions.id)
delete from audit_events
delete from audit_events where chain = $1 and seq <= $2
delete from authenticators where user_id = $1
delete from authenticators where user_id = $1 and key_id = $2
delete from authorization_codes where expires_at < $1
delete from denials where user_id = $1 and account_id = $2 and details = $3 and minute = $4 returning counted
delete from email_links where expires_at < $1
delete from email_links where user_id = $1
delete from emails
delete from emails where created_at < $1
delete from epoch_raises
delete from epoch_raises where expanded_at < $1
delete from gate_cookies where application_session_id in (select id from application_sessions where ended_at < $1)
delete from gate_hand_overs where expires_at < $1
delete from instance
delete from instance_keys
delete from invitations where expires_at < $1
delete from known_devices
delete from known_devices where last_used_at < $1
delete from known_devices where user_id = $1
delete from known_devices where user_id = $1 and token_hash = (select follows from known_devices where user_id = $1 and token_hash = $2)
delete from logout_notices where answered_at < $1
delete from pending_sign_ins where expires_at < $1
delete from rate_limits
delete from rate_limits where subject = $1
delete from rate_limits where window_ends_at < $1
delete from receipts where expires_at < $1
delete from recovery_codes where user_id = $1
delete from refresh_tokens where application_session_id in (select id from application_sessions where ended_at < $1)
delete from remember_tokens where device_id in (select id from remembered_devices where ended_at < $1 or expires_at < $1)
delete from remembered_devices where (ended_at < $1 or expires_at < $1) and not exists (select 1 from sessions s where s.remembered_device_id = remembered_devices.id)
delete from sessions
delete from sessions where (ended_at < $1 or expires_at < $1) and not exists (select 1 from epoch_raises r where r.expanded_at is null and r.user_id = sessions.user_id and r.epoch = sessions.epoch)
delete from sign_ups where expires_at < $1
delete from signing_keys where key_id = $1
delete from signing_keys where signs_until < $1
delete from tokens where revoked_at < $1 or expires_at < $1
delete from two_factor_drafts where expires_at < $1
delete from two_factor_drafts where key_id = $1
delete from two_factor_drafts where user_id = $1
delete from webhook_deliveries
delete from webhook_deliveries where account_id = $1 and delivered_at is null and given_up_at is null
delete from webhook_deliveries where created_at < $1
delete from webhooks where account_id = $1
delete from webhooks where account_id = $1 and removed_at is not null and not exists (select 1 from webhook_deliveries d where d.account_id = $1 and d.action = $2 and d.delivered_at is null and d.given_up_at is null)
delete from webhooks where removed_at < $1
insert into access_tokens (token_hash, application_session_id, scope, given_with, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)
insert into accounts (id, name, plan, created_at) values ($1, $2, $3, $4)
insert into application_access (application_id, kind, subject) values ($1, $2, $3) on conflict do nothing
insert into application_hosts (host, kind, application_id) values ($1, $2, $3)
insert into application_redirects (application_id, address) values ($1, $2)
insert into application_secrets (secret_hash, application_id, created_at) values ($1, $2, $3)
insert into application_secrets (secret_hash, application_id, created_at) values ($1, $2, $3) on conflict (secret_hash) do update set revoked_at = null, created_at = $3 where application_secrets.application_id = $2
insert into application_sessions (id, application_id, user_id, session_id, epoch, scope, is_offline, authenticated_at, second_factor, has_refreshed, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
insert into applications (id, account_id, kind, name, preset, address, is_confidential, requires_pkce, signing_algorithm, claims_in_id_token, logout_address, signed_out_address, own_session_lives, open_paths, passes_preflights, who_may, requires_second_factor, created_by, created_at, changed_at, declared_as) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19, $20)
insert into audit_chains (chain, seq, head, key_id, signature) values ($1, 0, $2, $3, $4) on conflict (chain) do update set seq = audit_chains.seq returning chain, seq, head, key_id, signature, unverified_seq
insert into audit_events (id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent, request_id, details, prev_hash, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
insert into authenticators (user_id, id, key_id, secret, last_step, created_at) values ($1, $2, $3, $4, $5, $6)
insert into authorization_codes (code_hash, application_id, user_id, session_id, epoch, redirect_address, scope, nonce, challenge, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
insert into denials (user_id, account_id, details, minute, recorded, counted, ip, user_agent, request_id) values ($1, $2, $3, $4, 1, 0, $5, $6, $7) on conflict (user_id, account_id, details, minute) do update set counted = case when denials.recorded < $8 then 0 else denials.counted + 1 end, recorded = case when denials.recorded < $8 then denials.recorded + 1 else denials.recorded end, ip = $5, user_agent = $6, request_id = $7 returning counted
insert into email_links (token_hash, user_id, purpose, epoch, email, session_id, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
insert into emails (id, recipient, details, key_id, sealed, created_at, next_try_at, tries, given_up_at, good_until, user_id) values ($1, $2, $3, $4, $5, $6, $6, 0, $7, $8, coalesce($9, (select id from users where email = $2)))
insert into epoch_raises (user_id, epoch, event_id, reason, at, sessions, remembered_devices, invitations) values ($1, $2, $3, $4, $5, $6, $7, $8)
insert into epoch_raises (user_id, epoch, event_id, reason, at, sessions, remembered_devices, invitations, expanded_at) select u.id, u.epoch, $1, $2, $3, (select count(*) from sessions s where s.user_id = u.id and s.epoch = u.epoch and s.ended_at is null and s.expires_at > $3), (select count(*) from remembered_devices d where d.user_id = u.id and d.epoch = u.epoch and d.ended_at is null and d.expires_at > $3), (select count(*) from invitations i where i.created_by = u.id and i.used_at is null and i.revoked_at is null and i.waits_since is null and i.expires_at > $3), case when exists (select 1 from sessions s where s.user_id = u.id and s.ended_at is null) or exists (select 1 from remembered_devices d where d.user_id = u.id and d.ended_at is null) or exists (select 1 from application_sessions a where a.user_id = u.id and a.ended_at is null) then null else $3 end from users u
insert into gate_cookies (token_hash, application_session_id, created_at) values ($1, $2, $3)
insert into gate_hand_overs (code_hash, application_id, user_id, session_id, epoch, address, begun_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
insert into instance_keys (key_id, number) select $1, max(number) + 1 from instance_keys where true on conflict do nothing
insert into instance_keys (key_id, number) values ($1, 1)
insert into instance_keys (key_id, number) values ($1, 1) on conflict do nothing
insert into instance_raises (epoch, event_id, why, at, users, sessions, remembered_devices) values ($1, $2, $3, $4, $5, $6, $7)
insert into invitations (id, account_id, role, email, token_hash, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
insert into known_devices (token_hash, user_id, last_used_at, epoch, follows) values ($1, $2, $3, $4, $5)
insert into logout_notices (application_session_id, application_id, account_id, user_id, event_id, reason, created_at, next_try_at, leased_until, tries, good_until) values ($1, $2, $3, $4, $5, $6, $7, $7, 0, 0, $8) on conflict do nothing
insert into pending_sign_ins (token_hash, user_id, epoch, remember_me, next, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
insert into rate_limits (subject, failures, window_ends_at) values ($1, 1, $2) on conflict (subject) do update set failures = case when rate_limits.window_ends_at <= $3 then 1 else rate_limits.failures + 1 end, window_ends_at = case when rate_limits.window_ends_at <= $3 then $2 else rate_limits.window_ends_at end where rate_limits.window_ends_at <= $3 or rate_limits.failures < $4
insert into receipts (token_hash, event_id, expires_at) values ($1, $2, $3)
insert into recovery_codes (user_id, code_hash, created_at) values ($1, $2, $3)
insert into refresh_tokens (token_hash, application_session_id, created_at) values ($1, $2, $3)
insert into refresh_tokens (token_hash, application_session_id, parent_hash, derived_by, created_at) values ($1, $2, $3, $4, $5)
insert into remember_tokens (token_hash, device_id, parent_hash, created_at) values ($1, $2, $3, $4)
insert into remembered_devices (id, user_id, epoch, user_agent, created_at, last_used_at, expires_at, curfew_ends_at) values ($1, $2, $3, $4, $5, $5, $6, $7)
insert into sessions (id, user_id, token_hash, epoch, auth_method, remembered_device_id, ip, user_agent, started_at, last_active_at, expires_at, confirmed_at, second_factor, curfew_ends_at, given_with) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13, $14)
insert into sign_ups (token_hash, name, email, password_hash, plan, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
insert into signing_keys (id, algorithm, public_key, key_id, sealed, created_at, signs_from) values ($1, $2, $3, $4, $5, $6, $7)
insert into tokens (id, user_id, kind, name, token_hash, scopes, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
insert into two_factor_drafts (user_id, session_id, epoch, key_id, sealed, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
insert into users (id, account_id, role, name, email, password_hash, password_changed_at, epoch, created_at) values ($1, $2, $3, $4, $5, $6, $7, 1, $7)
insert into webhook_deliveries (event_id, account_id, action, created_at, next_try_at, leased_until, tries) select $1, w.account_id, $3, $4, $4, 0, 0 from webhooks w join accounts a on a.id = w.account_id where w.account_id = $2 and (w.removed_at is null or (w.removed_at = $4 and $3 = $8)) and w.min_severity <= $5 and (w.categories = '' or w.categories like '%,' || $6 || ',%') and $7 like '%,' || a.plan || ',%'
insert into webhooks (account_id, url, categories, min_severity, key_id, secret, created_at, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $7)
select (select count(*) from sessions s where s.user_id = u.id and s.started_at <= $5 and s.last_active_at <= $5 and s.id <> $4 and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) as unused_sessions, count(d.id) as dormant, coalesce(sum(case when d.last_used_at <= $5 then 1 else 0 end), 0) as unused_dormant from users u left join remembered_devices d on d.user_id = u.id and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $1 and (d.curfew_ends_at is null or d.curfew_ends_at > $1)) and not exists (select 1 from sessions s where s.remembered_device_id = d.id and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) where u.id = $3 group by u.id
select (select count(*) from sessions where (id = $1 or remembered_device_id = $2) and user_id = $3 and epoch = $4 and ended_at is null), (select count(*) from remembered_devices where id = $2 and user_id = $3 and epoch = $4 and ended_at is null)
select (select count(*) from users where account_id = $3 and removed_at is null), (select count(*) from sessions s join users u on u.id = s.user_id where u.account_id = $3 and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))), (select count(*) from remembered_devices d join users u on u.id = d.user_id where u.account_id = $3 and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $1 and (d.curfew_ends_at is null or d.curfew_ends_at > $1))), (select count(*) from invitations i join users u on u.id = i.created_by where u.account_id = $3 and u.removed_at is null and i.used_at is null and i.revoked_at is null and i.waits_since is null and i.expires_at > $1)
select * from ( select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent, request_id, details, prev_hash, hash from audit_events where chain = $1 and subject = $2 and action <> 'user.session_ended' order by seq desc limit 100) last where severity in ('warning', 'alert') and at >= $3 order by seq desc limit $4
select 1 from accounts where id = $1 for update
select 1 from epoch_raises where user_id = $1 and epoch = $2 and expanded_at is null
select 1 from users where account_id = $1 and removed_at is null order by id for update
select 1 from users where id = $1 for update
select 1::bigint from epoch_raises where user_id = $1 and epoch = $2 and expanded_at is null for update
select a.id, a.account_id, a.kind, a.name, a.preset, a.address, a.is_confidential, a.requires_pkce, a.signing_algorithm, a.claims_in_id_token, a.logout_address, a.signed_out_address, a.own_session_lives, a.open_paths, a.passes_preflights, a.who_may, a.requires_second_factor, a.created_at, a.changed_at, a.declared_as from application_hosts h join applications a on a.id = h.application_id where h.host = $1 and h.kind = 'gate' and a.removed_at is null
select a.id, a.account_id, a.kind, a.name, a.preset, a.address, a.is_confidential, a.requires_pkce, a.signing_algorithm, a.claims_in_id_token, a.logout_address, a.signed_out_address, a.own_session_lives, a.open_paths, a.passes_preflights, a.who_may, a.requires_second_factor, a.created_at, a.changed_at, a.declared_as from applications a where a.account_id = $1 and a.removed_at is null order by lower(a.name), a.id limit 500
select a.id, a.account_id, a.kind, a.name, a.preset, a.address, a.is_confidential, a.requires_pkce, a.signing_algorithm, a.claims_in_id_token, a.logout_address, a.signed_out_address, a.own_session_lives, a.open_paths, a.passes_preflights, a.who_may, a.requires_second_factor, a.created_at, a.changed_at, a.declared_as from applications a where a.id = $1 and a.removed_at is null
select a.id, a.account_id, a.name, coalesce(a.address, '') as address, (a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free')))) as allowed from application_hosts h join applications a on a.id = h.application_id join users u on u.id = $2 where h.host = $1 and h.kind = 'gate' and a.removed_at is null
select a.name, a.kind, a.logout_address, x.has_refreshed, a.own_session_lives, count(*) as sessions from application_sessions x join applications a on a.id = x.application_id join users u on u.id = x.user_id left join sessions s on s.id = x.session_id where x.ended_at is null and x.epoch = u.epoch and (a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free')))) and (x.is_offline or (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) and u.account_id = $3 group by a.id, a.name, a.kind, a.logout_address, x.has_refreshed, a.own_session_lives order by lower(a.name), a.id
select a.open_paths, a.passes_preflights, u.id as user_id, u.email, u.name, u.role, s.id as session, s.last_active_at, coalesce(((a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free')))) and (not a.requires_second_factor or s.second_factor is not null)), false) as allowed, coalesce((u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free'))), false) as owes_second_factor from application_hosts h join applications a on a.id = h.application_id left join gate_cookies c on c.token_hash = $4 left join application_sessions x on x.id = c.application_session_id and x.application_id = a.id and x.ended_at is null left join users u on u.id = x.user_id and u.epoch = x.epoch left join sessions s on s.id = x.session_id and s.user_id = u.id and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1)) where h.host = $3 and h.kind = 'gate' and a.removed_at is null
select a.plan, case when a.remote_logout_lost_at is null then false else exists (select 1 from sessions s where s.user_id = u.id and s.started_at <= a.remote_logout_lost_at and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $3 and (s.started_at > $4 or s.last_active_at > $4) and (s.curfew_ends_at is null or s.curfew_ends_at > $3))) or exists (select 1 from remembered_devices d where d.user_id = u.id and d.created_at <= a.remote_logout_lost_at and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $3 and (d.curfew_ends_at is null or d.curfew_ends_at > $3))) end as keeps_remote_logout from users u join accounts a on a.id = u.account_id where u.id = coalesce($1, (select id from users where email = $2))
select a.second_factor_required_since as since, (select count(*) from users u where u.account_id = a.id and u.removed_at is null and u.disabled_at is null and u.two_factor_since is null) as without from accounts a where a.id = $1
select account_id as owner, key_id, secret as text from webhooks where $1 >= 0 and key_id <> $2
select account_id from users where id = $1
select account_id, url, removed_at is not null from webhooks where key_id = $1 order by account_id
select address from application_redirects where application_id = $1 order by address
select algorithm, public_key from signing_keys where id = $1
select application_id, session_id, epoch, redirect_address, scope, nonce, challenge, expires_at, used_at, application_session_id from authorization_codes where code_hash = $1
select at from epoch_raises where user_id = $1 and at > $2 and reason = $3 order by at desc limit 100
select audit_keep_days from accounts where id = $1
select cast(coalesce(sum(sessions), 0) as bigint), cast(coalesce(sum(remembered_devices), 0) as bigint) from epoch_raises where event_id = $1
select chain from audit_chains order by chain
select chain, min(seq) from audit_events where chain not in (select chain from audit_chains) group by chain order by chain limit 1
select chain, seq, head, key_id, signature, unverified_seq from audit_chains order by chain
select chain, seq, head, key_id, signature, unverified_seq from audit_chains where chain = $1
select claimed_at is not null or exists (select 1 from users) from instance where one = 1
select coalesce(max(seq), 0) from audit_events where chain = $1
select coalesce(n.outcome, 'failing') from logout_notices n where n.application_id = $1 and (n.outcome in ('logged_out', 'had_no_session', 'refused', 'given_up') or (n.outcome is null and n.last_error is not null)) order by n.created_at desc, n.application_session_id desc limit 1
select coalesce(s.confirmed_at, d.created_at, s.started_at) as authenticated_at, s.second_factor from sessions s left join remembered_devices d on d.id = s.remembered_device_id where s.id = $1
select coalesce(u.curfew_zone, a.curfew_zone) from users u join accounts a on a.id = u.account_id where u.id = $1
select count(*) as count, min(created_at) as oldest from emails where sent_at is null and given_up_at is null and (good_until is null or good_until > $1)
select count(*) as count, min(created_at) as oldest from logout_notices where outcome is null
select count(*) as count, min(created_at) as oldest from webhook_deliveries where delivered_at is null and given_up_at is null
select count(*) as sessions, count(distinct u.id) as members from application_sessions x join applications a on a.id = x.application_id join users u on u.id = x.user_id left join sessions s on s.id = x.session_id where x.ended_at is null and x.epoch = u.epoch and (a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free')))) and (x.is_offline or (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) and a.id = $3
select count(*) from (select 1 from logout_notices where outcome is null and next_try_at <= $1 and leased_until <= $1 limit 1) as due
select count(*) from (select id from users limit 1) as u
select count(*) from (select id from users order by id for update) as locked
select count(*) from accounts a where a.id = $1 and a.second_factor_required_since is not null and not (a.second_factor_required_since is not null and a.plan <> 'free')
select count(*) from application_hosts h join applications a on a.id = h.application_id where h.host = $1 and (h.kind = $2 or a.account_id <> $3)
select count(*) from application_secrets s join applications a on a.id = s.application_id where s.secret_hash = $1 and s.application_id = $2 and s.revoked_at is null and a.removed_at is null and a.is_confidential
select count(*) from application_secrets where application_id = $1 and revoked_at is null
select count(*) from application_sessions
select count(*) from application_sessions where id = $1 and session_id = $2
select count(*) from applications
select count(*) from applications a, sessions s where a.id = $1 and s.id = $2 and (not a.requires_second_factor or s.second_factor is not null)
select count(*) from applications a, users u where a.id = $1 and u.id = $2 and (a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free'))))
select count(*) from applications where account_id = $1 and removed_at is null
select count(*) from applications where id = $1
select count(*) from epoch_raises one join users u on u.account_id = $2 join epoch_raises r on r.user_id = u.id and r.at = one.at and r.reason = one.reason join application_sessions x on x.user_id = r.user_id and (x.ended_by = r.event_id or (x.ended_at is null and x.epoch = r.epoch)) left join sessions s on s.id = x.session_id where (x.ended_at is not null or x.is_offline or s.ended_by = r.event_id or (s.ended_at is null and s.expires_at > r.at and s.last_active_at > r.at - $3 and (s.curfew_ends_at is null or s.curfew_ends_at > r.at))) and one.event_id = $1
select count(*) from epoch_raises r join application_sessions x on x.user_id = r.user_id and (x.ended_by = r.event_id or (x.ended_at is null and x.epoch = r.epoch)) left join sessions s on s.id = x.session_id where (x.ended_at is not null or x.is_offline or s.ended_by = r.event_id or (s.ended_at is null and s.expires_at > r.at and s.last_active_at > r.at - $3 and (s.curfew_ends_at is null or s.curfew_ends_at > r.at))) and r.event_id = $1 and r.user_id = $2
select count(*) from instance where claimed_at is not null
select count(*) from instance where claimed_at is not null or moved_to is not null or epoch <> 1
select count(*) from invitations where created_by = $1 and created_at >= $3 and used_at is null and revoked_at is null and expires_at > $2
select count(*) from known_devices
select count(*) from known_devices where user_id = $1 and epoch > 0
select count(*) from logout_notices
select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen "curfew_%'
select count(*) from rate_limits where subject = $1 and failures >= $2
select count(*) from recovery_codes
select count(*) from recovery_codes where user_id = $1 and code_hash = $2
select count(*) from recovery_codes where user_id = $1 and used_at is null
select count(*) from remember_tokens
select count(*) from remember_tokens where device_id = $1 and used_at is not null and token_hash <> $2 and (parent_hash = $2 or parent_hash = $3)
select count(*) from remembered_devices
select count(*) from sessions
select count(*) from sessions s join users u on u.id = s.user_id and u.epoch = s.epoch where s.previous_token_hash = $1 and s.rotated_at > $2 and s.ended_at is null
select count(*) from sessions s join users u on u.id = s.user_id where (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))
select count(*) from sessions s join users u on u.id = s.user_id where s.id = $3 and u.id = $4 and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))
select count(*) from sessions where id = $1 and confirmed_at > $2
select count(*) from signing_keys
select count(*) from signing_keys where algorithm = $1 and signs_until is null and signs_from <= $2
select count(*) from tokens
select count(*) from tokens where id = $1 and user_id = $2 and revoked_at is null and (expires_at is null or expires_at > $3)
select count(*) from tokens where user_id = $1 and kind = $2 and revoked_at is null and (expires_at is null or expires_at > $3)
select count(*) from users
select count(*) from users where account_id = $1 and removed_at is null
select count(*) from users where account_id = $1 and removed_at is null and id <> $2
select count(*) from users where account_id = $1 and role = 'owner' and disabled_at is null and id <> $2
select count(*) from users where id = $1 and account_id = $2 and removed_at is null
select count(*) from users where id = $1 and email_verified_at is not null
select count(*) from users where removed_at is null
select d.id, d.user_agent, d.label, d.created_at, d.last_used_at, d.expires_at, d.curfew_ends_at from remembered_devices d join users u on u.id = d.user_id where d.user_id = $3 and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $1 and (d.curfew_ends_at is null or d.curfew_ends_at > $1)) and not exists (select 1 from sessions s where s.remembered_device_id = d.id and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) and (d.last_used_at > $4) = $5 order by d.last_used_at desc, d.id desc limit $6
select d.key_id, d.sealed, d.created_at, d.expires_at from two_factor_drafts d join users u on u.id = d.user_id and u.epoch = d.epoch where d.user_id = $1 and d.expires_at > $2 and d.session_id = $3
select d.user_id from remember_tokens t join remembered_devices d on d.id = t.device_id where t.token_hash = $1
select derived_by, used_at from refresh_tokens where parent_hash = $1
select details from audit_events
select details from audit_events where chain = $1 and action = $2 order by seq desc limit 1
select distinct algorithm from signing_keys where signs_until is null
select distinct user_id from application_sessions where application_id = $1 and ended_at is null
select distinct x.user_id from application_sessions x join users u on u.id = x.user_id left join sessions s on s.id = x.session_id where x.ended_at is null and x.epoch = u.epoch and not x.is_offline and coalesce(s.ended_at is not null or s.expires_at <= $1 or s.last_active_at <= $2 or (s.curfew_ends_at is not null and s.curfew_ends_at <= $1), true) order by x.user_id limit 10000
select e.actor, e.user_agent, u.name as by_name, e.action from audit_events e left join users u on u.id = substr(e.actor, 6) and u.id <> e.subject where e.id = $1
select email from users where account_id = $1 and role in ('owner', 'admin') and disabled_at is null order by id
select epoch, event_id, why, at, users, sessions, remembered_devices from instance_raises where recorded_at is null order by epoch
select event_id from epoch_raises
select event_id from epoch_raises where user_id = $1 order by epoch desc limit 200
select event_id, action, created_at, next_try_at, tries, last_status, last_error, delivered_at, given_up_at from webhook_deliveries where account_id = $1 order by created_at desc, event_id desc limit $2
select exchanged_at from refresh_tokens where token_hash = $1 and exchanged_at is not null
select given_with from sessions where id = $1
select h.user_id, h.remember_me, h.next from pending_sign_ins h join users u on u.id = h.user_id and u.epoch = h.epoch where h.token_hash = $1 and h.ended_at is null and h.expires_at > $2 and u.disabled_at is null
select hash from audit_events where chain = $1 and seq = $2
select host from application_hosts where application_id = $1 order by host
select i.id, i.account_id, a.name as account_name, a.plan, i.role, i.email, u.name as invited_by, i.waits_since is not null as waits, u.role as inviter_role, u.disabled_at as inviter_disabled_at, (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free'))) as inviter_owes_second_factor from invitations i join accounts a on a.id = i.account_id join users u on u.id = i.created_by where i.token_hash = $1 and i.used_at is null and i.revoked_at is null and i.expires_at > $2
select i.id, i.role, i.email, u.name as invited_by, i.created_by, i.created_at, e.user_agent, e.ip, i.expires_at, i.waits_since is not null as waits, (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free'))) as maker_owes_second_factor from invitations i join users u on u.id = i.created_by left join audit_events e on e.chain = i.account_id and e.at = i.created_at and e.action = 'member.invited' and e.details like '%"' || i.id || '"%' where i.account_id = $1 and i.used_at is null and i.revoked_at is null and i.expires_at > $2 order by i.created_at desc, i.id desc limit 500
select i.role, u.role as maker_role, u.disabled_at as maker_disabled_at, (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free'))) as maker_owes_second_factor from invitations i join users u on u.id = i.created_by where i.id = $1 and i.account_id = $2 and i.waits_since is not null
select id as owner, key_id, sealed as text from emails where sealed is not null and sent_at is null and given_up_at is null and (good_until is null or good_until > $1) and key_id <> $2
select id as owner, key_id, sealed as text from signing_keys where (signs_until is null or signs_until > $1) and key_id <> $2
select id from accounts
select id from accounts order by created_at, id limit 1
select id from accounts where id not in (select chain from audit_chains) order by id limit 1
select id from applications
select id from applications where account_id = $1 and declared_as = $2 and removed_at is null
select id from tokens
select id from users
select id from users where account_id = $1
select id from users where email = $1
select id, account_id, epoch, password_hash from users where email = $1 and disabled_at is null
select id, account_id, epoch, password_hash from users where id = $1
select id, audit_keep_days from accounts where audit_keep_days is not null order by id
select id, key_id, sealed from signing_keys where algorithm = $1 and (signs_until is null or signs_until > $2) order by case when signs_from <= $2 then 0 else 1 end, case when signs_from <= $2 then -signs_from else signs_from end, id limit 1
select id, key_id, secret, last_step, void_step from authenticators where user_id = $1
select id, name from users where account_id = $1 order by lower(name), id limit $2
select id, name, scopes, created_at, last_used_at, expires_at from tokens where user_id = $1 and kind = $2 and revoked_at is null order by created_at desc, id desc limit 500
select id, name, username, email, role, two_factor_since, created_at, disabled_at, (select max(s.last_active_at) from sessions s where s.user_id = users.id) as last_active_at from users where account_id = $1 and removed_at is null and ($3 = '' or lower(name || ' ' || coalesce(username, '') || ' ' || email) like $3 escape '\') order by case role when 'owner' then 0 when 'admin' then 1 else 2 end, lower(name), id limit $2
select id, name, username, email, role, two_factor_since, created_at, disabled_at, (select max(s.last_active_at) from sessions s where s.user_id = users.id) as last_active_at from users where account_id = $1 and removed_at is null and id = $2
select id, name, username, email, role, two_factor_since, created_at, disabled_at, (select max(s.last_active_at) from sessions s where s.user_id = users.id) as last_active_at from users where account_id = $1 and removed_at is null and id > $2 order by id limit $3
select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent, request_id, details, prev_hash, hash from audit_events where chain = $1 and seq < $2 order by seq desc limit $3
select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent, request_id, details, prev_hash, hash from audit_events where chain = $1 and seq > $2 order by seq limit $3
select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent, request_id, details, prev_hash, hash from audit_events where chain = $1 and subject = $4 and seq < $2 and action <> 'user.session_ended' order by seq desc limit $3
select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent, request_id, details, prev_hash, hash from audit_events where hash = $1
select id, parent, chain, seq, at, action, category, severity, actor, subject, ip, user_agent, request_id, details, prev_hash, hash from audit_events where id = $1
select id, user_id, name, scopes, last_used_at, expires_at from tokens where token_hash = $1 and kind = $2 and revoked_at is null and (expires_at is null or expires_at > $3)
select k.epoch <> u.epoch from known_devices k join users u on u.id = k.user_id where k.token_hash = $1 and k.user_id = $2
select k.epoch <> u.epoch from known_devices k join users u on u.id = k.user_id where k.token_hash = $1 and u.email = $2
select key_id from authenticators union select key_id from two_factor_drafts union select key_id from webhooks union select key_id from signing_keys union select key_id from emails where key_id is not null
select key_id from instance_keys order by number
select key_id, count(*) as how_many from audit_chains where key_id <> '' group by key_id
select key_id, count(*) as how_many from authenticators where $1 >= 0 group by key_id
select key_id, count(*) as how_many from emails where sealed is not null and sent_at is null and given_up_at is null and (good_until is null or good_until > $1) group by key_id
select key_id, count(*) as how_many from signing_keys where (signs_until is null or signs_until > $1) group by key_id
select key_id, count(*) as how_many from two_factor_drafts where expires_at > $1 group by key_id
select key_id, count(*) as how_many from webhooks where $1 >= 0 group by key_id
select kind, subject from application_access where application_id = $1 order by kind, subject
select l.email, max(l.expires_at) as expires_at from email_links l join users u on u.id = l.user_id and u.epoch = l.epoch where l.user_id = $1 and l.purpose = 'change_email' and l.used_at is null and l.expires_at > $2 group by l.email order by 2 desc, l.email
select l.user_id, l.email, l.session_id, l.created_at from email_links l join users u on u.id = l.user_id and (u.epoch = l.epoch or l.purpose = 'not_me') where l.token_hash = $1 and l.purpose = $2 and l.used_at is null and l.expires_at > $3 and u.disabled_at is null
select lineage from instance where one = 1
select lineage from instance where one = 1 for update
select max(near.seq) from ( select seq from audit_events where chain = $1 and at < $2 order by at desc, seq desc limit $3) near
select min(near.seq) from ( select seq from audit_events where chain = $1 and at >= $2 order by at, seq limit $3) near
select moved_to from instance where one = 1
select n.application_session_id, u.name as user_name, n.reason, n.created_at, n.next_try_at, n.tries, n.last_status, n.last_error, n.outcome, n.answered_at from logout_notices n join users u on u.id = n.user_id where n.application_id = $1 order by n.created_at desc, n.application_session_id desc limit $2
select name from accounts
select name from accounts where id = $1
select name from tokens where id = $1 and user_id = $2 and kind = $3
select name, email, password_hash, plan from sign_ups where token_hash = $1 and used_at is null and expires_at > $2 and not exists (select 1 from users u where u.email = sign_ups.email)
select not exists (select 1 from users where removed_at is null) from instance where one = 1
select oldest_migration from instance where one = 1
select p.id, p.application_id, p.user_id from refresh_tokens r join application_sessions p on p.id = r.application_session_id where r.token_hash = $1
select p.id, p.application_id, p.user_id, p.scope, p.is_offline, p.authenticated_at, p.second_factor, p.created_at from application_sessions p join users u on u.id = p.user_id join applications a on a.id = p.application_id left join sessions s on s.id = p.session_id where p.id = $3 and (p.epoch = u.epoch and p.ended_at is null and (a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free')))) and (p.is_offline or (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))))
select p.id, p.application_id, p.user_id, p.scope, p.is_offline, p.authenticated_at, p.second_factor, p.created_at, t.scope as token_scope, t.created_at as issued_at, t.expires_at, r.token_hash as unused from application_sessions p join users u on u.id = p.user_id join applications a on a.id = p.application_id left join sessions s on s.id = p.session_id join access_tokens t on t.application_session_id = p.id left join refresh_tokens r on r.token_hash = t.given_with and r.used_at is null where t.token_hash = $3 and t.revoked_at is null and t.expires_at > $1 and (p.epoch = u.epoch and p.ended_at is null and (a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free')))) and (p.is_offline or (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))))
select p.user_id from refresh_tokens r join application_sessions p on p.id = r.application_session_id where r.token_hash = $1
select password_hash from users
select password_hash from users where id = $1
select pg_advisory_xact_lock(7265811)
select pg_backend_pid()::text
select pg_notify($1, $2)
select pg_notify($1, payload) from unnest($2::text[]) as payload
select public_key from signing_keys
select public_key from signing_keys where signs_until is null or signs_until > $1 order by signs_from desc, id
select r.application_session_id, p.application_id, r.exchanged_at from refresh_tokens r join application_sessions p on p.id = r.application_session_id where r.token_hash = $1
select r.user_id, r.epoch, r.event_id, r.reason, r.at from epoch_raises r where r.expanded_at is null and exists (select 1 from application_sessions x where x.user_id = r.user_id and x.epoch = r.epoch and x.ended_at is null) order by r.at, r.epoch limit 1000
select r.user_id, r.epoch, r.event_id, r.reason, r.at from epoch_raises r where r.expanded_at is null and r.user_id = $1 order by r.epoch
select r.user_id, r.event_id, r.sessions, r.remembered_devices, r.invitations, r.at, e.hash from epoch_raises r left join audit_events e on e.id = r.event_id join receipts k on k.event_id = r.event_id where k.token_hash = $1 and k.expires_at > $2
select r.user_id, r.event_id, r.sessions, r.remembered_devices, r.invitations, r.at, e.hash from epoch_raises r left join audit_events e on e.id = r.event_id where r.event_id = $1 and r.user_id = $2
select r.user_id, u.account_id, r.epoch, r.event_id, r.reason, r.at from epoch_raises r join users u on u.id = r.user_id where r.expanded_at is null and r.user_id = coalesce($1, r.user_id) order by r.at, r.epoch limit 100
select remembered_device_id from sessions where id = $1
select s.id as session_id, s.epoch, u.epoch as user_epoch, s.started_at, s.last_active_at, s.expires_at, s.confirmed_at, s.ended_at, s.end_reason, s.ended_by, s.curfew_ends_at, u.disabled_at, (s.given_with is not null) as first_use, r.reason as raise_reason, r.at as raise_at, r.event_id as raise_event, (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1)) as live, s.user_agent, coalesce(d.label, s.label) as label from sessions s join users u on u.id = s.user_id left join epoch_raises r on r.user_id = s.user_id and r.epoch = s.epoch left join remembered_devices d on d.id = s.remembered_device_id where s.user_id = $3 and (s.ended_at is null or s.ended_at > $4) order by s.started_at desc, s.id desc limit $5
select s.id as session_id, s.epoch, u.epoch as user_epoch, s.started_at, s.last_active_at, s.expires_at, s.confirmed_at, s.ended_at, s.end_reason, s.ended_by, s.curfew_ends_at, u.disabled_at, (s.given_with is not null) as first_use, r.reason as raise_reason, r.at as raise_at, r.event_id as raise_event, (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1)) as live, u.id, u.account_id, a.name as account_name, a.plan, u.role, u.name, u.username, u.email, u.password_changed_at, u.two_factor_since, (a.second_factor_required_since is not null and a.plan <> 'free') as second_factor_required, case when a.remote_logout_lost_at is null then false else exists (select 1 from sessions s where s.user_id = u.id and s.started_at <= a.remote_logout_lost_at and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) or exists (select 1 from remembered_devices d where d.user_id = u.id and d.created_at <= a.remote_logout_lost_at and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $1 and (d.curfew_ends_at is null or d.curfew_ends_at > $1))) end as keeps_remote_logout from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id left join epoch_raises r on r.user_id = s.user_id and r.epoch = s.epoch where s.id = $3
select s.id as session_id, s.epoch, u.epoch as user_epoch, s.started_at, s.last_active_at, s.expires_at, s.confirmed_at, s.ended_at, s.end_reason, s.ended_by, s.curfew_ends_at, u.disabled_at, (s.given_with is not null) as first_use, r.reason as raise_reason, r.at as raise_at, r.event_id as raise_event, (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1)) as live, u.id, u.account_id, a.name as account_name, a.plan, u.role, u.name, u.username, u.email, u.password_changed_at, u.two_factor_since, (a.second_factor_required_since is not null and a.plan <> 'free') as second_factor_required, case when a.remote_logout_lost_at is null then false else exists (select 1 from sessions s where s.user_id = u.id and s.started_at <= a.remote_logout_lost_at and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) or exists (select 1 from remembered_devices d where d.user_id = u.id and d.created_at <= a.remote_logout_lost_at and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $1 and (d.curfew_ends_at is null or d.curfew_ends_at > $1))) end as keeps_remote_logout from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id left join epoch_raises r on r.user_id = s.user_id and r.epoch = s.epoch where s.token_hash = $3
select s.id from sessions s join users u on u.id = s.user_id join remember_tokens t on t.token_hash = s.given_with where s.remembered_device_id = $3 and t.parent_hash = $4 and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))
select s.id from sessions s join users u on u.id = s.user_id where u.id = $1 and s.ended_at is null and s.epoch = u.epoch order by s.last_active_at desc limit 1
select s.id, s.user_agent, s.ip, s.auth_method, s.second_factor, s.started_at, s.last_active_at, s.expires_at, s.curfew_ends_at, (d.id is not null) as remembered, coalesce(d.label, s.label) as label from sessions s join users u on u.id = s.user_id left join remembered_devices d on d.id = s.remembered_device_id and d.ended_at is null where s.user_id = $3 and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1)) and (s.last_active_at > $5 or s.id = $4) = $6 order by case when s.id = $4 then 0 else 1 end, s.last_active_at desc, s.id desc limit $7
select s.id, s.user_agent, s.ip, s.auth_method, s.second_factor, s.started_at, s.last_active_at, s.expires_at, s.curfew_ends_at, (d.id is not null) as remembered, coalesce(d.label, s.label) as label from sessions s join users u on u.id = s.user_id left join remembered_devices d on d.id = s.remembered_device_id and d.ended_at is null where s.user_id = $3 and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1)) and s.id < $4 order by s.id desc limit $5
select s.token_hash, s.id as session_id, s.epoch, s.started_at, s.last_active_at, s.confirmed_at, (s.given_with is not null) as first_use, u.id, u.account_id, a.name as account_name, a.plan, u.role, u.name, u.username, u.email, u.password_changed_at, u.two_factor_since, (a.second_factor_required_since is not null and a.plan <> 'free') as second_factor_required, case when a.remote_logout_lost_at is null then false else exists (select 1 from sessions s where s.user_id = u.id and s.started_at <= a.remote_logout_lost_at and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) or exists (select 1 from remembered_devices d where d.user_id = u.id and d.created_at <= a.remote_logout_lost_at and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $1 and (d.curfew_ends_at is null or d.curfew_ends_at > $1))) end as keeps_remote_logout, (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1)) as live from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id where s.token_hash in ($3)
select s.token_hash, s.id as session_id, s.epoch, s.started_at, s.last_active_at, s.confirmed_at, (s.given_with is not null) as first_use, u.id, u.account_id, a.name as account_name, a.plan, u.role, u.name, u.username, u.email, u.password_changed_at, u.two_factor_since, (a.second_factor_required_since is not null and a.plan <> 'free') as second_factor_required, case when a.remote_logout_lost_at is null then false else exists (select 1 from sessions s where s.user_id = u.id and s.started_at <= a.remote_logout_lost_at and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) or exists (select 1 from remembered_devices d where d.user_id = u.id and d.created_at <= a.remote_logout_lost_at and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $1 and (d.curfew_ends_at is null or d.curfew_ends_at > $1))) end as keeps_remote_logout, (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1)) as live from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id where s.token_hash in ($3, $4, $5, $6)
select s.token_hash, s.id as session_id, s.epoch, s.started_at, s.last_active_at, s.confirmed_at, (s.given_with is not null) as first_use, u.id, u.account_id, a.name as account_name, a.plan, u.role, u.name, u.username, u.email, u.password_changed_at, u.two_factor_since, (a.second_factor_required_since is not null and a.plan <> 'free') as second_factor_required, case when a.remote_logout_lost_at is null then false else exists (select 1 from sessions s where s.user_id = u.id and s.started_at <= a.remote_logout_lost_at and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) or exists (select 1 from remembered_devices d where d.user_id = u.id and d.created_at <= a.remote_logout_lost_at and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $1 and (d.curfew_ends_at is null or d.curfew_ends_at > $1))) end as keeps_remote_logout, (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1)) as live from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id where s.token_hash in ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
select s.token_hash, s.id as session_id, s.epoch, s.started_at, s.last_active_at, s.confirmed_at, (s.given_with is not null) as first_use, u.id, u.account_id, a.name as account_name, a.plan, u.role, u.name, u.username, u.email, u.password_changed_at, u.two_factor_since, (a.second_factor_required_since is not null and a.plan <> 'free') as second_factor_required, case when a.remote_logout_lost_at is null then false else exists (select 1 from sessions s where s.user_id = u.id and s.started_at <= a.remote_logout_lost_at and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) or exists (select 1 from remembered_devices d where d.user_id = u.id and d.created_at <= a.remote_logout_lost_at and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $1 and (d.curfew_ends_at is null or d.curfew_ends_at > $1))) end as keeps_remote_logout, (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1)) as live from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id where s.token_hash in ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66)
select s.user_agent, coalesce(d.label, s.label) as label, d.id as remembered_device_id from sessions s left join remembered_devices d on d.id = s.remembered_device_id and d.ended_at is null where s.id = $1 and s.user_id = $2 and s.epoch = $3 and s.ended_at is null
select s.user_id from sessions s join users u on u.id = s.user_id and u.epoch = s.epoch where s.ended_at is null and s.curfew_ends_at <= $1 union select d.user_id from remembered_devices d join users u on u.id = d.user_id and u.epoch = d.epoch where d.ended_at is null and d.curfew_ends_at <= $1
select second_factor from sessions where id = $1
select secret_hash from application_secrets
select secret_hash from application_secrets where application_id = $1 and revoked_at is null order by created_at desc, secret_hash limit 1
select secret_hash from application_secrets where application_id = $1 and revoked_at is null order by secret_hash
select seq from audit_events where chain = $1 and at + 0 >= $2 order by seq limit 1
select seq, at from audit_events where chain = $1 and seq <= $2 order by seq desc limit 1
select seq, at from audit_events where chain = $1 and seq >= $2 order by seq limit 1
select seq, at from audit_events where chain = $1 order by seq limit 1
select string_agg(quote_ident(tablename), ', ') from pg_tables where schemaname = current_schema() and tablename <> '_sqlx_migrations'
select t.token_hash, t.device_id, t.parent_hash, t.exchanged_at, t.voided_at, d.epoch, u.epoch as user_epoch, u.disabled_at as user_disabled_at, (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $1 and (d.curfew_ends_at is null or d.curfew_ends_at > $1)) as live, d.expires_at, d.curfew_ends_at, d.ended_at, d.end_reason, d.ended_by, r.reason as raise_reason, r.at as raise_at, r.event_id as raise_event from remember_tokens t join remembered_devices d on d.id = t.device_id join users u on u.id = d.user_id left join epoch_raises r on r.user_id = d.user_id and r.epoch = d.epoch where t.token_hash = $2
select table_name::text, column_name::text, data_type::text from information_schema.columns where table_schema = current_schema() and table_name <> '_sqlx_migrations'
select tablename::text from pg_tables where schemaname = current_schema() order by tablename
select u.curfew_at, u.curfew_zone, a.curfew_at as account_curfew_at, a.curfew_zone as account_curfew_zone from users u join accounts a on a.id = u.account_id where u.id = $1
select u.epoch, (select count(*) from sessions s where s.user_id = u.id and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) as sessions, (select count(*) from remembered_devices d where d.user_id = u.id and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $1 and (d.curfew_ends_at is null or d.curfew_ends_at > $1))) as remembered_devices, (select count(*) from invitations i where i.created_by = u.id and i.used_at is null and i.revoked_at is null and i.waits_since is null and i.expires_at > $1) as invitations from users u where u.id = $3
select u.id as user_id, u.name as user_name, u.email, x.created_at, x.last_used_at, x.is_offline, s.user_agent from application_sessions x join applications a on a.id = x.application_id join users u on u.id = x.user_id left join sessions s on s.id = x.session_id where x.ended_at is null and x.epoch = u.epoch and (a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free')))) and (x.is_offline or (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) and a.id = $3 order by x.created_at desc, x.id limit $4
select u.id, u.account_id, a.name as account_name, a.plan, u.name, u.email, u.role, u.disabled_at from users u join accounts a on a.id = u.account_id where u.removed_at is null and u.email > $1 order by u.email limit 1000
select u.id, u.account_id, a.name as account_name, a.plan, u.role, u.name, u.username, u.email, u.password_changed_at, u.two_factor_since, (a.second_factor_required_since is not null and a.plan <> 'free') as second_factor_required, case when a.remote_logout_lost_at is null then false else exists (select 1 from sessions s where s.user_id = u.id and s.started_at <= a.remote_logout_lost_at and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $2 and (s.started_at > $3 or s.last_active_at > $3) and (s.curfew_ends_at is null or s.curfew_ends_at > $2))) or exists (select 1 from remembered_devices d where d.user_id = u.id and d.created_at <= a.remote_logout_lost_at and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $2 and (d.curfew_ends_at is null or d.curfew_ends_at > $2))) end as keeps_remote_logout from users u join accounts a on a.id = u.account_id where u.id = $1 and u.disabled_at is null
select u.id, u.account_id, a.plan, u.role, u.name, u.email, u.epoch, u.password_hash, u.two_factor_since, u.disabled_at, u.removed_at, (a.second_factor_required_since is not null and a.plan <> 'free') as second_factor_required, case when a.remote_logout_lost_at is null then false else exists (select 1 from sessions s where s.user_id = u.id and s.started_at <= a.remote_logout_lost_at and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $2 and (s.started_at > $3 or s.last_active_at > $3) and (s.curfew_ends_at is null or s.curfew_ends_at > $2))) or exists (select 1 from remembered_devices d where d.user_id = u.id and d.created_at <= a.remote_logout_lost_at and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $2 and (d.curfew_ends_at is null or d.curfew_ends_at > $2))) end as keeps_remote_logout from users u join accounts a on a.id = u.account_id where u.account_id = $1 and u.removed_at is null order by u.id
select u.id, u.account_id, a.plan, u.role, u.name, u.email, u.epoch, u.password_hash, u.two_factor_since, u.disabled_at, u.removed_at, (a.second_factor_required_since is not null and a.plan <> 'free') as second_factor_required, case when a.remote_logout_lost_at is null then false else exists (select 1 from sessions s where s.user_id = u.id and s.started_at <= a.remote_logout_lost_at and (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $2 and (s.started_at > $3 or s.last_active_at > $3) and (s.curfew_ends_at is null or s.curfew_ends_at > $2))) or exists (select 1 from remembered_devices d where d.user_id = u.id and d.created_at <= a.remote_logout_lost_at and (d.epoch = u.epoch and u.disabled_at is null and d.ended_at is null and d.expires_at > $2 and (d.curfew_ends_at is null or d.curfew_ends_at > $2))) end as keeps_remote_logout from users u join accounts a on a.id = u.account_id where u.id = $1
select url, categories, min_severity, key_id, secret, created_at from webhooks where account_id = $1
select url, categories, min_severity, key_id, secret, created_at from webhooks where account_id = $1 and removed_at is null
select user_agent, ip, started_at from sessions where id = $1
select user_agent, label, id as remembered_device_id from remembered_devices where id = $1 and user_id = $2 and epoch = $3 and ended_at is null
select user_id as owner, key_id, sealed as text from two_factor_drafts where expires_at > $1 and key_id <> $2
select user_id as owner, key_id, secret as text from authenticators where $1 >= 0 and key_id <> $2
select user_id from authenticators where key_id = $1
select user_id from authorization_codes where code_hash = $1
select user_id, account_id, details, minute, ip, user_agent, request_id from denials where minute < $1 order by minute limit $2
select user_id, session_id from gate_hand_overs where code_hash = $1
select window_ends_at from rate_limits where subject = $1
select x.application_id, a.name, a.kind, a.logout_address, x.has_refreshed, a.own_session_lives, n.tries, n.next_try_at, n.last_error is not null as has_failed, n.last_status, n.outcome, n.answered_at from application_sessions x join applications a on a.id = x.application_id left join logout_notices n on n.application_session_id = x.id where x.user_id = $2 and (x.ended_by = $1 or (x.ended_at is null and exists (select 1 from epoch_raises r where r.event_id = $1 and r.user_id = x.user_id and r.epoch = x.epoch))) order by lower(a.name), a.id, x.created_at limit 500
select x.application_id, a.name, a.kind, a.logout_address, x.has_refreshed, a.own_session_lives, n.tries, n.next_try_at, n.last_error is not null as has_failed, n.last_status, n.outcome, n.answered_at from epoch_raises one join users u on u.account_id = $2 join epoch_raises r on r.user_id = u.id and r.at = one.at and r.reason = one.reason join application_sessions x on x.user_id = r.user_id and (x.ended_by = r.event_id or (x.ended_at is null and x.epoch = r.epoch)) join applications a on a.id = x.application_id left join logout_notices n on n.application_session_id = x.id where one.event_id = $1 order by lower(a.name), a.id, x.created_at limit 10000
select x.application_id, a.name, a.kind, a.logout_address, x.has_refreshed, a.own_session_lives, n.tries, n.next_try_at, n.last_error is not null as has_failed, n.last_status, n.outcome, n.answered_at from epoch_raises r join users u on u.id = r.user_id join application_sessions x on x.user_id = r.user_id and (x.ended_by = r.event_id or (x.ended_at is null and x.epoch = r.epoch)) join applications a on a.id = x.application_id left join logout_notices n on n.application_session_id = x.id where r.event_id = $1 and u.account_id = $2 order by lower(a.name), a.id, x.created_at limit 500
select x.id, x.application_id, a.account_id, x.user_id, a.name, x.created_at, x.last_used_at, a.own_session_lives, a.logout_address from application_sessions x join applications a on a.id = x.application_id where x.application_id = $1 and x.ended_at is null order by x.id
select x.id, x.application_id, a.account_id, x.user_id, a.name, x.created_at, x.last_used_at, a.own_session_lives, a.logout_address from application_sessions x join applications a on a.id = x.application_id where x.id = $1 and x.ended_at is null
select x.id, x.application_id, a.account_id, x.user_id, a.name, x.created_at, x.last_used_at, a.own_session_lives, a.logout_address, ((a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free')))) and (not a.requires_second_factor or x.second_factor is not null)) as may_use, s.end_reason, s.ended_at, s.ended_by from application_sessions x join applications a on a.id = x.application_id join users u on u.id = x.user_id left join sessions s on s.id = x.session_id where x.user_id = $1 and x.ended_at is null and x.epoch = u.epoch and (not (a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free')))) or not (not a.requires_second_factor or x.second_factor is not null) or (s.id is null and not x.is_offline) or (s.ended_at is not null and (not x.is_offline or $2 like '%,' || s.end_reason || ',%'))) order by x.id
select x.id, x.application_id, a.account_id, x.user_id, a.name, x.created_at, x.last_used_at, a.own_session_lives, a.logout_address, a.kind, a.logout_address is not null as can_be_told, x.has_refreshed from application_sessions x join applications a on a.id = x.application_id where x.id = $1 and x.user_id = $2 and x.epoch = $3 and x.ended_at is null
select x.id, x.application_id, a.account_id, x.user_id, a.name, x.created_at, x.last_used_at, a.own_session_lives, a.logout_address, x.is_offline, s.ended_at, s.end_reason, s.ended_by, coalesce(s.expires_at <= $3 or s.last_active_at <= $4 or (s.curfew_ends_at is not null and s.curfew_ends_at <= $3), true) as expired from application_sessions x join applications a on a.id = x.application_id left join sessions s on s.id = x.session_id where x.user_id = $1 and x.epoch = $2 and x.ended_at is null order by x.id limit $5
select x.id, x.application_id, a.name, a.address, a.kind, a.logout_address, x.has_refreshed, a.own_session_lives, x.is_offline, x.created_at, x.last_used_at, s.user_agent, coalesce(d.label, s.label) as label, (select coalesce(n.outcome, 'failing') from logout_notices n where n.application_id = a.id and (n.outcome in ('logged_out', 'had_no_session', 'refused', 'given_up') or (n.outcome is null and n.last_error is not null)) order by n.created_at desc, n.application_session_id desc limit 1) as last_answer from application_sessions x join applications a on a.id = x.application_id join users u on u.id = x.user_id left join sessions s on s.id = x.session_id left join remembered_devices d on d.id = s.remembered_device_id where u.id = $3 and x.ended_at is null and x.epoch = u.epoch and (a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free')))) and (x.is_offline or (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))) order by lower(a.name), a.id, x.created_at desc limit 500
update access_tokens set revoked_at = $3 where token_hash = $1 and revoked_at is null and application_session_id in (select id from application_sessions where application_id = $2)
update accounts set audit_keep_days = $2 where id = $1
update accounts set closed_at = $2 where id = $1
update accounts set curfew_at = $2, curfew_zone = $3 where id = $1
update accounts set name = $2 where id = $1
update accounts set plan = $2, remote_logout_lost_at = case when $3 then null when $4 then $5 else remote_logout_lost_at end where id = $1
update accounts set second_factor_required_since = $2 where id = $1
update application_secrets set revoked_at = $2 where application_id = $1 and revoked_at is null and secret_hash <> coalesce($3, '')
update application_secrets set revoked_at = $3 where application_id = $1 and secret_hash = $2 and revoked_at is null
update application_sessions set ended_at = $2, end_reason = $3, ended_by = $4 where id = $1 and ended_at is null
update application_sessions set epoch = $3 where session_id = $1 and user_id = $2 and epoch = $4 and ended_at is null
update application_sessions set last_used_at = $2, has_refreshed = $3 where id = $1
update applications set name = $2, preset = $3, address = $4, requires_pkce = $5, signing_algorithm = $6, claims_in_id_token = $7, logout_address = $8, signed_out_address = $9, own_session_lives = $10, open_paths = $11, passes_preflights = $12, who_may = $13, requires_second_factor = $14, changed_at = $15 where id = $1
update applications set removed_at = $2, changed_at = $2 where id = $1
update audit_chains set seq = $2, head = $3, key_id = $4, signature = $5, unverified_seq = $6 where chain = $1
update audit_chains set seq = seq where chain = $1
update authenticators set key_id = $2, secret = $3 where user_id = $1 and secret = $4
update authenticators set last_step = $2 where user_id = $1
update authenticators set void_step = $2 where user_id = $1
update authorization_codes set used_at = $2, application_session_id = $3 where code_hash = $1
update email_links set used_at = $1 where used_at is null
update email_links set used_at = $2 where token_hash = $1
update email_links set used_at = $2 where user_id = $1 and used_at is null and purpose <> 'not_me'
update email_links set used_at = $3 where user_id = $1 and used_at is null and purpose = $2
update emails set given_up_at = $1, key_id = null, sealed = null where sealed is not null and sent_at is null and given_up_at is null
update emails set key_id = null, sealed = null where key_id = $1
update emails set key_id = null, sealed = null, given_up_at = $2 where key_id = $1 and given_up_at is null
update emails set next_try_at = $2, tries = tries + 1 where id = (select id from emails where sent_at is null and given_up_at is null and next_try_at <= $1 and (good_until is null or good_until > $1) order by next_try_at, id limit 1) and next_try_at <= $1 returning id, recipient, user_id, details, key_id, sealed, created_at, tries
update emails set next_try_at = coalesce($2, next_try_at), given_up_at = case when $2 is null then $3 else given_up_at end where id = $1
update emails set sent_at = $2, sealed = null, key_id = null where id = $1
update epoch_raises set expanded_at = $3 where user_id = $1 and epoch = $2 and not exists (select 1 from application_sessions x where x.user_id = $1 and x.epoch = $2 and x.ended_at is null)
update gate_hand_overs set used_at = $1 where code_hash = $2 and used_at is null and expires_at > $1 and epoch = $3 and begun_by = $4 and application_id = (select a.id from application_hosts h join applications a on a.id = h.application_id join users u on u.id = $6 join sessions s on s.id = $7 where h.host = $5 and h.kind = 'gate' and ((a.removed_at is null and u.account_id = a.account_id and u.disabled_at is null and u.removed_at is null and (a.who_may = 'all' or exists (select 1 from application_access may where may.application_id = a.id and ((may.kind = 'role' and may.subject = u.role) or (may.kind = 'user' and may.subject = u.id)))) and not (u.two_factor_since is null and exists (select 1 from accounts own where own.id = u.account_id and (own.second_factor_required_since is not null and own.plan <> 'free')))) and (not a.requires_second_factor or s.second_factor is not null))) returning application_id, address
update instance set claimed_at = $1 where one = 1 and claimed_at is null
update instance set epoch = epoch + 1 where one = 1 returning epoch - 1
update instance set lineage = $1 where one = 1
update instance set lineage = $1, moved_to = null where one = 1
update instance set moved_to = $1 where one = 1
update instance set moved_to = null where one = 1
update instance_raises set recorded_at = $2 where epoch = $1 and recorded_at is null
update invitations set revoked_at = $2 where account_id = $1 and used_at is null and revoked_at is null
update invitations set revoked_at = $2 where created_by = $1 and created_at >= $3 and used_at is null and revoked_at is null
update invitations set revoked_at = $3 where id = $1 and account_id = $2 and used_at is null and revoked_at is null and expires_at > $3
update invitations set used_at = $2, used_by = $3 where id = $1 and used_at is null and revoked_at is null and waits_since is null
update invitations set waits_since = $1 where used_at is null and revoked_at is null and waits_since is null and expires_at > $1
update invitations set waits_since = $2 where created_by = $1 and used_at is null and revoked_at is null and waits_since is null and expires_at > $2
update invitations set waits_since = null where id = $1 and account_id = $2 and (created_by = $3 or $4) and waits_since is not null and used_at is null and revoked_at is null and expires_at > $5
update known_devices set epoch = $4 where user_id = $1 and token_hash = $2 and epoch = $3
update known_devices set epoch = 0 where user_id = $1 and token_hash = $2
update logout_notices set leased_until = $2, tries = tries + 1 where application_session_id = ( select n.application_session_id from logout_notices n join applications a on a.id = n.application_id where n.outcome is null and n.next_try_at <= $1 and n.leased_until <= $1 and a.logout_address is not null and (select count(*) from logout_notices x where x.application_id = n.application_id and x.outcome is null and x.leased_until > $1) < $3 and exists (select 1 from logout_notices f where f.application_id = n.application_id and f.outcome is null and f.last_error is not null) = $4 order by n.next_try_at, n.application_session_id limit 1) and outcome is null and next_try_at <= $1 and leased_until <= $1 returning application_session_id, application_id, account_id, user_id, tries, good_until, event_id, (select name from applications a where a.id = application_id) as name, (select preset from applications a where a.id = application_id) as preset, (select signing_algorithm from applications a where a.id = application_id) as signing_algorithm, (select logout_address from applications a where a.id = application_id) as logout_address
update logout_notices set next_try_at = $2 where application_id = $1 and outcome is null and last_error is not null and next_try_at > $2
update logout_notices set outcome = 'dropped', answered_at = $2 where application_id = $1 and outcome is null
update pending_sign_ins set ended_at = $2 where token_hash = $1
update rate_limits set failures = failures - 1 where subject = $1 and failures > 0
update recovery_codes set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null
update refresh_tokens set exchanged_at = $2 where token_hash = $1
update refresh_tokens set used_at = $2 where token_hash = $1 and used_at is null
update remember_tokens set exchanged_at = $2 where token_hash = $1
update remember_tokens set used_at = $2 where token_hash = $1 and used_at is null
update remember_tokens set voided_at = $3 where device_id = $1 and parent_hash = $2 and voided_at is null
update remembered_devices set curfew_ends_at = $2 where user_id = $1 and ended_at is null and epoch = (select epoch from users where id = $1)
update remembered_devices set ended_at = $2, end_reason = $3 where ended_at is null and id = (select remembered_device_id from sessions where id = $1)
update remembered_devices set ended_at = $2, end_reason = $3, ended_by = $4 where id = $1 and epoch = $5
update remembered_devices set ended_at = $3, end_reason = $4, ended_by = $5 where user_id = $1 and epoch = $2 and ended_at is null
update remembered_devices set ended_at = $4, end_reason = $5, ended_by = $6 where id <> $1 and id = $2 and user_id = $3 and epoch = $7 and ended_at is null
update remembered_devices set ended_at = curfew_ends_at, end_reason = $3 where user_id = $1 and ended_at is null and curfew_ends_at <= $2 and epoch = (select epoch from users where id = $1)
update remembered_devices set ended_at = curfew_ends_at, end_reason = $3 where user_id = $1 and ended_at is null and epoch = $4 and curfew_ends_at <= $2
update remembered_devices set ended_at = expires_at, end_reason = $3 where user_id = $1 and ended_at is null and epoch = $4 and expires_at <= $2
update remembered_devices set epoch = $3 where id = (select remembered_device_id from sessions where id = $1 and user_id = $2) and epoch = $4 and ended_at is null and expires_at > $5 and (curfew_ends_at is null or curfew_ends_at > $5)
update remembered_devices set label = $4 where id = $1 and user_id = $2 and epoch = $3 and ended_at is null
update remembered_devices set label = $4 where user_id = $2 and epoch = $3 and ended_at is null and id = (select remembered_device_id from sessions where id = $1 and user_id = $2)
update remembered_devices set last_used_at = $2 where id = $1
update sessions set curfew_ends_at = $2 where user_id = $1 and ended_at is null and epoch = (select epoch from users where id = $1)
update sessions set ended_at = $2, end_reason = $3 where id = $1 and ended_at is null and epoch = $4
update sessions set ended_at = $2, end_reason = $3 where id in (select id from sessions where user_id = $1 and ended_at is null and epoch = $5 order by last_active_at desc, id desc limit 100000000 offset $4)
update sessions set ended_at = $2, end_reason = $3 where user_id = $1 and ended_at is null and epoch = $5 and (expires_at <= $2 or last_active_at <= $4)
update sessions set ended_at = $2, end_reason = $3, ended_by = $4 where id = $1 and ended_at is null
update sessions set ended_at = $2, end_reason = $3, ended_by = $4 where remembered_device_id = $1 and ended_at is null and epoch = $5
update sessions set ended_at = $3, end_reason = $4, ended_by = $5 where id in (select id from sessions where user_id = $1 and epoch = $2 and ended_at is null order by id limit $6) returning id, user_agent, label, started_at
update sessions set ended_at = $4, end_reason = $5, ended_by = $6 where (id = $1 or remembered_device_id = $2) and user_id = $3 and epoch = $7 and ended_at is null
update sessions set ended_at = curfew_ends_at, end_reason = $3 where user_id = $1 and ended_at is null and curfew_ends_at <= $2 and epoch = (select epoch from users where id = $1)
update sessions set ended_at = curfew_ends_at, end_reason = $3 where user_id = $1 and ended_at is null and epoch = $4 and curfew_ends_at <= $2
update sessions set epoch = $3, remembered_device_id = case when $4 then remembered_device_id else null end where id = $1 and user_id = $2 and ended_at is null
update sessions set given_with = null where given_with = $1 and ended_at is null
update sessions set label = $4 where id = $1 and user_id = $2 and epoch = $3 and ended_at is null
update sessions set last_active_at = $2 where id = $1 and last_active_at < $2 and ended_at is null
update sessions set last_active_at = $2 where id = (select id from sessions where id = $1 and last_active_at < $2 and ended_at is null for update skip locked)
update sessions set previous_token_hash = token_hash, rotated_at = $3, token_hash = $2, last_active_at = $3, confirmed_at = case when $4 then $3 else confirmed_at end, second_factor = coalesce($5, second_factor), expires_at = case when $6 then $7 else expires_at end where id = $1 returning expires_at
update sign_ups set used_at = $1 where used_at is null
update sign_ups set used_at = $2 where token_hash = $1
update signing_keys set key_id = $2, sealed = $3 where id = $1 and sealed = $4
update signing_keys set signs_until = case when signs_from > $2 then signs_from else $2 end where algorithm = $1 and signs_until is null
update tokens set last_used_at = $2 where id = (select id from tokens where id = $1 and coalesce(last_used_at, 0) < $2 and revoked_at is null for update skip locked)
update tokens set revoked_at = $2 where id = $1 and revoked_at is null
update tokens set revoked_at = $3 where user_id = $1 and kind = $2 and revoked_at is null returning name
update users set curfew_at = $2, curfew_zone = $3 where id = $1
update users set disabled_at = $2 where id = $1
update users set disabled_at = null
update users set disabled_at = null where id = $1
update users set email = $2, email_verified_at = $3 where id = $1
update users set email = $2, username = null, password_hash = '', two_factor_since = null, disabled_at = coalesce(disabled_at, $3), removed_at = $3 where id = $1
update users set email_verified_at = coalesce(email_verified_at, $2) where id = $1
update users set epoch = epoch + 1
update users set epoch = epoch + 1 where id = $1
update users set name = $2, username = $3 where id = $1
update users set password_hash = $2 where id = $1
update users set password_hash = $2, password_changed_at = $3 where id = $1
update users set role = $2 where id = $1
update users set two_factor_since = $2 where id = $1
update webhook_deliveries set delivered_at = $2, leased_until = 0, last_status = $3, last_error = null where event_id = $1
update webhook_deliveries set leased_until = $2, tries = tries + 1 where event_id = ( select d.event_id from webhook_deliveries d where d.delivered_at is null and d.given_up_at is null and d.next_try_at <= $1 and d.leased_until <= $1 and exists (select 1 from webhooks w where w.account_id = d.account_id and (w.removed_at is null or d.action = $3)) and not exists (select 1 from webhook_deliveries x where x.account_id = d.account_id and x.leased_until > 0 and x.leased_until > $1) order by d.next_try_at, d.event_id limit 1) and delivered_at is null and given_up_at is null and next_try_at <= $1 and leased_until <= $1 returning event_id, account_id, tries
update webhook_deliveries set next_try_at = $3, tries = 0, delivered_at = null, given_up_at = null, last_status = null, last_error = null where event_id = $1 and account_id = $2 and tries > 0 and leased_until <= $3
update webhook_deliveries set next_try_at = coalesce($2, next_try_at), leased_until = 0, last_status = $4, last_error = $5, given_up_at = case when $2 is null then $3 else given_up_at end where event_id = $1 and tries = $6 and delivered_at is null
update webhooks set key_id = $2, secret = $3 where account_id = $1 and secret = $4
update webhooks set key_id = $2, secret = $3, changed_at = $4 where account_id = $1
update webhooks set key_id = $3, secret = $4, changed_at = $5 where account_id = $1 and key_id = $2
update webhooks set removed_at = $2 where account_id = $1
update webhooks set url = $2, categories = $3, min_severity = $4, changed_at = $5 where account_id = $1
with watched as (select value ->> 0 as session, value ->> 1 as role, value ->> 2 as plan from json_array_elements($3::json)) select w.session from watched w left join sessions s on s.id = w.session left join users u on u.id = s.user_id left join accounts a on a.id = u.account_id where s.id is null or u.role <> w.role or a.plan <> w.plan or not (s.epoch = u.epoch and u.disabled_at is null and s.ended_at is null and s.expires_at > $1 and (s.started_at > $2 or s.last_active_at > $2) and (s.curfew_ends_at is null or s.curfew_ends_at > $1))
