//! Tools. None is there yet: a model that calls one is told so and can go on without it.

use serde_json::Value;

/// What a tool said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ToolOutput {
    /// For the model.
    pub(super) result: String,
    /// False when it failed.
    pub(super) success: bool,
}

/// Runs a tool by its name.
pub(super) fn run(tool: &str, _args: &Value) -> ToolOutput {
    ToolOutput { result: format!("There is no tool named {tool:?} here."), success: false }
}
