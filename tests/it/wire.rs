//! The gateway's side of the wire, over real sockets. What stands behind it is the test itself.

mod gate;
mod socket;
