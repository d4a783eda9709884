//! Reading and writing bots.

mod random;
mod round_trip;
