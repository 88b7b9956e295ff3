//! The demonstration county: files as an office has them, messy on purpose, and taken in through the very code behind the
//! upload page. All people are invented; numbers use a region code never in use and a phone range given to nobody.

mod classes;
mod deliver;
mod load;
mod network;
mod parties;
mod province;
mod register;
mod running;
mod story;
mod tables;
mod vocabulary;

pub use deliver::network_of_province;
pub use load::{Loaded, load};
pub use province::{Extent, FILES as PROVINCE_FILES, province};
pub use story::{Told, clock, tell};
pub use tables::{Size, write};

/// The six digits of the invented identity numbers: no county ever had them.
pub const REGION: &str = "330499";

/// A login of the demonstration.
#[derive(Clone, Copy, Debug)]
pub struct Login {
    /// The login.
    pub login: &'static str,
    /// The password: printed on the login page, of the demonstration only.
    pub password: &'static str,
    /// The name.
    pub name: &'static str,
    /// The role.
    pub role: crate::account::Role,
    /// Whether it belongs to an office above the county.
    pub above: bool,
}

/// The logins that the demonstration has.
pub const LOGINS: [Login; 8] = [
    Login {
        login: "officer",
        password: "officer-demo",
        name: "Officer",
        role: crate::account::Role::Officer,
        above: false,
    },
    Login {
        login: "supervisor",
        password: "supervisor-demo",
        name: "Supervisor",
        role: crate::account::Role::Supervisor,
        above: false,
    },
    Login {
        login: "admin",
        password: "admin-demo",
        name: "Administrator",
        role: crate::account::Role::Administrator,
        above: false,
    },
    Login {
        login: "inspector",
        password: "inspector-demo",
        name: "Inspector",
        role: crate::account::Role::Inspector,
        above: false,
    },
    Login {
        login: "reviewer",
        password: "reviewer-demo",
        name: "Reviewer",
        role: crate::account::Role::Reviewer,
        above: false,
    },
    Login {
        login: "partner",
        password: "partner-demo",
        name: "Partner",
        role: crate::account::Role::Partner,
        above: false,
    },
    Login {
        login: "city",
        password: "city-demo",
        name: "City",
        role: crate::account::Role::Supervisor,
        above: true,
    },
    Login {
        login: "province",
        password: "province-demo",
        name: "Province",
        role: crate::account::Role::Supervisor,
        above: true,
    },
];
