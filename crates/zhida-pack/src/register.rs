//! A register: the parties of one kind, with what all packs that serve them say of them.

use crate::pack::{IdentityKind, Pack};

impl Pack {
    /// The kind of parties that the pack serves; empty for none.
    pub fn kind(&self) -> &str {
        self.party.as_ref().map_or("", |p| p.kind.as_str())
    }

    /// By which number its parties are known.
    pub fn identity(&self) -> IdentityKind {
        self.party.as_ref().map(|p| p.identity).unwrap_or_default()
    }

    /// The register of the parties that two packs serve: the fields, constants, tiers, files and programmes of both.
    ///
    /// # Errors
    /// What the two do not agree on.
    pub fn with(mut self, other: &Self) -> Result<Self, String> {
        let both = format!("`{}` and `{}`", self.name, other.name);
        self.profile = self
            .profile
            .and(&other.profile)
            .map_err(|field| format!("{both} hold the field `{field}` for different things"))?;
        if self.identity() != other.identity() {
            return Err(format!("{both} know `{}` by different numbers", self.kind()));
        }
        if !self.tiers.is_empty() && !other.tiers.is_empty() {
            return Err(format!("{both} both have tiers for `{}`", self.kind()));
        }
        if let Some(name) = other.params.names().find(|n| self.params.names().any(|own| own == *n)) {
            return Err(format!("{both} both have the constant `{name}`"));
        }
        self.params = self.params.and(other.params.clone());
        self.tiers.extend(other.tiers.iter().cloned());
        self.imports.extend(other.imports.iter().cloned());
        self.packages.extend(other.packages.iter().cloned());
        self.programmes.extend(other.programmes.iter().cloned());
        self.prohibitions.extend(other.prohibitions.iter().cloned());
        let (own, uses) = (&mut self.uses, &other.uses);
        for (own, other) in [
            (&mut own.skills, &uses.skills),
            (&mut own.wage, &uses.wage),
            (&mut own.times, &uses.times),
            (&mut own.schooling, &uses.schooling),
            (&mut own.language, &uses.language),
            (&mut own.account, &uses.account),
            (&mut own.account_name, &uses.account_name),
            (&mut own.bank, &uses.bank),
            (&mut own.members, &uses.members),
        ] {
            if own.is_none() {
                own.clone_from(other);
            }
        }
        if own.portrait.is_empty() {
            own.portrait.clone_from(&uses.portrait);
        }
        self.version = format!("{} {}, {} {}", self.name, self.version, other.name, other.version);
        Ok(self)
    }
}
