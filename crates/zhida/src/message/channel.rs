//! The ways out: a signed webhook (what a text-message or chat gateway is given), SMTP, or files.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use lettre::Transport as _;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::db::seal::{signature, write_private};
use crate::ids::MessageId;

/// A way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// A gateway.
    Webhook,
    /// E-mail.
    Smtp,
    /// Into files of the data folder: the default, and what the demonstration uses.
    File,
}

impl Channel {
    /// The word that the database keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Smtp => "smtp",
            Self::File => "file",
        }
    }
}

/// Where a message goes and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The way.
    pub channel: Channel,
    /// The phone number or e-mail address.
    pub to: String,
    /// The text.
    pub text: String,
}

impl Envelope {
    /// Chooses the way: text message by gateway where one is set and a phone is known, else e-mail, else a file.
    pub fn new(config: &Config, phone: Option<&str>, email: Option<&str>, text: String) -> Option<Self> {
        let settings = &config.messages;
        let (channel, to) = match (phone, email) {
            (Some(phone), _) if !settings.webhook_url.is_empty() => (Channel::Webhook, phone),
            (_, Some(email)) if !settings.smtp_url.is_empty() => (Channel::Smtp, email),
            (Some(to), _) | (None, Some(to)) => (Channel::File, to),
            (None, None) => return None,
        };
        Some(Self { channel, to: to.to_owned(), text })
    }
}

/// Gives a message to its channel. Sending the same one again has no second effect: a file has the message's name, a
/// gateway gets the id as `Idempotency-Key`, an e-mail as its `Message-ID`.
pub(super) fn send(data: &Path, config: &Config, id: MessageId, envelope: &Envelope) -> anyhow::Result<()> {
    match envelope.channel {
        Channel::File => {
            let folder = data.join("outbox");
            std::fs::create_dir_all(&folder)?;
            let body = serde_json::to_vec_pretty(
                &serde_json::json!({ "id": id, "to": envelope.to, "text": envelope.text }),
            )?;
            let half = folder.join(format!("{id}.part"));
            write_private(&half, &body)?;
            std::fs::rename(&half, folder.join(format!("{id}.json")))
                .context("the message file cannot be put in place")
        }
        Channel::Webhook => {
            let settings = &config.messages;
            let body = serde_json::to_vec(
                &serde_json::json!({ "id": id, "to": envelope.to, "text": envelope.text }),
            )?;
            let agent: ureq::Agent =
                ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(20))).build().into();
            agent
                .post(&settings.webhook_url)
                .header("content-type", "application/json")
                .header("idempotency-key", id.to_string())
                .header("x-zhida-signature", signature(&settings.webhook_secret, &body))
                .send(&body[..])
                .context("the gateway did not take the message")?;
            Ok(())
        }
        Channel::Smtp => {
            let settings = &config.messages;
            let mail = lettre::Message::builder()
                .message_id(Some(format!("<{id}@zhida>")))
                .from(settings.smtp_from.parse().context("smtp_from in zhida.toml")?)
                .to(envelope.to.parse().context("the address of the person")?)
                .subject(envelope.text.chars().take(24).collect::<String>())
                .header(lettre::message::header::ContentType::TEXT_PLAIN)
                .body(envelope.text.clone())?;
            let answer = lettre::SmtpTransport::from_url(&settings.smtp_url)?.build().send(&mail)?;
            if answer.is_positive() { Ok(()) } else { bail!("the mail server answered {}", answer.code()) }
        }
    }
}
