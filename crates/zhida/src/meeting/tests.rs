//! Meetings through their acts.
