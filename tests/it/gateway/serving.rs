//! The built program with real sockets.
