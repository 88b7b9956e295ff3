//! Who is who: an identity number, or else name, birth date and phone together, as keyed hashes.

use zhida_types::{CreditCode, Day, IdNumber, Phone};

use crate::db::seal::Keys;

/// What tells one person from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name as written.
    pub name: String,
    /// The identity number (or a firm's credit code), checked.
    pub number: Option<String>,
    /// The number as lists show it.
    pub number_mask: String,
    /// The phone, checked.
    pub phone: Option<Phone>,
    /// The birth date, from the number or the column.
    pub birth: Option<Day>,
}

/// The keyed hashes of an identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Of the number.
    pub identity: Option<String>,
    /// Of name, birth date and phone, where all are known.
    pub alike: Option<String>,
    /// Of the phone.
    pub phone: Option<String>,
}

impl Identity {
    /// A person's identity.
    pub fn person(name: &str, number: Option<&IdNumber>, phone: Option<Phone>, birth: Option<Day>) -> Self {
        Self {
            name: name.to_owned(),
            number: number.map(|n| n.reveal().to_owned()),
            number_mask: number.map_or_else(String::new, IdNumber::masked),
            birth: number.and_then(IdNumber::birth_date).or(birth),
            phone,
        }
    }

    /// An organisation's identity.
    pub fn firm(name: &str, code: Option<&CreditCode>, phone: Option<Phone>) -> Self {
        Self {
            name: name.to_owned(),
            number: code.map(ToString::to_string),
            number_mask: code.map_or_else(String::new, ToString::to_string),
            birth: None,
            phone,
        }
    }

    /// The keyed hashes.
    pub fn numbers(&self, keys: &Keys) -> Numbers {
        let alike = self.birth.zip(self.phone.as_ref());
        Numbers {
            identity: self.number.as_ref().map(|n| keys.lookup("identity", n)),
            alike: alike.map(|(birth, phone)| {
                keys.lookup("alike", &format!("{}|{birth}|{}", self.name, phone.reveal()))
            }),
            phone: self.phone.as_ref().map(|p| keys.lookup("phone", p.reveal())),
        }
    }
}
