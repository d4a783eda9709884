//! Files that go with a message: chosen in a dialog, read off the UI thread, checked.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::protocol::{ChatId, Part};
use crate::state::{DraftCommand, NotAttached, ReadId, UiCommand};

/// The largest picture, in bytes: what all providers take.
const MOST_IMAGE: usize = 5 * 1_024 * 1_024;
/// The largest text, in bytes.
const MOST_TEXT: usize = 512 * 1_024;
/// Answers of dialogs and readers that may wait to be taken.
const WAITING: usize = 16;
/// Nobody closes a dialog this fast: it was never shown.
const NOT_SHOWN: Duration = Duration::from_millis(150);

/// Reads files and shows the dialog to choose them; what comes of it waits as commands.
#[derive(Debug)]
pub(super) struct Attachments {
    sender: mpsc::Sender<UiCommand>,
    done: mpsc::Receiver<UiCommand>,
}

impl Attachments {
    pub(super) fn new() -> Self {
        let (sender, done) = mpsc::channel(WAITING);
        Self { sender, done }
    }

    /// What has come of it since the last frame.
    pub(super) fn next(&mut self) -> Option<UiCommand> {
        self.done.try_recv().ok()
    }

    /// Reads files for a message.
    pub(super) fn read(
        &self,
        runtime: &Handle,
        ctx: &egui::Context,
        (id, paths): (ReadId, Vec<PathBuf>),
    ) {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        runtime.spawn(async move {
            let read = move || paths.iter().map(|path| read(path)).collect();
            let read = tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| {
                // The message waits for an answer, whatever it is.
                let name = "The file".to_owned();
                vec![Err(NotAttached { name, reason: format!("It could not be read: {error}") })]
            });
            tell(&sender, &ctx, DraftCommand::Attach { id, read }).await;
        });
    }

    /// Shows the dialog, and asks for what is chosen in it. Call it on the main thread, as macOS
    /// demands.
    pub(super) fn pick(&self, runtime: &Handle, ctx: &egui::Context, chat: Option<ChatId>) {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        let dialog = rfd::AsyncFileDialog::new().set_title("Attach files").pick_files();
        let shown = Instant::now();
        runtime.spawn(async move {
            let Some(files) = dialog.await else {
                if shown.elapsed() < NOT_SHOWN {
                    tell(&sender, &ctx, DraftCommand::NoFileDialog).await;
                }
                return;
            };
            let paths = files.iter().map(|file| file.path().to_owned()).collect();
            tell(&sender, &ctx, DraftCommand::AttachFiles { chat, paths }).await;
        });
    }
}

async fn tell(sender: &mpsc::Sender<UiCommand>, ctx: &egui::Context, command: DraftCommand) {
    if sender.send(UiCommand::Draft(command)).await.is_ok() {
        ctx.request_repaint();
    }
}

/// Reads a file as a part of a message. Never more than the largest one may hold, and nothing
/// that is no file: a pipe or a device might never end.
fn read(path: &Path) -> Result<Part, NotAttached> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    part(path, &name).map_err(|reason| NotAttached { name, reason })
}

fn part(path: &Path, name: &str) -> Result<Part, String> {
    let unreadable = |error: std::io::Error| format!("It could not be read: {error}");
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if about.is_dir() {
        return Err("It is a folder: attach the files in it".to_owned());
    }
    if !about.is_file() {
        return Err("It is no ordinary file".to_owned());
    }
    let mut bytes = Vec::new();
    let most = MOST_IMAGE as u64 + 1;
    let file = File::open(path).map_err(unreadable)?;
    file.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    if let Some(kind) = image_kind(&bytes) {
        if bytes.len() > MOST_IMAGE {
            return Err("The picture is larger than 5 MB".to_owned());
        }
        let data = base64::engine::general_purpose::STANDARD.encode(&bytes);
        let url = format!("data:image/{kind};base64,{data}");
        return Ok(Part::Image { url, alt: name.to_owned() });
    }
    if bytes.len() > MOST_TEXT {
        let is_text = !bytes.iter().take(8_192).any(|byte| *byte == 0);
        return Err(if is_text {
            "The text is larger than 512 KB".to_owned()
        } else {
            NO_TEXT.to_owned()
        });
    }
    // A byte order mark is no part of the text.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(Part::File { name: name.to_owned(), text }),
        Ok(_) | Err(_) => Err(NO_TEXT.to_owned()),
    }
}

const NO_TEXT: &str = "It is neither a picture (PNG, JPEG, WebP, GIF) nor text in UTF-8";

/// What kind of picture it is, by its first bytes: names lie.
fn image_kind(bytes: &[u8]) -> Option<&'static str> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Some("png"),
        _ if bytes.starts_with(b"\xff\xd8\xff") => Some("jpeg"),
        _ if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") => Some("gif"),
        _ if is_webp => Some("webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_bytes(name: &str, bytes: &[u8]) -> Result<Part, NotAttached> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read(&path)
    }

    #[test]
    fn pictures_are_known_by_their_bytes_and_texts_by_being_utf_8() {
        let png = b"\x89PNG\r\n\x1a\nrest";
        let kinds: [(&[u8], &str); 4] = [
            (png, "data:image/png;base64,"),
            (b"\xff\xd8\xff\xe0rest", "data:image/jpeg;base64,"),
            (b"GIF89arest", "data:image/gif;base64,"),
            (b"RIFF\0\0\0\0WEBPrest", "data:image/webp;base64,"),
        ];
        for (bytes, begin) in kinds {
            let Ok(Part::Image { url, alt }) = read_bytes("photo.txt", bytes) else {
                panic!("{begin}")
            };
            assert!(url.starts_with(begin), "{url}");
            assert_eq!(alt, "photo.txt");
        }
        let text = read_bytes("notes.md", "\u{feff}Grüße\n".as_bytes());
        let file = Part::File { name: "notes.md".to_owned(), text: "Grüße\n".to_owned() };
        assert_eq!(text, Ok(file));
    }

    #[test]
    fn what_cannot_go_along_is_refused_with_a_reason() {
        let mut large = b"\x89PNG\r\n\x1a\n".to_vec();
        large.resize(MOST_IMAGE + 1, 1);
        let table: [(&[u8], &str); 4] = [
            (b"caf\xe9", NO_TEXT),
            (b"zero\0byte", NO_TEXT),
            (&vec![b'a'; MOST_TEXT + 1], "The text is larger than 512 KB"),
            (&large, "The picture is larger than 5 MB"),
        ];
        for (bytes, reason) in table {
            assert_eq!(read_bytes("x", bytes).unwrap_err().reason, reason);
        }
        let folder = tempfile::tempdir().unwrap();
        let not = read(folder.path()).unwrap_err();
        assert_eq!(not.reason, "It is a folder: attach the files in it");
        let gone = read(&folder.path().join("gone.txt")).unwrap_err();
        assert_eq!(gone.name, "gone.txt");
        assert!(gone.reason.starts_with("It could not be read"), "{}", gone.reason);
    }
}
