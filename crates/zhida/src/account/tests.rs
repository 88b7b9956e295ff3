//! Through the router, as a role.
