//! Reviews through their acts.
