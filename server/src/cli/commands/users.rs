//! The commands about users and accounts.

use std::path::PathBuf;

use accounts::{plans::Plan, roles::Role};
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum User {
    /// Create a user and a new account they own, whatever `CURFEW_SIGN_UP` says, and print their id
    #[command(
        after_help = "The password is the first line of standard input, or of a file.\n\n\
        Example: curfew user create --name 'Ada Lovelace' --email ada@example.com --password-file password.txt"
    )]
    Create(CreateUser),
    /// List every user: email, name, role, account, plan
    #[command(after_help = "Example: curfew user list")]
    List,
    /// Disable a user: sessions, remembered devices and tokens end at once, and they cannot sign in
    #[command(
        after_help = "An owner or admin of their account, or `curfew user enable`, enables them again.\n\n\
        Example: curfew user disable ada@example.com"
    )]
    Disable {
        email: String,
        /// Also the last owner of an account: it has no owner until `curfew user enable` or `curfew user role`
        #[arg(long)]
        last_owner: bool,
    },
    /// Enable a user who was disabled: they can sign in again, and what ended stays ended
    #[command(after_help = "Example: curfew user enable ada@example.com")]
    Enable { email: String },
    /// Give a user another role in their account
    #[command(
        after_help = "Editor and watch-only are for the plans that have them. The last owner of an account stays one.\n\n\
        Example: curfew user role grace@example.com owner"
    )]
    Role {
        email: String,
        /// owner, admin, editor, member or `watch_only`
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Print a one-time link with which a user chooses a new password
    #[command(
        after_help = "It works once, for half an hour, and signs no user in: their second factor is asked for as ever. Hand it to \
        them and to no other.\n\n\
        Example: curfew user reset-password ada@example.com"
    )]
    ResetPassword { email: String },
    /// Turn two-factor authentication off for a user who has lost their phone and their recovery codes
    #[command(
        after_help = "Make sure that it is them who asks: the password alone signs them in then. Their sessions end, and \
        they are told by email.\n\n\
        Example: curfew user disable-two-factor ada@example.com"
    )]
    DisableTwoFactor { email: String },
    /// Forget the wrong passwords and codes that keep a user from signing in
    #[command(after_help = "Example: curfew user unlock ada@example.com")]
    Unlock { email: String },
}

#[derive(Debug, Args)]
pub struct CreateUser {
    #[arg(long)]
    pub name: String,
    #[arg(long)]
    pub email: String,
    /// Read the password from this file's first line, not from standard input
    #[arg(long)]
    pub password_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Account {
    /// Set the plan of the account that a user is in
    #[command(after_help = "Example: curfew account set-plan ada@example.com pro")]
    SetPlan {
        email: String,
        /// free, plus, pro or enterprise
        #[arg(value_parser = plan)]
        plan: Plan,
    },
}

fn plan(name: &str) -> Result<Plan, &'static str> {
    Plan::named(name).ok_or("use free, plus, pro or enterprise")
}

fn role(key: &str) -> Result<Role, &'static str> {
    Role::of_key(key).ok_or("use owner, admin, editor, member or watch_only")
}
