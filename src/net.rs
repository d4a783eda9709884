//! The network side: providers of answers, over HTTP and server-sent events.
