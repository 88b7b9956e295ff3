//! Commitments through their acts.
