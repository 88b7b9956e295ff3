//! What an installation sets: `zhida.toml` in the data folder, written with its defaults on first start.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// The settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address under which people reach the server: it stands in messages.
    pub base_url: String,
    /// Whether the data are invented: the page footer says so, and numbers given to nobody are accepted.
    pub demonstration: bool,
    /// The pack that comes first; empty for the one that says so itself.
    pub pack: String,
    /// The packs beside it; empty for all that come with the program or stand in `packs`.
    pub packs: Vec<String>,
    /// The county of the demonstration and of the command line.
    pub county: String,
    /// Whether cookies need HTTPS; set it wherever the server stands behind it.
    pub secure_cookies: bool,
    /// Maps.
    pub map: Map,
    /// Sending.
    pub messages: Messages,
}

/// What lies under maps. Without tiles nobody else is asked for anything: our own outlines are drawn.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Map {
    /// The address of raster tiles in WGS 84 or CGCS2000: `https://…/{z}/{x}/{y}.png`. Empty: none. Whoever opens a map asks there.
    pub tiles: String,
    /// Whose they are: it stands on the map.
    pub attribution: String,
}

impl Map {
    /// The server of the tiles, as the browser's policy names it; nothing where there are none.
    ///
    /// # Errors
    /// An address that is not one of tiles, or that a browser's policy cannot name.
    pub fn server(&self) -> anyhow::Result<Option<&str>> {
        if self.tiles.is_empty() {
            return Ok(None);
        }
        let whole = ["{z}", "{x}", "{y}"].iter().all(|part| self.tiles.contains(part));
        let end = self.tiles.match_indices('/').nth(2).map(|(at, _)| at);
        let server = end.and_then(|at| self.tiles.get(..at)).filter(|s| {
            let plain = |c: char| c.is_ascii_alphanumeric() || ".:/-".contains(c);
            (s.starts_with("https://") || s.starts_with("http://")) && s.chars().all(plain)
        });
        let server = server.filter(|_| whole);
        anyhow::ensure!(
            server.is_some(),
            "[map] tiles: `{}` is not like https://tiles.example/{{z}}/{{x}}/{{y}}.png",
            self.tiles
        );
        Ok(server)
    }
}

/// How messages are sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Messages {
    /// Where text messages go: a gateway that takes a signed POST. Empty: into files.
    pub webhook_url: String,
    /// The secret of the signatures, both ways.
    pub webhook_secret: String,
    /// `smtp://user:password@host:587`, for people who gave an e-mail address and no phone. Empty: none.
    pub smtp_url: String,
    /// The sender of e-mails.
    pub smtp_from: String,
    /// The hour from which nothing is sent.
    pub quiet_from: u32,
    /// The hour from which sending goes on.
    pub quiet_until: u32,
    /// Messages a person gets in seven days at most.
    pub per_week: u64,
    /// Days for which a link can be answered.
    pub link_days: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8080".to_owned(),
            demonstration: false,
            pack: String::new(),
            packs: Vec::new(),
            county: "330424".to_owned(),
            secure_cookies: false,
            map: Map::default(),
            messages: Messages::default(),
        }
    }
}

impl Default for Messages {
    fn default() -> Self {
        Self {
            webhook_url: String::new(),
            webhook_secret: String::new(),
            smtp_url: String::new(),
            smtp_from: "zhida@localhost".to_owned(),
            quiet_from: 21,
            quiet_until: 8,
            per_week: 3,
            link_days: 30,
        }
    }
}

impl Config {
    /// Reads the settings, or writes the defaults with a secret of their own.
    ///
    /// # Errors
    /// A file that cannot be read, written or understood.
    pub fn open_or_create(data: &Path) -> anyhow::Result<Self> {
        let path = data.join("zhida.toml");
        if !path.exists() {
            let mut config = Self::default();
            config.messages.webhook_secret = crate::db::seal::token()?;
            config.save(data)?;
        }
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let config: Self =
            toml::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))?;
        config.map.server()?;
        Ok(config)
    }

    /// Where data come from that an officer enters here: invented in a demonstration.
    pub fn origin(&self) -> &'static str {
        if self.demonstration { "synthetic" } else { "official" }
    }

    /// The address of a path as anybody outside writes it.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.trim_end_matches('/'))
    }

    /// Writes the settings; only their owner may read them, for they hold secrets.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, data: &Path) -> anyhow::Result<()> {
        let path = data.join("zhida.toml");
        let text = toml::to_string_pretty(self)?;
        crate::db::seal::write_private(&path, text.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_name_a_server_or_are_refused() {
        let of = |tiles: &str| Map { tiles: tiles.to_owned(), ..Map::default() };
        assert_eq!(of("").server().unwrap(), None);
        assert_eq!(
            of("https://t.example:8443/{z}/{x}/{y}.png?k=1").server().unwrap(),
            Some("https://t.example:8443")
        );
        for wrong in
            ["https://t.example/{z}/{x}.png", "t.example/{z}/{x}/{y}", "https://t.example;x/{z}/{x}/{y}"]
        {
            assert!(of(wrong).server().is_err(), "{wrong}");
        }
    }
}
