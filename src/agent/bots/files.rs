//! Files that bots are read from and written to, off the runtime's workers.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::protocol::{BackendEvent, Bot, BotFormat, BotProblem, BotRead, BotSource};
use crate::store::bot_file;

/// The largest file that is read, in bytes: a card in a large picture.
const MOST_BYTES: usize = 32 * 1_024 * 1_024;

/// What a text is called that was in no file.
const CLIPBOARD: &str = "the clipboard";

/// Reads bots from files or a text. Nothing of them is kept.
pub(super) async fn read(source: BotSource) -> Vec<Result<BotRead, BotProblem>> {
    let read = tokio::task::spawn_blocking(move || match source {
        BotSource::Text(text) => bot_file::read(CLIPBOARD, text.as_bytes()),
        BotSource::Files(paths) => paths.iter().flat_map(|path| read_file(path)).collect(),
    });
    read.await.unwrap_or_else(|error| {
        vec![Err(problem("the import", format!("it could not be read: {error}")))]
    })
}

fn read_file(path: &Path) -> Vec<Result<BotRead, BotProblem>> {
    let source = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    match bytes(path) {
        Ok(bytes) => bot_file::read(&source, &bytes),
        Err(message) => vec![Err(problem(&source, message))],
    }
}

fn problem(source: &str, message: String) -> BotProblem {
    BotProblem { source: source.to_owned(), line: None, column: None, field: None, message }
}

/// Never more than the largest file, and nothing that is no file: a pipe might never end.
fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: io::Error| format!("it could not be read: {error}");
    let about = fs::metadata(path).map_err(unreadable)?;
    if about.is_dir() {
        return Err("it is a folder: choose the files in it".to_owned());
    }
    if !about.is_file() {
        return Err("it is no ordinary file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > MOST_BYTES {
        return Err("it is larger than 32 MB".to_owned());
    }
    Ok(bytes)
}

/// Writes a bot to a file, or gives it as a text. Fails with what went wrong.
pub(super) async fn export(
    bot: Bot,
    format: BotFormat,
    to: Option<PathBuf>,
) -> Result<BackendEvent, String> {
    let work = move || {
        let bytes = bot_file::write(&bot, format).map_err(|error| error.to_string())?;
        let losses = bot_file::losses(&bot, format);
        let name = bot.name;
        match to.filter(|_| format != BotFormat::Block) {
            Some(to) => match write_file(&bytes, &to) {
                Ok(()) => Ok(BackendEvent::BotExported { name, to, losses }),
                Err(error) => Err(format!("{}: {error}", to.display())),
            },
            None => match String::from_utf8(bytes) {
                Ok(text) => Ok(BackendEvent::BotText { name, text }),
                Err(_) => Err(format!("{} is no text", format.label())),
            },
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}

/// The whole file or, where that fails, the one that was there before.
fn write_file(bytes: &[u8], to: &Path) -> io::Result<()> {
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".switchboard-");
    // A file to be shared: as open as the user's other files are.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(to)?;
    Ok(())
}
