//! Composition root: command line, configuration, runtime, window.

mod ask;
mod attach;
mod backend;
mod bot_files;
mod bots;
mod chats;
mod cli;
mod config;
mod doctor;
mod environment;
mod failure;
mod frame_log;
mod interrupt;
mod launch;
mod log;
mod models;
mod providers;
mod serve;
mod servers;
mod terminal;
mod tokens;
mod window;

pub use backend::{Backend, BackendParts};
pub use cli::run;
pub use config::{Loaded, load as load_config, save as save_config};
pub use serve::BySettings;
pub use window::{App, AppParts};
