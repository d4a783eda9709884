//! The gateway's side of the wire, over real sockets. What stands behind it is the test itself.

mod door;
mod ending;
mod events;
mod gate;
mod limits;
mod openai;
mod pair;
mod socket;
