//! The tools that a bot can ask for, by name.

use super::RiskLevel;

/// A tool of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownTool {
    /// As models and files spell it.
    pub name: &'static str,
    /// What it does, in words.
    pub action: &'static str,
    /// How dangerous it is.
    pub risk: RiskLevel,
}

/// All tools that a bot can ask for.
pub const TOOLS: &[KnownTool] = &[
    tool("list_files", "Lists the files of a folder that you open to it", RiskLevel::Low),
    tool("read_file", "Reads a file of a folder that you open to it", RiskLevel::Low),
    tool("search_files", "Searches the files of a folder that you open to it", RiskLevel::Low),
    tool("write_file", "Makes or changes a file of a folder that you open to it", RiskLevel::High),
    tool("run_command", "Runs a program on this computer", RiskLevel::High),
    tool("search_web", "Searches the web", RiskLevel::Medium),
    tool("fetch_page", "Reads a page of the web", RiskLevel::Medium),
    tool("current_time", "Tells the date and the time", RiskLevel::Low),
];

const fn tool(name: &'static str, action: &'static str, risk: RiskLevel) -> KnownTool {
    KnownTool { name, action, risk }
}

/// The tool of this name.
pub fn known_tool(name: &str) -> Option<&'static KnownTool> {
    TOOLS.iter().find(|tool| tool.name == name)
}
