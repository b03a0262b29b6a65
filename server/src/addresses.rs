//! Every address of the service: what it is for, and what it takes to use it.
//!
//! This is the one list. The server refuses by it before a page, a function or a program's request
//! ([`permitted`](crate::permitted)), a plain form that has failed leads to its [`Address::home`], and
//! `docs/ROLES.md` is written from it. An address that is routed and not listed is refused, and fails a test; so
//! does one that is listed and not routed.

mod list;
#[cfg(test)]
mod roles_page;

use std::{collections::HashMap, sync::LazyLock};

use accounts::permissions::Permission;

/// Where a user signs in.
pub const SIGN_IN: &str = "/sign-in";

/// Where a pending sign-in is completed with a second factor.
pub const CODE: &str = "/sign-in/code";

/// Where a plain form continues once its user has shown a password or a code.
pub const CONFIRM: &str = "/profile/confirm";

/// Where a user is led who owes the second factor that their account requires.
pub const SET_UP_FIRST: &str = "/profile/security";

/// The Model Context Protocol.
pub const MCP: &str = "/mcp";

/// What the addresses of the server functions begin with.
pub const FUNCTIONS: &str = "/api/fn/";

const STILL_SIGNED_IN: &str = "/api/fn/still_signed_in";

/// What it takes to use an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// No user need be signed in.
    Public,
    /// A session, or for a program a token, of a user with this permission.
    Needs(Permission),
}

/// Whether a function asks for a password or a code again (step-up).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepUp {
    /// It does, in the field of that name.
    AsksFor(&'static str),
    /// It does not, for that reason.
    Never(&'static str),
}

/// One address.
#[derive(Debug, Clone, Copy)]
pub struct Address {
    /// As the router has it: `/settings/members`, `/api/fn/invite_member`.
    pub path: &'static str,
    /// What it is for, in a few words.
    pub what: &'static str,
    pub access: Access,
    /// For a function of users who are signed in.
    pub step_up: Option<StepUp>,
    /// For a function: the page of its plain form, where an error is shown if the form does not say which page it is
    /// on. One that ends with `=` takes the form's field of that name.
    pub home: Option<&'static str>,
    /// For a public address: what the permissions cannot say.
    pub but: &'static str,
}

impl Address {
    const fn new(path: &'static str, what: &'static str, access: Access) -> Self {
        Self {
            path,
            what,
            access,
            step_up: None,
            home: None,
            but: "",
        }
    }

    const fn function(
        path: &'static str,
        what: &'static str,
        permission: Permission,
        step_up: StepUp,
    ) -> Self {
        let mut function = Self::new(path, what, Access::Needs(permission));
        function.step_up = Some(step_up);
        function
    }

    /// The password or the code comes in a field of this name.
    const fn shown_as(mut self, field: &'static str) -> Self {
        self.step_up = Some(StepUp::AsksFor(field));
        self
    }

    const fn home(mut self, page: &'static str) -> Self {
        self.home = Some(page);
        self
    }

    const fn but(mut self, but: &'static str) -> Self {
        self.but = but;
        self
    }

    /// What it needs, unless it is public.
    #[must_use]
    pub fn permission(&self) -> Option<Permission> {
        match self.access {
            Access::Public => None,
            Access::Needs(permission) => Some(permission),
        }
    }

    /// The name of the server function at this address.
    #[must_use]
    pub fn function_name(&self) -> Option<&'static str> {
        self.path.strip_prefix(FUNCTIONS)
    }

    /// Whether it is a page of the app.
    #[must_use]
    pub fn is_page(&self) -> bool {
        let other = self.function_name().is_some() || self.is_for_programs();
        !other && !list::NO_PAGES.contains(&self.path)
    }

    /// Whether it is a function that changes nothing.
    fn only_reads(&self) -> bool {
        self.step_up == Some(StepUp::Never(list::READS))
    }

    /// Whether it is for programs, which come with a token and not with a session.
    #[must_use]
    pub fn is_for_programs(&self) -> bool {
        self.path == MCP || self.path.starts_with("/api/v1/")
    }
}

/// Every address, in the order of `docs/ROLES.md`.
pub fn all() -> impl Iterator<Item = &'static Address> {
    list::LIST.iter()
}

/// The entry of a path.
#[must_use]
pub fn find(path: &str) -> Option<&'static Address> {
    static BY_PATH: LazyLock<HashMap<&str, &Address>> =
        LazyLock::new(|| all().map(|address| (address.path, address)).collect());
    BY_PATH.get(path).copied()
}

/// Whether a request is a use of the session, which moves its idle limit: where a browser's window goes somewhere, or
/// something is written. What a page asks by itself is none, else a page left open would keep a session for ever.
#[must_use]
pub fn is_use(path: &str, navigates: bool) -> bool {
    let writes = |address: &Address| {
        address.function_name().is_some()
            && !address.only_reads()
            && address.path != STILL_SIGNED_IN
    };
    navigates || path == "/sign-out" || find(path).is_some_and(writes)
}

/// The entry of a server function.
#[must_use]
pub fn function(name: &str) -> Option<&'static Address> {
    all().find(|address| address.function_name() == Some(name))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use accounts::{permissions, plans::Plan, roles::Role};

    use super::*;

    #[test]
    fn every_address_is_listed_once_and_says_what_it_is_for() {
        let mut seen = HashSet::new();
        for address in all() {
            assert!(seen.insert(address.path), "{} is there twice", address.path);
            assert!(!address.what.is_empty(), "{}", address.path);
            assert!(
                address.but.is_empty() || address.access == Access::Public,
                "{}: what a permission cannot say stands in its rule",
                address.path
            );
        }
    }

    /// By hand, because everything else about the list is derived from it.
    #[test]
    fn addresses_ask_for_what_they_promise() {
        let managers = &[Role::Owner, Role::Admin][..];
        let token_holders = &[Role::Owner, Role::Admin, Role::Editor, Role::Member][..];
        let (owner, everyone) = (&managers[..1], &Role::ALL[..]);
        for (path, roles, from) in [
            ("/settings", managers, Plan::Free),
            ("/settings/members", managers, Plan::Free),
            ("/settings/api", token_holders, Plan::Free),
            ("/settings/mcp", token_holders, Plan::Free),
            ("/settings/audit-log", managers, Plan::Enterprise),
            ("/settings/audit-log/export", managers, Plan::Enterprise),
            ("/api/fn/change_plan", owner, Plan::Free),
            ("/api/fn/rename_account", managers, Plan::Free),
            ("/api/fn/invite_member", managers, Plan::Free),
            ("/api/fn/confirm_invitation", managers, Plan::Free),
            ("/api/fn/change_role", managers, Plan::Free),
            ("/api/fn/disable_member", managers, Plan::Free),
            ("/api/fn/remove_member", managers, Plan::Free),
            ("/api/fn/reset_two_factor", managers, Plan::Free),
            ("/api/fn/remote_logout_member", managers, Plan::Plus),
            ("/api/fn/remote_logout_everyone", owner, Plan::Plus),
            ("/api/fn/remote_logout", everyone, Plan::Plus),
            ("/api/fn/change_password", everyone, Plan::Free),
            ("/api/fn/verify_audit", managers, Plan::Enterprise),
            ("/api/fn/set_audit_retention", owner, Plan::Enterprise),
        ] {
            let permission = find(path).and_then(Address::permission).unwrap();
            for role in Role::ALL {
                for plan in Plan::ALL {
                    let may = permissions::check(role, plan, permission).is_ok();
                    let expected = roles.contains(&role) && plan >= from;
                    assert_eq!(may, expected, "{role:?} on {plan:?} at {path}");
                }
            }
        }
    }

    #[test]
    fn a_window_that_goes_somewhere_and_a_write_are_uses_and_what_a_page_asks_is_none() {
        for (path, navigates) in [("/profile", true), ("/nothing", true), ("/sign-out", false)] {
            assert!(is_use(path, navigates), "{path}");
        }
        for write in [
            "remote_logout",
            "change_password",
            "rename_device",
            "sign_in",
        ] {
            assert!(is_use(&format!("{FUNCTIONS}{write}"), false), "{write}");
        }
        for read in [
            "still_signed_in",
            "sessions",
            "standing",
            "remote_logout_facts",
            "unknown",
        ] {
            assert!(!is_use(&format!("{FUNCTIONS}{read}"), false), "{read}");
        }
        for asked in [
            "/settings/audit-log/export",
            "/profile",
            "/nothing",
            "/events",
        ] {
            assert!(!is_use(asked, false), "{asked}");
        }
    }

    #[test]
    fn every_function_of_a_user_says_whether_it_asks_again() {
        for address in all() {
            let function_of_user =
                address.function_name().is_some() && address.permission().is_some();
            assert_eq!(
                address.step_up.is_some(),
                function_of_user,
                "{}",
                address.path
            );
            assert_ne!(address.step_up, Some(StepUp::Never("")), "{}", address.path);
        }
    }

    #[test]
    fn the_home_of_a_function_is_a_page_of_the_list() {
        for address in all() {
            let Some(home) = address.home else { continue };
            assert!(address.function_name().is_some(), "{}", address.path);
            let page = home.split('?').next().unwrap_or_default();
            let page = find(page).unwrap_or_else(|| panic!("{}: {home}", address.path));
            assert!(page.function_name().is_none() && !page.is_for_programs());
        }
    }

    #[test]
    fn a_function_is_found_by_its_name_alone() {
        assert_eq!(function("sign_in").map(|a| a.path), Some("/api/fn/sign_in"));
        assert!(function("").is_none() && function("/api/fn/sign_in").is_none());
    }
}
