//! The contract, as the console calls it.
