//! The commands about applications.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Application {
    /// Register an application, and print its client id and its secret, which is shown this once
    #[command(
        after_help = "Example: curfew application add --account-of ada@example.com --name Cloud \\\n    \
        --redirect https://cloud.example.com/apps/user_oidc/code --logout https://cloud.example.com/logged-out\n\
        Example: curfew application add --account-of ada@example.com --name Wiki --gate --address https://wiki.example.com"
    )]
    Add(AddApplication),
    /// List every application: id, kind, name, hosts
    #[command(after_help = "Example: curfew application list")]
    List,
    /// Remove an application: every session there ends, and is told of once more
    #[command(after_help = "Example: curfew application remove 018f…")]
    Remove { id: String },
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub struct AddApplication {
    /// Email of a user of the account that it belongs to
    #[arg(long, value_name = "EMAIL")]
    pub account_of: String,
    #[arg(long)]
    pub name: String,
    /// Behind a reverse proxy that asks Curfew, in place of OpenID Connect
    #[arg(long, requires = "address", conflicts_with_all = ["redirect", "logout", "public"])]
    pub gate: bool,
    /// Where it is
    #[arg(long, value_name = "URL")]
    pub address: Option<String>,
    /// Where a sign-in goes back to; more than once for more than one
    #[arg(long, value_name = "URL", required_unless_present = "gate")]
    pub redirect: Vec<String>,
    /// Where it is told that a session has ended (back-channel logout)
    #[arg(long, value_name = "URL")]
    pub logout: Option<String>,
    /// Allow plain http on private names
    #[arg(long)]
    pub plain_http: bool,
    /// It keeps no secret: a program on a phone or in a browser
    #[arg(long)]
    pub public: bool,
    /// Sign its ID tokens and logout tokens by RS256, in place of ES256
    #[arg(long, conflicts_with = "gate")]
    pub rs256: bool,
    /// Only with a second factor
    #[arg(long)]
    pub second_factor: bool,
}
