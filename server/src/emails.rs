//! The outbox of emails: what the rules have written is sent by SMTP, or becomes a file where no SMTP server is set.

mod applications;
mod html;
mod plain;
mod texts;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use accounts::{
    applications::{Told, told},
    db::Db,
    emails::{self, Due, EmailError},
    files,
    ids::UserId,
    keys::Keys,
    time::Moment,
};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use tokio::{fs, io::AsyncWriteExt};

use crate::{
    config::Config,
    metrics::{self, Sent},
};

/// How often to look for emails.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Longest one email may take.
const LONGEST: Duration = Duration::from_secs(30);

/// Where emails go.
enum Transport {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Folder(std::path::PathBuf),
}

impl Transport {
    fn of(config: &Config) -> Result<Self, String> {
        let Some(url) = &config.smtp_url else {
            return Ok(Self::Folder(config.mail_folder.clone()));
        };
        let smtp = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| "CURFEW_SMTP_URL cannot be used".to_owned())?
            .timeout(Some(LONGEST))
            .build();
        Ok(Self::Smtp(Box::new(smtp)))
    }
}

/// Sends what is due, for as long as the program runs.
pub struct EmailSender {
    transport: Transport,
    from: Mailbox,
    /// Where this install is, for the links: from the settings, never from a request.
    public_url: String,
    /// What stands behind the @ of a `Message-ID`: the install's host, so that ids of two installs differ.
    host: String,
    db: Db,
    keys: Keys,
}

impl EmailSender {
    /// # Errors
    /// One plain sentence that names the setting.
    pub fn new(config: &Config, db: Db, keys: Keys) -> Result<Self, String> {
        Ok(Self {
            transport: Transport::of(config)?,
            from: config.mail_from.clone(),
            host: host_of(&config.public_url()),
            public_url: config.public_url(),
            db,
            keys,
        })
    }

    /// Looks every second whether something is due, and sends it.
    pub async fn keep_sending(self) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            loop {
                match self.send_one().await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(EmailError::Database(error)) => {
                        let error = self.db.explain(&error);
                        tracing::warn!(
                            error,
                            "the database is unavailable: emails wait in the outbox"
                        );
                        break;
                    }
                    // The next one gets its turn.
                    Err(EmailError::Sealed(error)) => {
                        tracing::error!(%error, "the link of an email could not be opened: tried again later");
                        break;
                    }
                }
            }
        }
    }

    /// Sends the email that is due the longest. False when none is.
    ///
    /// # Errors
    /// When the database is unavailable, or the key of a link is not to be had.
    pub async fn send_one(&self) -> Result<bool, EmailError> {
        let mut tx = self.db.write().await?;
        // An email whose link cannot be opened is committed as tried, so that the next gets its turn.
        let leased = emails::lease(&mut tx, &self.keys, Moment::now()).await;
        tx.commit().await?;
        let Some(due) = leased? else {
            return Ok(false);
        };
        let told = self.told(&due).await?;
        let start = Instant::now();
        let outcome = self.send(&due, &told).await;
        let (email, ms) = (&due.id, start.elapsed().as_millis());
        let user = due.user.as_ref().map(UserId::as_str);
        let template = due.email.template.name();
        let mut tx = self.db.write().await?;
        match outcome {
            Ok(()) => {
                emails::sent(&mut tx, &due, Moment::now()).await?;
                tracing::info!(email, user, template, ms, "email sent");
                metrics::email(Sent::Arrived);
            }
            Err(why) => {
                let next = emails::failed(&mut tx, &due, Moment::now()).await?;
                let given_up = next.is_none();
                tracing::warn!(
                    email,
                    user,
                    template,
                    ms,
                    why,
                    given_up,
                    "an email could not be sent"
                );
                metrics::email(Sent::failed(given_up));
            }
        }
        tx.commit().await?;
        Ok(true)
    }

    /// What applications were told of what the email tells of, and have answered by now.
    async fn told(&self, due: &Due) -> Result<Vec<Told>, EmailError> {
        let (Some(user), Some(event)) = (&due.user, &due.email.event) else {
            return Ok(Vec::new());
        };
        let mut conn = self.db.read().await?;
        Ok(told(&mut conn, user, event).await?)
    }

    async fn send(&self, due: &Due, told: &[Told]) -> Result<(), String> {
        let message = self.message(due, told)?;
        match &self.transport {
            Transport::Smtp(smtp) => smtp
                .send(message)
                .await
                .map(|_| ())
                .map_err(|e| e.to_string()),
            Transport::Folder(folder) => {
                let file = folder.join(format!("{}.eml", due.id));
                write(folder, &file, &message.formatted())
                    .await
                    .map_err(|e| format!("CURFEW_MAIL_FOLDER: {}", files::explain(&file, &e)))?;
                let file = file.display();
                tracing::info!(email = due.id, %file, "CURFEW_SMTP_URL is not set: an email became a file");
                Ok(())
            }
        }
    }

    /// Sends an email that tests the settings, now and once. Returns where it went.
    ///
    /// # Errors
    /// One plain sentence.
    pub async fn test(config: &Config, address: &str) -> Result<String, String> {
        let to: Mailbox = address
            .parse()
            .map_err(|_| format!("{address:?} is not an email address"))?;
        let id = Moment::now().id();
        let host = host_of(&config.public_url());
        let message = Message::builder()
            .from(config.mail_from.clone())
            .to(to)
            .subject("A test email from Curfew")
            .message_id(Some(format!("<{id}@{host}>")))
            .body(format!(
                "This email shows that Curfew at {} can send emails.\n",
                config.public_url()
            ))
            .map_err(|e| e.to_string())?;
        match Transport::of(config)? {
            Transport::Smtp(smtp) => {
                let answer = smtp.send(message).await.map_err(|e| e.to_string())?;
                let said: Vec<&str> = answer.message().collect();
                Ok(format!(
                    "The mail server took it: {} {}",
                    answer.code(),
                    said.join(" ")
                ))
            }
            Transport::Folder(folder) => {
                let file = folder.join(format!("{id}.eml"));
                write(&folder, &file, &message.formatted())
                    .await
                    .map_err(|e| format!("CURFEW_MAIL_FOLDER: {}", files::explain(&file, &e)))?;
                Ok(format!(
                    "CURFEW_SMTP_URL is not set: the email became the file {}",
                    file.display()
                ))
            }
        }
    }

    fn message(&self, due: &Due, told: &[Told]) -> Result<Message, String> {
        let text = texts::of(due, told, &self.public_url);
        let to: Mailbox = due
            .to
            .parse()
            .map_err(|_| "its address is not an email address".to_owned())?;
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(text.subject.clone())
            .message_id(Some(format!("<{}@{}>", due.id, self.host)))
            // So that no out-of-office reply is sent to it (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".into(),
            ))
            .multipart(MultiPart::alternative_plain_html(
                plain::text(&text),
                html::html(&text),
            ))
            .map_err(|e| e.to_string())
    }
}

/// The host of the public address, as the right side of a `Message-ID` has it (RFC 5322, 3.6.4).
fn host_of(public_url: &str) -> String {
    let url = url::Url::parse(public_url).ok();
    match url.as_ref().and_then(url::Url::host) {
        Some(url::Host::Domain(domain)) => domain.to_owned(),
        Some(url::Host::Ipv4(ip)) => format!("[{ip}]"),
        Some(url::Host::Ipv6(ip)) => format!("[IPv6:{ip}]"),
        None => "curfew.invalid".to_owned(),
    }
}

/// Writes an email where only the owner of the folder reads it.
async fn write(folder: &Path, file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).await?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(file).await?;
    file.write_all(bytes).await?;
    file.sync_all().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_has_the_host_of_the_public_address() {
        for (url, host) in [
            ("https://id.example.com", "id.example.com"),
            ("http://localhost:3000", "localhost"),
            ("https://münchen.example:8443", "xn--mnchen-3ya.example"),
            ("http://127.0.0.1:3000", "[127.0.0.1]"),
            ("http://[::1]:3000", "[IPv6:::1]"),
        ] {
            assert_eq!(host_of(url), host);
        }
    }
}
