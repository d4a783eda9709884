//! The whole window as a person uses it: by names, keys and clicks.

mod asking;
