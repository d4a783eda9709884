//! The bots that ship with the app: one file each, embedded.

use include_dir::{Dir, include_dir};

use crate::protocol::{Bot, BotProblem};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets/templates");

/// Reads all of them. Costs what parsing costs; call it off the runtime's workers.
pub fn read() -> (Vec<Bot>, Vec<BotProblem>) {
    let (mut bots, mut problems) = (Vec::new(), Vec::new());
    for file in FILES.dirs().flat_map(Dir::files) {
        let source = file.path().display().to_string();
        for read in super::bot_file::read_many(&source, file.contents()) {
            match read {
                Ok(bot) => bots.push(bot),
                Err(problem) => problems.push(problem),
            }
        }
    }
    (bots, problems)
}
