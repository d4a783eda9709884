//! The engine: takes commands by priority, runs one agent per chat, tells what happens.
//!
//! [`start`] is the way in. A run is one request of the user with all that follows from it; its
//! states and the legal changes between them stand in [`machine`].

mod actor;
mod begin;
mod bots;
mod budget;
mod cast;
mod clock;
mod context;
mod desk;
mod engine;
mod fallback;
mod group;
pub mod host;
pub mod machine;
mod manager;
mod providers;
pub mod queue;
mod remote;
mod resume;
mod room;
mod run;
mod sentence;
mod sink;
mod stop;
mod summary;
mod tally;
mod title;
mod tokens;
mod tools;
mod turn;
mod waiting;

pub use bots::read_library;
pub use clock::Clock;
pub use engine::{EngineHandle, EngineParts, start};
pub use providers::catalogue;
pub use providers::{Environment, Found, ProviderSetup, find_key, guide_config, missing_key};
pub(crate) use remote::token_name;
pub use remote::{client_name, may_get_through, try_server};
pub(crate) use run::EMPTY_ANSWER;
